"""The Fulfillment Contact lets somebody else assign one order; who did, and ending it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.events import Acting
from backend.core.identity import Person, people, person_ref
from backend.core.ids import new_id
from backend.core.pagination import Page, newest_first
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.orders.delays import ASSIGNABLE, can_be_assigned
from backend.orders.history import note
from backend.orders.mail_limits import require_room
from backend.orders.models import Order, OrderDelegation
from backend.orders.schemas import DelegateOrder, OrderDelegationAnswer, OrderDelegationPublic
from backend.orders.service import Seen, find, may_already
from backend.orders.standing import facts_of
from backend.orders.tokens import hashed, link_of, token_of
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown

DAYS = 14
REVOKED, EXPIRED, CONTACT_CHANGED = "revoked", "expired", "contact_changed"


async def listed(
    session: AsyncSession, person: Person, number: str, cursor: str | None, limit: int
) -> Page[OrderDelegationPublic]:
    """The Fulfillment Contact sees all of the order, a delegate what was given to them."""
    seen = await find(session, person, number)
    statement = select(OrderDelegation).where(OrderDelegation.order_number == seen.order.number)
    if not seen.is_contact:
        statement = statement.where(OrderDelegation.delegate == person.id)
    rows, following = await newest_first(
        session, statement, col(OrderDelegation.created_at), col(OrderDelegation.id), cursor, limit
    )
    if not rows and not seen.is_contact:
        raise _only_the_contact(seen.order, "sees who else may assign")
    return Page(items=await _public(session, rows), next=following)


async def delegate(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: DelegateOrder
) -> OrderDelegationAnswer:
    """Mail somebody a link with which they, and nobody else, may assign this order."""
    seen = await find(session, person, number, lock=True)
    order = seen.order
    _require_contact(seen, person)
    _require_assignable(seen, (await facts_of(session, order, seen.lines)).arrived())
    if body.email == person.email:
        wrong = "You may assign this order yourself. Name somebody else."
        raise invalid([FieldError(field="email", code="oneself", message=wrong)])
    await _refuse_who_may(session, order, body.email)
    await _refuse_twice(session, order, body.email)
    await require_room(session, order, [body.email])
    now = clock.now()
    row = OrderDelegation(
        id=new_id(), order_number=order.number, email=body.email, message=body.message,
        token_hash="", delegator=person.id, created_at=now, expires_at=now + timedelta(days=DAYS),
        order_version=order.version,
    )  # fmt: skip
    row.token_hash = hashed(token_of(row))
    session.add(row)
    await session.flush()
    text = f"{shown(person)} lets {body.email} assign order {order.number}"
    answer = await _changed(session, seen, row, acting, "order_delegated", "Order delegated", text)
    answer.link = link_of(row)
    if await _is_outside(session, person, body.email):
        theirs = body.email.rsplit("@", 1)[-1]
        answer.receipt.lines.insert(2, Line(label="Outside your company", value=theirs))
        warning = f"{body.email} is outside your company. With the link they see the whole order, "
        answer.warnings = [f"{warning}and decide where its licences go."]
    return answer


async def _is_outside(session: AsyncSession, person: Person, email: str) -> bool:
    """Whether an address is of another company, or of none: a mailbox provider is no company."""
    domain = email.rsplit("@", 1)[-1]
    return domain != person.domain or await is_public_mailbox(session, domain)


async def revoke(
    session: AsyncSession, person: Person, acting: Acting, number: str, delegation_id: str
) -> OrderDelegationAnswer:
    """End a delegation, used or not; the Fulfillment Contact can."""
    seen = await find(session, person, number, lock=True)
    if not seen.is_contact:
        raise _only_the_contact(seen.order, "ends a delegation of")
    row = await session.get(OrderDelegation, delegation_id, populate_existing=True)
    if row is None or row.order_number != seen.order.number:
        raise not_found(
            f"delegation {delegation_id[:40]} of this order",
            f"GET /api/v1/orders/{seen.order.number}/delegations lists them.",
        )
    if status_of(row) in {"revoked", "expired"}:
        raise over(row)
    end(row, REVOKED)
    session.add(row)
    await session.flush()
    text = f"{row.email} may no longer assign order {seen.order.number} for {shown(person)}"
    return await _changed(
        session, seen, row, acting, "order_delegation_revoked", "Delegation revoked", text
    )


def status_of(row: OrderDelegation) -> Literal["sent", "redeemed", "revoked", "expired"]:
    """Where a delegation stands at this moment."""
    if row.ended_at is not None:
        return "expired" if row.ended_because == EXPIRED else "revoked"
    if row.redeemed_at is not None:
        return "redeemed"
    return "expired" if row.expires_at <= clock.now() else "sent"


def end(row: OrderDelegation, because: str) -> None:
    """From now on nobody may do anything by this delegation."""
    row.ended_at, row.ended_because = clock.now(), because


def over(row: OrderDelegation) -> Problem:
    """409: it has ended, with when and why."""
    why = {
        REVOKED: "The Fulfillment Contact took it back",
        CONTACT_CHANGED: "Somebody else is the order’s Fulfillment Contact since",
    }.get(row.ended_because or "", f"It was not used within {DAYS} days: it ended")
    at = row.ended_at if row.ended_because in (REVOKED, CONTACT_CHANGED) else row.expires_at
    return conflict(
        "delegation-over", "This delegation is over",
        f"{why} on {at:%d %B %Y, %H:%M} UTC.",
        "Ask the order’s Fulfillment Contact to delegate it again.",
    )  # fmt: skip


def _require_contact(seen: Seen, person: Person) -> None:
    if not seen.is_contact:
        raise _only_the_contact(seen.order, "delegates")
    if person.kind != "customer":
        raise forbidden(
            "Only customers delegate the assignment of an order.",
            f"Share it with POST /api/v1/orders/{seen.order.number}/shares instead.",
        )


def _only_the_contact(order: Order, what: str) -> Problem:
    who = f": {order.fc_name} ({order.fc_email})" if order.fc_name else f": {order.fc_email}"
    return forbidden(
        f"Only the Fulfillment Contact {what} order {order.number}{who if order.fc_email else ''}.",
        "Ask them, or have the partner name you as the contact in Commerce.",
    )


def _require_assignable(seen: Seen, arrived: Collection[int]) -> None:
    order, why = seen.order, ""
    if order.type not in ASSIGNABLE:
        why = f"An order of type {order.type} is not assigned to a Smart Account."
    elif order.booked_at is None:
        why = "It is not booked yet."
    elif order.cancelled_at is not None or order.closed_at is not None:
        why = f"It is {'cancelled' if order.cancelled_at else 'closed'}."
    elif not any(
        can_be_assigned(order, line) and line.number not in arrived for line in seen.lines
    ):
        why = "All its licences are delivered, or are no Smart Licences."
    if why:
        raise conflict(
            "nothing-to-assign", "There is nothing to assign", f"Order {order.number}: {why}",
            f"GET /api/v1/orders/{order.number} says where it stands.",
        )  # fmt: skip


async def _refuse_who_may(session: AsyncSession, order: Order, email: str) -> None:
    if await may_already(session, email, order.number):
        raise conflict(
            "may-assign-already", "That needs no delegation",
            f"{email} may assign order {order.number} already.",
            "Tell them its number; they find it with GET /api/v1/orders.",
        )  # fmt: skip


async def _refuse_twice(session: AsyncSession, order: Order, email: str) -> None:
    rows = await session.exec(
        select(OrderDelegation).where(
            OrderDelegation.order_number == order.number,
            OrderDelegation.email == email,
            col(OrderDelegation.ended_at).is_(None),
        )
    )
    row = rows.first()
    if row is None:
        return
    if status_of(row) == "expired":
        end(row, EXPIRED)
        session.add(row)
        await session.flush()
        return
    state = "has used the link" if row.redeemed_at else f"has until {row.expires_at:%d %B %Y}"
    raise conflict(
        "delegated-already", "That is delegated already",
        f"{email} may assign order {order.number}, and {state}.",
        "Revoke that delegation first to send a new link.",
    )  # fmt: skip


async def _changed(
    session: AsyncSession, seen: Seen, row: OrderDelegation, acting: Acting,
    type_: str, title: str, text: str,
) -> OrderDelegationAnswer:  # fmt: skip
    await note(
        session, type_, acting, seen.order, seen.lines, text, delegation=row.id, email=row.email
    )
    (public,) = await _public(session, [row])
    receipt = Receipt(
        title=title,
        reference=row.id,
        lines=[
            Line(label="Order", value=row.order_number),
            Line(label="Delegate", value=row.email),
            Line(label="In place of", value=f"{public.delegator.name} ({public.delegator.email})"),
            Line(label="The link ends", value=f"{row.expires_at:%d %B %Y, %H:%M} UTC"),
        ],
    )
    return OrderDelegationAnswer(**public.model_dump(), receipt=receipt)


async def _public(
    session: AsyncSession, rows: Sequence[OrderDelegation]
) -> list[OrderDelegationPublic]:
    known = await people(session, (row.delegator for row in rows))
    return [
        OrderDelegationPublic.model_validate(
            row.model_dump()
            | {"status": status_of(row), "delegator": person_ref(row.delegator, known)}
        )
        for row in rows
    ]
