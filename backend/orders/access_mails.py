"""Mails about who else sees and assigns an order."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person, people
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox
from backend.orders.delegations import EXPIRED, status_of
from backend.orders.models import Order, OrderDelegation, OrderShare
from backend.orders.tokens import link_of


async def _delegation(session: AsyncSession, event: Event) -> tuple[OrderDelegation, Any]:
    row = await session.get_one(OrderDelegation, event.details["delegation"])
    order = await session.get_one(Order, row.order_number)
    known = await people(session, [row.delegator, row.delegate])
    return row, {
        "order": order,
        "delegation": row,
        "delegator": known[row.delegator],
        "delegate": known.get(row.delegate or ""),
        "link": link_of(row),
    }


@job("mail_order_delegated", after=("order_delegated",))
async def mail_order_delegated(event_id: str) -> None:
    """Send the delegate the link; none that was revoked meanwhile."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        row, facts = await _delegation(session, event)
        if status_of(row) == "sent":
            await put_in_outbox(session, event.id, "order_delegated", row.email, facts)


@job("mail_order_delegation_redeemed", after=("order_delegation_redeemed",))
async def mail_order_delegation_redeemed(event_id: str) -> None:
    """Tell the Fulfillment Contact that the link was used."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        _, facts = await _delegation(session, event)
        await put_in_outbox(
            session, event.id, "order_delegation_redeemed", facts["delegator"].email, facts
        )


@job("mail_order_delegation_over", after=("order_delegation_ended", "order_delegation_revoked"))
async def mail_order_delegation_over(event_id: str) -> None:
    """Tell the Fulfillment Contact that nobody used the link, or whoever had used it that they
    may assign the order no longer.
    """
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        row, facts = await _delegation(session, event)
        if row.redeemed_at is not None:
            await put_in_outbox(session, event.id, "order_delegation_over", row.email, facts)
        elif row.ended_because == EXPIRED:
            to = facts["delegator"].email
            await put_in_outbox(session, event.id, "order_delegation_unused", to, facts)


@job("mail_order_shared", after=("order_shared",))
async def mail_order_shared(event_id: str) -> None:
    """Tell those an order was shared with, unless that was taken back meanwhile."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        order = await session.get_one(Order, event.details["order"])
        facts = {
            "order": order,
            "sharer": await session.get_one(Person, event.actor),
            "link": f"{settings().base_url}/?order={order.number}",
        }
        for email in event.details["emails"]:
            if await session.get(OrderShare, (order.number, email)) is not None:
                await put_in_outbox(session, event.id, "order_shared", email, facts)
