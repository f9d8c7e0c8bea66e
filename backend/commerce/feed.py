"""An order as Commerce tells it, put beside what people did with it here.

Messages come in any order, late and twice, and the result is always the same: the newest version
says what the order is; what was decided here (an assignment, a provisioning contact) outlives it;
and whoever was let in by a contact that a later version no longer names is out, also when that
version arrives after a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.commerce import guests
from backend.commerce.lines import Goals, goals_of, merged
from backend.commerce.schemas import CommerceAnswer, CommerceOrder
from backend.core.database import LOCK, insert_into
from backend.core.events import Acting
from backend.core.identity import Organization
from backend.core.problems import FieldError, invalid
from backend.orders import news
from backend.orders.delays import refresh
from backend.orders.history import note
from backend.orders.licensing import settle
from backend.orders.models import Order, OrderDelegation, OrderFollower, OrderLine, OrderShare
from backend.orders.service import lines_of
from backend.people.organizations import organization_at

FEED = Acting(person="commerce", via="feed")

_NUMBER = bindparam("number", type_=String)
# Built once: it is asked for every message.
_KNOWING = columns(
    select(Order.version).where(col(Order.number) == _NUMBER).scalar_subquery(),
    select(Order.number)
    .where(col(Order.web_order_number) == bindparam("web_order", type_=String))
    .scalar_subquery(),
    select(Organization.domain)
    .where(col(Organization.domain) == bindparam("partner", type_=String))
    .scalar_subquery(),
    or_(
        select(OrderDelegation.id)
        .where(
            col(OrderDelegation.order_number) == _NUMBER, col(OrderDelegation.ended_at).is_(None)
        )
        .exists(),
        select(OrderShare.email).where(col(OrderShare.order_number) == _NUMBER).exists(),
    ),
    select(OrderFollower.person).where(col(OrderFollower.order_number) == _NUMBER).exists(),
)


@dataclass(frozen=True)
class Known:
    """What a message needs to know first, read in one statement."""

    version: int | None
    web_order: str | None
    partner: str | None
    has_guests: bool
    is_followed: bool


async def put(session: AsyncSession, number: str, message: CommerceOrder) -> CommerceAnswer:
    """Make the order what this version says, unless a newer one is known."""
    known = await _known(session, number, message)
    if message.partner is not None and known.partner is None:
        await organization_at(session, message.partner.domain, "partner")
    if known.version is not None and known.version >= message.version:
        return await _late(session, number, message, known.version, known.has_guests)
    if known.web_order not in (None, number):
        wrong = f"Another order has the web order number {message.web_order_number}."
        raise invalid([FieldError(field="web_order_number", code="taken", message=wrong)])
    goals = await goals_of(session, message)
    if known.version is None and await _created(session, number, message, goals):
        return CommerceAnswer(order_number=number, version=message.version, applied=True)
    order = await session.get_one(Order, number, with_for_update=LOCK, populate_existing=True)
    if order.version >= message.version:
        return await _late(session, number, message, order.version, True)
    await _changed(session, order, message, goals, is_followed=known.is_followed)
    return CommerceAnswer(order_number=number, version=message.version, applied=True)


async def _known(session: AsyncSession, number: str, message: CommerceOrder) -> Known:
    told = {
        "number": number,
        "web_order": message.web_order_number or "",
        "partner": message.partner.domain if message.partner else "",
    }
    rows = await (await session.connection()).execute(_KNOWING, told)
    version, web_order, there, has_guests, is_followed = rows.one()
    return Known(version, web_order, there, bool(has_guests), bool(is_followed))


async def _late(
    session: AsyncSession, number: str, message: CommerceOrder, version: int, has_guests: bool
) -> CommerceAnswer:
    """An older version changes nothing of the order, but proves who was its contact since."""
    if has_guests:
        order = await session.get_one(Order, number, with_for_update=LOCK, populate_existing=True)
        await guests.end(session, order, message, FEED)
    return CommerceAnswer(order_number=number, version=version, applied=False)


def _values(message: CommerceOrder) -> dict[str, Any]:
    """The order's own columns, as this version has them."""
    contact, partner = message.fulfillment_contact, message.partner
    return {
        "web_order_number": message.web_order_number,
        "customer_order_number": message.customer_order_number,
        "type": message.type,
        "status": str(message.status),
        "version": message.version,
        "partner_domain": partner.domain if partner else None,
        "partner_name": (partner.name or partner.domain) if partner else None,
        "end_customer": message.end_customer,
        "country": message.country,
        "fc_name": contact.name if contact else None,
        "fc_email": contact.email if contact else None,
        "fc_domain": contact.email.rsplit("@", 1)[-1] if contact else None,
        "placed_at": message.placed_at,
        "booked_at": message.moment("booked_at"),
        "provisioned_at": message.moment("provisioned_at"),
        "closed_at": message.moment("closed_at"),
        "cancelled_at": message.moment("cancelled_at"),
        "holds": {name: since.isoformat() for name, since in sorted(message.holds.items())},
    }


async def _created(
    session: AsyncSession, number: str, message: CommerceOrder, goals: Goals
) -> bool:
    """Make a new order; False when another message of the same moment has made it first."""
    order = Order(number=number, **_values(message))
    lines = await merged(session, order, [], message, goals)
    refresh(order, lines)
    claimed = await session.exec(
        insert_into(session, Order)
        .values(order.model_dump())
        .on_conflict_do_nothing(index_elements=[col(Order.number)])
        .returning(col(Order.number))
    )
    if claimed.first() is None:
        return False
    make_transient_to_detached(order)  # it is there, and need not be read again
    session.add(order)
    await _settle(session, order, lines, "order_received", f"Order {number} came from Commerce")
    return True


async def _changed(
    session: AsyncSession, order: Order, message: CommerceOrder, goals: Goals, *,
    is_followed: bool,
) -> None:  # fmt: skip
    before = (order.fc_email, order.partner_domain)
    present = await lines_of(session, order.number)
    had_licences = any(line.delivered_at is not None for line in present)
    for name, value in _values(message).items():
        setattr(order, name, value)
    lines = await merged(session, order, present, message, goals)
    refresh(order, lines)
    if (order.fc_email, order.partner_domain) != before:
        await guests.end(session, order, message, FEED)
    text = f"Commerce changed order {order.number}: it is {order.status}"
    gone = sorted({line.number for line in present} - {line.number for line in lines})
    if gone:
        text += f", without line {', '.join(str(one) for one in gone)}"
    await _settle(session, order, lines, "order_changed", text, had_licences=had_licences)
    if is_followed:
        await news.note_changes(session, order, lines)


async def _settle(
    session: AsyncSession, order: Order, lines: Sequence[OrderLine], type_: str, text: str, *,
    had_licences: bool = False,
) -> None:  # fmt: skip
    """What follows from how the order is now: its licences, and what the history says."""
    session.add_all(lines)
    await settle(session, order, lines, FEED, had_any=had_licences)
    await note(session, type_, FEED, order, lines, f"{text}.", version=order.version)
