"""So many mails about an order go to an address in a day: whoever may let others in, or have them
set something up, can't flood a mailbox by it.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import ceil

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.events import Event
from backend.core.problems import Problem
from backend.core.settings import settings
from backend.orders.history import subject_of
from backend.orders.models import Order

IN = timedelta(days=1)
# Of what somebody does with an order, what mails to an address of their choice.
MAILING = (
    "order_delegated", "order_shared", "provisioning_contact_changed", "provisioning_mail_resent",
)  # fmt: skip


async def require_room(session: AsyncSession, order: Order, emails: Iterable[str]) -> None:
    """429 `Problem` that says when, if one of these addresses has had its mails about this order
    today. The order is locked by the caller, so that two at once don't both find room.
    """
    wanted = {email.casefold(): email for email in emails}
    if not wanted:
        return
    rows = await session.exec(
        select(Event)
        .where(
            Event.subject == subject_of(order),
            col(Event.type).in_(MAILING),
            col(Event.at) > clock.now() - IN,
        )
        .order_by(col(Event.at))
    )
    most, events = settings().order_mails_a_day, rows.all()
    for key, email in wanted.items():
        sent = [event.at for event in events if key in _addresses(event)]
        if len(sent) >= most:
            wait = sent[-most] + IN - clock.now()
            raise _enough(order, email, len(sent), ceil(wait.total_seconds()))


def _addresses(event: Event) -> set[str]:
    return {one.casefold() for one in _each(event)}


def _each(event: Event) -> Iterator[str]:
    told = event.details
    if "email" in told:
        yield told["email"]
    for several in ("emails", "to", "former"):
        yield from told.get(several, ())


def _enough(order: Order, email: str, count: int, seconds: int) -> Problem:
    again = clock.now() + timedelta(seconds=seconds)
    return Problem(
        429,
        "mailed-enough",
        "They have had enough mails about this order",
        f"{email} was mailed {count} times within a day about order {order.number}.",
        f"Have them look at those, in the spam folder as well; it can be done again from "
        f"{again:%d %B, %H:%M} UTC on.",
        headers={"Retry-After": str(max(seconds, 1))},
    )
