"""The one place that decides what becomes of a mail: at once, in a summary, or not at all.

`data/notifications/categories.yml` says which category a kind of mail belongs to; the reader has
chosen how often each category comes. Whoever is nobody here (an attendee, an invited address) has
chosen nothing, and is mailed at once.
"""

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import or_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import insert_into
from backend.core.events import Event
from backend.core.ids import new_id
from backend.notifications import unsubscribing
from backend.notifications.categories import Category, Frequency, category_of, configuration
from backend.notifications.preference_models import DigestItem, MailTold
from backend.notifications.preferences import Reader, reader_with


@dataclass(frozen=True)
class Letter:
    """A mail that somebody wants to send. `line` is what a summary would say of it; `reader` and
    `category` are found by address and kind unless they are named.
    """

    event_id: str
    kind: str
    to: str
    line: str
    words: str
    link: str | None = None
    category: Category | None = None
    reader: Reader | None = None


@dataclass(frozen=True)
class Now:
    """Send it at once, with these headers and this below its text."""

    headers: dict[str, str] = field(default_factory=dict)
    footer: str = ""


async def decide(session: AsyncSession, letter: Letter) -> Now | None:
    """How to send a mail at once; None when it is not, because it waits for a summary (which is
    noted here), was turned off, or was said in these words a moment ago.
    """
    category = letter.category or category_of(letter.kind)
    if category is None:
        return Now()
    reader = letter.reader or await reader_with(session, letter.to)
    if reader is None:
        return Now()
    frequency = reader.categories[category]
    if frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        await _keep(session, letter, reader, category)
    if frequency is not Frequency.IMMEDIATE or not await _is_news(session, letter):
        return None
    return Now(
        headers=unsubscribing.headers(reader, category),
        footer=unsubscribing.footer(reader, category),
    )


async def _keep(session: AsyncSession, letter: Letter, reader: Reader, category: Category) -> None:
    """Have it wait for a summary; once, however often the job of its event runs."""
    event = await session.get_one(Event, letter.event_id)
    await session.exec(
        insert_into(session, DigestItem)
        .values(
            id=new_id(), reader=reader.id, is_recipient=reader.is_recipient,
            event_id=letter.event_id, kind=letter.kind, category=category.value,
            smart_account_id=event.smart_account_id, line=letter.line, link=letter.link,
            at=clock.now(),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def _is_news(session: AsyncSession, letter: Letter) -> bool:
    """Whether these words have not gone to this address for something that happened within the
    quiet time. Jobs may be late and in any order: it is the events' times that count.
    """
    event = await session.get_one(Event, letter.event_id)
    said = f"{letter.to}\n{letter.kind}\n{letter.words}"
    quiet, told_at = configuration().quiet, col(MailTold.at)
    statement = insert_into(session, MailTold).values(
        key=hashlib.sha256(said.encode()).hexdigest(), at=event.at
    )
    told = await session.exec(
        statement.on_conflict_do_update(
            index_elements=[MailTold.key],
            set_={"at": statement.excluded.at},
            where=or_(told_at <= event.at - quiet, told_at >= event.at + quiet),
        ).returning(col(MailTold.key))
    )
    return told.first() is not None
