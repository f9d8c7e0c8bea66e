"""Where the licences of orders go: the accounts and virtual accounts their lines stand on, and
which of these a reader may know by name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.accounts.standing import Visibility
from backend.core import clock
from backend.orders.delays import Facts
from backend.orders.models import Order, OrderLine
from backend.orders.schemas import Assignment, AssignmentStatus
from backend.orders.visibility import View, Way
from backend.virtual_accounts.models import VirtualAccount

HIDDEN = Assignment(smart_account=None, name=None, virtual_account=None)


@dataclass(frozen=True)
class Places:
    """The accounts and virtual accounts, by id, on which some lines stand."""

    accounts: dict[int, SmartAccount] = field(default_factory=dict)
    virtual_accounts: dict[str, VirtualAccount] = field(default_factory=dict)


async def places_of(session: AsyncSession, lines: Iterable[OrderLine]) -> Places:
    """Where these lines stand, in two queries at most."""
    found = Places()
    on = [line for line in lines if line.smart_account_id is not None]
    if not on:
        return found
    accounts = await session.exec(
        select(SmartAccount).where(col(SmartAccount.id).in_({line.smart_account_id for line in on}))
    )
    found.accounts.update({account.id or 0: account for account in accounts.all()})
    in_places = {line.virtual_account_id for line in on if line.virtual_account_id}
    if in_places:
        rows = await session.exec(
            select(VirtualAccount).where(col(VirtualAccount.id).in_(in_places))
        )
        found.virtual_accounts.update({row.id: row for row in rows.all()})
    return found


async def facts_of_each(
    session: AsyncSession, orders: Sequence[tuple[Order, Sequence[OrderLine]]]
) -> dict[str, Facts]:
    """These orders, by number, as their delays look at them at this moment."""
    places = await places_of(session, [line for _, lines in orders for line in lines])
    now = clock.now()
    return {order.number: Facts(order, lines, places.accounts, now) for order, lines in orders}


async def facts_of(session: AsyncSession, order: Order, lines: Sequence[OrderLine]) -> Facts:
    """One order as its delays look at it at this moment."""
    return (await facts_of_each(session, [(order, lines)]))[order.number]


def assignment_status(order: Order, lines: Sequence[OrderLine], places: Places) -> AssignmentStatus:
    """Where an order stands as a whole: what still has to be done about it comes first."""
    on = [places.accounts[i] for line in lines if (i := line.smart_account_id) is not None]
    if order.unassigned_lines:
        return AssignmentStatus.UNASSIGNED
    if not on:
        return AssignmentStatus.NOT_APPLICABLE
    if any(account.status == "pending" for account in on):
        return AssignmentStatus.ASSIGNED_PENDING_SA
    if any(account.type == "holding" for account in on):
        return AssignmentStatus.HELD_BY_PARTNER
    return AssignmentStatus.ASSIGNED


def _stands_on(*narrowed: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal(1))
        .select_from(OrderLine)
        .join(SmartAccount, col(SmartAccount.id) == col(OrderLine.smart_account_id))
        .where(OrderLine.order_number == Order.number, *narrowed)
    )


def has_status(status: AssignmentStatus) -> ColumnElement[bool]:
    """`assignment_status`, as a condition on `Order`: each part is one that the database can
    estimate, as it could not what `status_column` comes to.
    """
    if status is AssignmentStatus.UNASSIGNED:
        return col(Order.unassigned_lines) > 0
    pending = _stands_on(col(SmartAccount.status) == "pending")
    holding = _stands_on(col(SmartAccount.type) == "holding")
    parts = {
        AssignmentStatus.ASSIGNED_PENDING_SA: [pending],
        AssignmentStatus.HELD_BY_PARTNER: [holding, not_(pending)],
        AssignmentStatus.ASSIGNED: [_stands_on(), not_(holding), not_(pending)],
        AssignmentStatus.NOT_APPLICABLE: [not_(_stands_on())],
    }
    return and_(col(Order.unassigned_lines) == 0, *parts[status])


def status_column() -> ColumnElement[str]:
    """`assignment_status`, worked out by the database."""
    return case(
        (col(Order.unassigned_lines) > 0, AssignmentStatus.UNASSIGNED.value),
        (_stands_on(col(SmartAccount.status) == "pending"),
         AssignmentStatus.ASSIGNED_PENDING_SA.value),
        (_stands_on(col(SmartAccount.type) == "holding"), AssignmentStatus.HELD_BY_PARTNER.value),
        (_stands_on(), AssignmentStatus.ASSIGNED.value),
        else_=AssignmentStatus.NOT_APPLICABLE.value,
    )  # fmt: skip


def knows_account(
    view: View, ways: Sequence[Way], line: OrderLine, account: SmartAccount, places: Places
) -> bool:
    """Whether the reader may know on which account a line stands: a restricted one is named only
    to its members, the Fulfillment Contact, and whoever chose it.
    """
    return (
        account.visibility != Visibility.RESTRICTED
        or Way.CONTACT in ways
        or line.assigned_by == view.person
        or account.id in view.accounts
        or any(
            place.smart_account_id == account.id
            for id_, place in places.virtual_accounts.items()
            if id_ in view.places
        )
    )


def assignment_of(
    view: View, ways: Sequence[Way], line: OrderLine, places: Places
) -> Assignment | None:
    """Where a line stands, as far as the reader may know."""
    if line.smart_account_id is None:
        return None
    account = places.accounts[line.smart_account_id]
    if not knows_account(view, ways, line, account, places):
        return HIDDEN
    place = places.virtual_accounts.get(line.virtual_account_id or "")
    told = place is not None and (
        place.access_level != Visibility.RESTRICTED
        or Way.CONTACT in ways
        or line.assigned_by == view.person
        or account.id in view.accounts
        or place.id in view.places
    )
    return Assignment(
        smart_account=account.domain,
        name=account.name,
        virtual_account=place.name if place is not None and told else None,
    )
