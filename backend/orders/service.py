"""One order as a person may see it: what every call about an order begins with."""

from dataclasses import dataclass

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import lock_row
from backend.core.identity import Person, by_address
from backend.core.problems import Problem, not_found
from backend.orders.models import Order, OrderLine
from backend.orders.visibility import View, Way, may_assign, page, view_at, view_of, ways_to

NEAREST = 3


@dataclass(frozen=True)
class Seen:
    """An order with its lines, and how the person comes to see it."""

    order: Order
    lines: list[OrderLine]
    view: View
    ways: list[Way]

    @property
    def may_assign(self) -> bool:
        """Whether the person may assign it, and share it, rather than only look."""
        return may_assign(self.ways)

    @property
    def is_contact(self) -> bool:
        """Whether the person is the order's Fulfillment Contact."""
        return Way.CONTACT in self.ways


async def find(session: AsyncSession, person: Person, number: str, *, lock: bool = False) -> Seen:
    """The order with this sales order or web order number; 404 `Problem`, in the same words, when
    there is none and when this person may not see it.

    With `lock`, nobody else changes the order until this transaction ends.
    """
    view = await view_of(session, person)
    rows = await session.exec(
        select(Order)
        .where(or_(col(Order.number) == number, col(Order.web_order_number) == number))
        .order_by((col(Order.number) == number).desc())
        .limit(1)
    )
    order = rows.first()
    ways = await ways_to(session, view, order.number) if order else []
    if order is None or not ways:
        raise await no_order(session, view, number)
    if lock:
        await lock_row(session, Order, order.number)
        await session.refresh(order)
        ways = await ways_to(session, view, order.number)
        if not ways:
            raise await no_order(session, view, number)
    return Seen(order, await lines_of(session, order.number), view, ways)


async def may_already(session: AsyncSession, email: str, number: str) -> bool:
    """Whether who has this address may assign the order, other than by a delegation. Somebody who
    has never signed in may, too: by the address and its domain.
    """
    known = await by_address(session, email)
    is_theirs = known is not None and known.email == email
    view = await (view_of(session, known) if known and is_theirs else view_at(session, email))
    ways = await ways_to(session, view, number)
    return may_assign([way for way in ways if way is not Way.DELEGATE])


async def lines_of(session: AsyncSession, number: str) -> list[OrderLine]:
    """The lines of an order, by their number."""
    rows = await session.exec(
        select(OrderLine).where(OrderLine.order_number == number).order_by(col(OrderLine.number))
    )
    return list(rows.all())


async def no_order(session: AsyncSession, view: View, number: str) -> Problem:
    """404 that names the person's own orders whose numbers are nearest to what was said."""
    near = await _nearest(session, view, number)
    said = f"Did you mean {', '.join(near)}? " if near else ""
    return not_found(
        f"order {number[:40]}",
        f"{said}Look at the sales order number again; GET /api/v1/orders lists the orders that "
        "you can see.",
    )


async def _nearest(session: AsyncSession, view: View, number: str) -> list[str]:
    """Own orders that differ in the fewest places; what is farther than two is no misspelling."""
    if not number.isdigit():
        return []
    recent, _ = await page(session, view, [], None, 200)
    apart = sorted((_apart(order.number, number), order.number) for order in recent)
    return [own for distance, own in apart if distance <= 2][:NEAREST]


def _apart(one: str, other: str) -> int:
    """In how many steps of one digit (added, left out, another) one becomes the other."""
    row = list(range(len(other) + 1))
    for at, digit in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, wanted in enumerate(other, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (digit != wanted)),
            )
    return row[-1]
