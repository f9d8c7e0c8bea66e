"""Mails about orders: set-up, what a delegate assigned, and news for followers."""

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person, people
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox
from backend.orders.models import Order, OrderLine
from backend.orders.news import OVER, say_code


def _link(order: Order) -> str:
    return f"{settings().base_url}/?order={order.number}"


async def _lines(session: AsyncSession, order: Order, numbers: list[int]) -> list[OrderLine]:
    rows = await session.exec(
        select(OrderLine)
        .where(OrderLine.order_number == order.number, col(OrderLine.number).in_(numbers))
        .order_by(col(OrderLine.number))
    )
    return list(rows.all())


@job("mail_order_set_up", after=("provisioning_mail_resent", "provisioning_contact_changed"))
async def mail_order_set_up(event_id: str) -> None:
    """Ask whoever sets an order's subscriptions up to do so; tell who did before that they need
    not any more. Nothing goes to an address that is not the line's contact any more.
    """
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        order = await session.get_one(Order, event.details["order"])
        actor = (await people(session, [event.actor])).get(event.actor)
        facts: dict[str, Any] = {"order": order, "actor": actor, "link": _link(order)}
        for contact, numbers in event.details["to"].items():
            lines = await _lines(session, order, numbers)
            own = [line for line in lines if line.provisioning_contact == contact]
            if own:
                await put_in_outbox(
                    session, event.id, "order_set_up", contact, facts | {"lines": own}
                )
        for contact, numbers in event.details["former"].items():
            lines = await _lines(session, order, numbers)
            await put_in_outbox(
                session, event.id, "order_set_up_taken_over", contact, facts | {"lines": lines}
            )


@job("mail_order_assigned", after=("order_assigned", "licenses_moved"))
async def mail_order_assigned(event_id: str) -> None:
    """Tell the Fulfillment Contact what was assigned in their place."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        await _confirm(session, event, [event])


@job("mail_orders_assigned", after=("orders_assigned",))
async def mail_orders_assigned(event_id: str) -> None:
    """The same for many orders at once, in one mail."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        rows = await session.exec(
            select(Event)
            .where(col(Event.id).in_(event.details["events"]), Event.type != "order_unassigned")
            .order_by(Event.subject)
        )
        await _confirm(session, event, list(rows.all()))


async def _confirm(session: AsyncSession, event: Event, told: list[Event]) -> None:
    known = await people(session, [event.actor, *(one.on_behalf_of for one in told)])
    for contact in dict.fromkeys(one.on_behalf_of for one in told if one.on_behalf_of):
        if contact not in known:
            continue
        own = [one for one in told if one.on_behalf_of == contact]
        facts = {
            "reader": known[contact],
            "actor": known.get(event.actor),
            "texts": [one.text for one in own],
            "orders": [str(one.details["order"]) for one in own],
        }
        await put_in_outbox(session, event.id, "order_assigned", known[contact].email, facts)


@job("mail_order_news", after=("order_news",))
async def mail_order_news(event_id: str) -> None:
    """Tell a follower what an order waits for now, or that it is done."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        order = await session.get_one(Order, event.details["order"])
        reader = await session.get_one(Person, event.details["person"])
        now = event.details["now"]
        facts = {
            "order": order,
            "reader": reader,
            "now": [say_code(code) for code in now],
            "over": [say_code(code) for code in event.details["over"]],
            "ended": say_code(now[0]) if OVER & {*now} else None,
            "link": _link(order),
        }
        await put_in_outbox(session, event.id, "order_news", reader.email, facts)
