"""Licences that were delivered while their account was pending arrive once it is active."""

from sqlmodel import col, select

from backend.core.database import database, lock_row
from backend.core.events import Event
from backend.core.jobs import job
from backend.orders.delivery import deliver
from backend.orders.models import License, Order, OrderLine


@job("deliver_to_activated_account", after=("account_activated",))
async def deliver_to_activated_account(event_id: str) -> None:
    """Put what waited into the account, one order at a time."""
    async with database().read() as session:
        event = await session.get_one(Event, event_id)
        there = select(License.order_number).where(
            License.order_number == OrderLine.order_number, License.line == OrderLine.number
        )
        rows = await session.exec(
            select(OrderLine.order_number)
            .where(
                OrderLine.smart_account_id == event.smart_account_id,
                col(OrderLine.delivered_at).is_not(None),
                ~there.exists(),
            )
            .distinct()
            .order_by(col(OrderLine.order_number))
        )
        numbers = list(rows.all())
    for number in numbers:
        async with database().write() as session:
            await lock_row(session, Order, number)
            order = await session.get_one(Order, number, populate_existing=True)
            lines = await session.exec(
                select(OrderLine).where(
                    OrderLine.order_number == number,
                    OrderLine.smart_account_id == event.smart_account_id,
                    col(OrderLine.delivered_at).is_not(None),
                )
            )
            for line in lines.all():
                await deliver(session, order, line)
