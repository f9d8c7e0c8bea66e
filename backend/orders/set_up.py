"""The set-up of subscriptions: who does it, and the mail that asks them to.

Both can be changed until the point of no return, when the organisation is onboarded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.problems import FieldError, Problem, conflict, invalid
from backend.core.receipts import Line, Receipt
from backend.orders import news, presentation
from backend.orders.assignability import OPEN_A_CASE, numbered, say_lines
from backend.orders.delays import is_waiting, refresh
from backend.orders.mail_limits import require_room
from backend.orders.models import Order, OrderLine
from backend.orders.placing import looking_only
from backend.orders.schemas import ChangeProvisioningContact, OrderAnswer
from backend.orders.service import Seen, find

EVERY = timedelta(hours=1)
RESENT, CHANGED = "provisioning_mail_resent", "provisioning_contact_changed"


async def resend(session: AsyncSession, person: Person, acting: Acting, number: str) -> OrderAnswer:
    """Send the set-up mail of an order's open subscriptions again, once an hour at most."""
    seen = await _found(session, person, number)
    lines = _due(seen.order, _open(seen))
    await _require_pause(session, seen.order)
    await require_room(session, seen.order, _by_contact(lines))
    _sent(lines)
    return await _changed(
        session, seen, acting, RESENT, lines, "Set-up mail sent again",
        f"Set-up mail sent again to {_say_contacts(lines)} for {say_lines(lines)}.",
        {"to": _by_contact(lines), "former": {}},
    )  # fmt: skip


async def change_contact(
    session: AsyncSession, person: Person, acting: Acting, number: str,
    body: ChangeProvisioningContact,
) -> OrderAnswer:  # fmt: skip
    """Have somebody else set subscriptions up. Whoever takes over a set-up that was asked for
    already gets the mail, and whoever it was hears of it.
    """
    seen = await _found(session, person, number)
    wanted = _named(seen, body.lines) if body.lines else _open(seen)
    lines = [line for line in wanted if not _is_contact(line, body.email)]
    if lines:
        await require_room(session, seen.order, [body.email])
    former: dict[str, list[int]] = {}
    for line in lines:
        if line.provisioning_contact:
            former.setdefault(line.provisioning_contact, []).append(line.number)
        line.provisioning_contact, line.contact_by = body.email, person.id
    asked = [line for line in lines if not _starts_later(line)]
    _sent(asked)
    if not lines:
        receipt = _receipt("Nothing to change", seen.order, wanted)
        return await presentation.answer(session, seen.view, seen.order, receipt)
    return await _changed(
        session, seen, acting, CHANGED, lines, "Provisioning contact changed",
        f"{body.email} sets up {say_lines(lines)}.",
        {"to": _by_contact(asked), "former": former},
    )  # fmt: skip


async def _found(session: AsyncSession, person: Person, number: str) -> Seen:
    seen = await find(session, person, number, lock=True)
    if not seen.may_assign:
        raise looking_only(seen)
    if not is_waiting(seen.order):
        raise _refused(
            "nothing-to-set-up", seen.order,
            "was cancelled" if seen.order.cancelled_at else "is not booked yet",
            "Set-up begins once an order is booked.",
        )  # fmt: skip
    return seen


def _refused(code: str, order: Order, why: str, hint: str) -> Problem:
    return conflict(code, "Not possible for this order", f"Order {order.number} {why}.", hint)


def _is_contact(line: OrderLine, email: str) -> bool:
    return (line.provisioning_contact or "").casefold() == email.casefold()


def _open(seen: Seen) -> list[OrderLine]:
    """The subscription lines that can still be set up by somebody else."""
    subscriptions = [line for line in seen.lines if line.kind == "subscription"]
    if not subscriptions:
        raise _refused(
            "nothing-to-set-up", seen.order, "has no subscription that somebody sets up",
            f"Ask why it waits with GET /api/v1/orders/{seen.order.number}/delays.",
        )  # fmt: skip
    found = [line for line in subscriptions if _is_open(line)]
    if not found:
        raise _past(seen.order, subscriptions)
    return found


def _is_open(line: OrderLine) -> bool:
    return line.onboarded_at is None and line.delivered_at is None


def _past(order: Order, lines: Sequence[OrderLine]) -> Problem:
    since = min((line.onboarded_at or line.delivered_at or clock.now()) for line in lines)
    return _refused(
        "past-the-point-of-no-return", order,
        f"was set up on {since:%d %B %Y} ({say_lines(lines)}): the organisation is onboarded, "
        "which can’t be undone by mail",
        OPEN_A_CASE,
    )  # fmt: skip


