"""Delegations of orders that nobody uses end by themselves."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Acting
from backend.core.timers import timer
from backend.orders.delegations import EXPIRED, end
from backend.orders.history import note, subject_of
from backend.orders.models import Order, OrderDelegation
from backend.orders.service import lines_of


@timer("end_order_delegations")
async def end_order_delegations() -> None:
    """A link that was not used within its time ends; the Fulfillment Contact is told."""
    async with database().read() as session:
        rows = await session.exec(
            select(OrderDelegation.id, OrderDelegation.order_number).where(
                col(OrderDelegation.redeemed_at).is_(None),
                col(OrderDelegation.ended_at).is_(None),
                OrderDelegation.expires_at <= clock.now(),
            )
        )
        due = list(rows.all())
    for delegation_id, number in due:
        async with database().write() as session:
            await _end(session, delegation_id, number)


async def _end(session: AsyncSession, delegation_id: str, number: str) -> None:
    await lock_row(session, Order, number)
    row = await session.get_one(OrderDelegation, delegation_id)
    if row.redeemed_at is not None or row.ended_at is not None or row.expires_at > clock.now():
        return
    order = await session.get_one(Order, number)
    end(row, EXPIRED)
    session.add(row)
    await session.flush()
    await note(
        session, "order_delegation_ended", Acting(person=subject_of(order), via="rule"), order,
        await lines_of(session, number),
        f"{row.email} did not open the link to assign order {number} in time",
        delegation=row.id, email=row.email,
    )  # fmt: skip
