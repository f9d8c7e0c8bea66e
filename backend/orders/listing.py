"""Lists of orders: what narrows them, and how many there are of what."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.orders.delays import is_delayed
from backend.orders.models import Order
from backend.orders.presentation import assignment_counts
from backend.orders.schemas import AssignmentStatus, OrderStatus, Summary
from backend.orders.standing import has_status, status_column
from backend.orders.visibility import View, matching, page, seen


@dataclass(frozen=True)
class Filters:
    """What a list of orders is narrowed to; what is None narrows nothing."""

    q: str | None = None
    assignment: AssignmentStatus | None = None
    delayed: bool | None = None
    status: OrderStatus | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions on `Order`."""
        found: list[ColumnElement[bool]] = []
        if self.q and self.q.strip():
            found.append(matching(self.q))
        if self.assignment is not None:
            found.append(has_status(self.assignment))
        if self.delayed is not None:
            late = is_delayed(clock.now())
            found.append(late if self.delayed else not_(late))
        if self.status is not None:
            found.append(col(Order.status) == self.status.value)
        return found


async def orders(
    session: AsyncSession, view: View, filters: Filters, cursor: str | None, limit: int
) -> tuple[list[Order], str | None]:
    """A page of the orders that somebody sees, newest first, and the next cursor."""
    return await page(session, view, filters.conditions(), cursor, limit)


async def summary(session: AsyncSession, view: View) -> Summary:
    """How many orders somebody sees, in one query."""
    standing = status_column().label("standing")
    late = case((is_delayed(clock.now(), counted=True), 1), else_=0).label("late")
    mine = select(Order.status, standing, late).where(col(Order.number).in_(seen(view))).subquery()
    rows = await (await session.connection()).execute(
        select(mine.c.status, mine.c.standing, func.count(), func.sum(mine.c.late)).group_by(
            mine.c.status, mine.c.standing
        )
    )
    by_status: Counter[str] = Counter({status.value: 0 for status in OrderStatus})
    by_assignment, delayed = [], 0
    for status, stands, count, waiting in rows.all():
        by_status[status] += count
        by_assignment.append((stands, count))
        delayed += int(waiting)
    counted = assignment_counts(by_assignment)
    return Summary(
        total=sum(by_status.values()),
        unassigned=counted[AssignmentStatus.UNASSIGNED],
        delayed=delayed,
        by_status=dict(by_status),
        by_assignment=counted,
    )