def _named(seen: Seen, numbers: Sequence[int]) -> list[OrderLine]:
    found = numbered(seen.lines, numbers)
    others = [at for at, line in enumerate(found) if line.kind != "subscription"]
    if others:
        raise invalid(
            [
                FieldError(
                    field=f"lines.{at}",
                    code="no_subscription",
                    message=f"Line {found[at].number} ({found[at].product}) is no subscription, "
                    "so that nobody sets it up.",
                )
                for at in others
            ]
        )
    past = [line for line in found if not _is_open(line)]
    if past:
        raise _past(seen.order, past)
    return found


def _due(order: Order, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Those whose mail can go out: to somebody, and not before the requested start date."""
    known = [line for line in lines if line.provisioning_contact]
    if not known:
        raise _refused(
            "no-provisioning-contact", order, "names nobody who sets it up",
            f"Name the contact with PUT /api/v1/orders/{order.number}/provisioning-contact.",
        )  # fmt: skip
    due = [line for line in known if not _starts_later(line)]
    if not due:
        first = min(line.requested_start for line in known if line.requested_start)
        raise _refused(
            "starts-later", order,
            f"has its requested start date on {first:%d %B %Y}; the set-up mail goes out then",
            "Wait for that day, or have the partner choose an earlier one.",
        )  # fmt: skip
    return due


def _starts_later(line: OrderLine) -> bool:
    return line.requested_start is not None and line.requested_start > clock.now()


async def _require_pause(session: AsyncSession, order: Order) -> None:
    """429 `Problem` that says when, if the mail was sent again within the hour."""
    last = await _last_sent(session, order)
    if last is None or last + EVERY <= clock.now():
        return
    again = last + EVERY
    seconds = ceil((again - clock.now()).total_seconds())
    raise Problem(
        429,
        "sent-already",
        "The mail was sent again just now",
        f"The set-up mail of order {order.number} went out again on {last:%d %B %Y, %H:%M} UTC.",
        f"Have them look at it, in the spam folder as well; it can be sent again from "
        f"{again:%H:%M} UTC on.",
        headers={"Retry-After": str(seconds)},
    )


async def _last_sent(session: AsyncSession, order: Order) -> datetime | None:
    rows = await session.exec(
        select(Event.at)
        .where(Event.subject == _subject(order), Event.type == RESENT)
        .order_by(col(Event.at).desc())
        .limit(1)
    )
    return rows.first()


def _sent(lines: Sequence[OrderLine]) -> None:
    """What waits for a set-up goes on waiting since the first mail."""
    now = clock.now()
    for line in lines:
        line.contact_mailed_at = line.contact_mailed_at or now
        if line.set_up_mail_at is None:
            line.set_up_mail_at = now
        if line.provisioning in {"not_started", "scheduled", "on_hold"}:
            line.provisioning, line.provisioning_since = "awaiting_provisioning_details", now


def _by_contact(lines: Sequence[OrderLine]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for line in lines:
        found.setdefault(line.provisioning_contact or "", []).append(line.number)
    return found


def _say_contacts(lines: Sequence[OrderLine]) -> str:
    return ", ".join(_by_contact(lines))


def _subject(order: Order) -> str:
    return f"order {order.number}"


async def _changed(
    session: AsyncSession, seen: Seen, acting: Acting, type_: str, lines: Sequence[OrderLine],
    title: str, text: str, details: dict[str, object],
) -> OrderAnswer:  # fmt: skip
    order = seen.order
    refresh(order, seen.lines)
    session.add(order)
    session.add_all(lines)
    await session.flush()
    account = next((line.smart_account_id for line in lines if line.smart_account_id), None)
    places = [line.virtual_account_id for line in lines if line.smart_account_id == account]
    await record(
        session, type_, acting, subject=_subject(order), text=f"Order {order.number}: {text}",
        smart_account_id=account, virtual_accounts=[one for one in places if one],
        details={"order": order.number} | details,
    )  # fmt: skip
    await news.note_changes(session, order, seen.lines)
    receipt = _receipt(title, order, lines)
    return await presentation.answer(session, seen.view, order, receipt)


def _receipt(title: str, order: Order, lines: Sequence[OrderLine]) -> Receipt:
    return Receipt(
        title=title,
        reference=order.number,
        lines=[
            Line(label="Order", value=order.number),
            Line(label="Provisioning contact", value=_say_contacts(lines)),
            Line(label="Lines", value=say_lines(lines)),
        ],
    )
