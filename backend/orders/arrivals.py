"""Licences that were delivered while their account was pending arrive once it is active.

At once, by a job; and by a sweep for what slipped through: a message that is open while the
account is activated finds it pending still, and commits a delivered line after the job has looked.
Locking the account for every message would close that gap too, but whoever deletes a pending
account locks it first and its orders then, the other way round than a message.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.events import Event
from backend.core.jobs import job
from backend.core.timers import timer
from backend.orders import news
from backend.orders.delivery import FEED
from backend.orders.licensing import settle
from backend.orders.models import License, Order, OrderLine
from backend.orders.service import lines_of

ACCOUNTS_AT_ONCE = 200
# Much longer than any message is open, or the product stands still.
SLIPS_THROUGH = timedelta(days=30)


@job("deliver_to_activated_account", after=("account_activated",))
async def deliver_to_activated_account(event_id: str) -> None:
    """Put what waited into the account, one order at a time."""
    async with database().read() as session:
        event = await session.get_one(Event, event_id)
    if event.smart_account_id is not None:
        await _deliver_to([event.smart_account_id])


@timer("deliver_what_slipped_through")
async def deliver_what_slipped_through() -> None:
    """The same for all accounts that were activated lately."""
    since = clock.now() - SLIPS_THROUGH
    async with database().read() as session:
        rows = await session.exec(
            select(SmartAccount.id).where(
                col(SmartAccount.activated_at) > since, SmartAccount.status == "active"
            )
        )
        accounts = list(rows.all())
    for at in range(0, len(accounts), ACCOUNTS_AT_ONCE):
        await _deliver_to(accounts[at : at + ACCOUNTS_AT_ONCE])


async def _deliver_to(accounts: Sequence[int]) -> None:
    """Put what these accounts have not been given into them, one order at a time."""
    there = select(License.id).where(
        License.order_number == OrderLine.order_number, License.line == OrderLine.number
    )
    async with database().read() as session:
        rows = await session.exec(
            select(OrderLine.order_number)
            .where(
                col(OrderLine.smart_account_id).in_(accounts),
                col(OrderLine.delivered_at).is_not(None),
                col(OrderLine.smart_enabled),
                ~there.exists(),
            )
            .distinct()
        )
        numbers = sorted(rows.all())
    for number in numbers:
        async with database().write() as session:
            await _deliver(session, number)


async def _deliver(session: AsyncSession, number: str) -> None:
    await lock_row(session, Order, number)
    order = await session.get(Order, number, populate_existing=True)
    if order is None:
        return
    lines = await lines_of(session, number)
    await settle(session, order, lines, FEED, had_any=True)
    await news.note_changes(session, order, lines)
