"""Order-based access: whoever may assign an order lets others see and assign it, by address."""

from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.events import Acting
from backend.core.identity import Person, people, person_ref
from backend.core.problems import FieldError, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.orders.history import note
from backend.orders.mail_limits import require_room
from backend.orders.models import OrderShare
from backend.orders.schemas import OrderSharePublic, OrderSharesAnswer, ShareOrder
from backend.orders.service import Seen, find, may_already
from backend.orders.visibility import SHARING
from backend.users.rights import shown

MOST_SHARES = 100


async def listed(session: AsyncSession, person: Person, number: str) -> list[OrderSharePublic]:
    """Everybody the order is shared with, for those who may share it."""
    seen = await find(session, person, number)
    _require_sharing(seen)
    return await _shares(session, seen.order.number)


async def share(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: ShareOrder
) -> tuple[OrderSharesAnswer, bool]:
    """Let others see and assign the order; whoever may already stays as they are. Whether there
    was anybody new.
    """
    seen = await find(session, person, number, lock=True)
    _require_sharing(seen)
    order, emails = seen.order, list(dict.fromkeys(body.emails))
    if person.email in emails:
        wrong = "You see this order already. Name somebody else."
        at = body.emails.index(person.email)
        raise invalid([FieldError(field=f"emails.{at}", code="oneself", message=wrong)])
    there = [one for one in emails if await may_already(session, one, order.number)]
    fresh = [one for one in emails if one not in there]
    if len(await _shares(session, order.number)) + len(fresh) > MOST_SHARES:
        raise conflict(
            "shared-with-many", "Shared with too many",
            f"Order {order.number} can be shared with {MOST_SHARES} people.",
            f"Look at them with GET /api/v1/orders/{order.number}/shares and remove some.",
        )  # fmt: skip
    await require_room(session, order, fresh)
    session.add_all(
        OrderShare(
            order_number=order.number, email=one, shared_by=person.id, order_version=order.version
        )
        for one in fresh
    )
    await session.flush()
    if fresh:
        await note(
            session, "order_shared", acting, order, seen.lines,
            f"{shown(person)} shared order {order.number} with {_say(fresh)}", emails=fresh,
        )  # fmt: skip
    lines = [Line(label="Order", value=order.number)]
    lines += [Line(label="Sees and assigns it now", value=_say(fresh))] if fresh else []
    lines += [Line(label="Could assign it already", value=_say(there))] if there else []
    title = "Order shared" if fresh else "Nothing to change"
    return await _answer(session, order.number, title, lines), bool(fresh)


async def unshare(
    session: AsyncSession, person: Person, acting: Acting, number: str, email: str
) -> OrderSharesAnswer:
    """Somebody sees the order no longer, unless by another way."""
    seen = await find(session, person, number, lock=True)
    _require_sharing(seen)
    order = seen.order
    row = await session.get(OrderShare, (order.number, email))
    if row is None:
        raise not_found(
            f"share of order {order.number} with {email[:100]}",
            f"GET /api/v1/orders/{order.number}/shares lists who it is shared with.",
        )
    await session.delete(row)
    await session.flush()
    await note(
        session, "order_unshared", acting, order, seen.lines,
        f"{shown(person)} no longer shares order {order.number} with {email}", emails=[email],
    )  # fmt: skip
    lines = [Line(label="Order", value=order.number), Line(label="No longer with", value=email)]
    return await _answer(session, order.number, "Order no longer shared", lines)


def _require_sharing(seen: Seen) -> None:
    if SHARING.isdisjoint(seen.ways):
        raise forbidden(
            f"Order {seen.order.number} is shared by its Fulfillment Contact, people of the same "
            "company, and the partner’s Order Fulfillment Managers. A delegate, and whoever it was "
            "shared with, can’t pass it on.",
            "Ask whoever let you see it.",
        )


async def _shares(session: AsyncSession, number: str) -> list[OrderSharePublic]:
    rows = (
        await session.exec(
            select(OrderShare)
            .where(OrderShare.order_number == number)
            .order_by(col(OrderShare.shared_at), col(OrderShare.email))
        )
    ).all()
    known = await people(session, (row.shared_by for row in rows))
    return [
        OrderSharePublic(
            email=row.email, shared_by=person_ref(row.shared_by, known), shared_at=row.shared_at
        )
        for row in rows
    ]


async def _answer(
    session: AsyncSession, number: str, title: str, lines: list[Line]
) -> OrderSharesAnswer:
    receipt = Receipt(title=title, reference=number, lines=lines)
    return OrderSharesAnswer(items=await _shares(session, number), receipt=receipt)


def _say(emails: Iterable[str]) -> str:
    return ", ".join(emails)
