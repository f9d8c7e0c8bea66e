"""Turning mails off from within a mail, without signing in (RFC 8058).

A link is bound to one reader, the address that was mailed, and one category or one kind of
summary. It does nothing else, works as often as it is opened, and for ever.
"""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.problems import Problem, not_found
from backend.core.settings import settings
from backend.notifications import signing
from backend.notifications.categories import Category, Frequency, configuration
from backend.notifications.preference_models import (
    NotificationPreference,
    NotificationRecipient,
)
from backend.notifications.preferences import Reader, reader_at, reader_of, turned_off

PURPOSE = "unsubscribe"
_PERSON, _RECIPIENT = "person", "recipient"


@dataclass(frozen=True)
class Way:
    """Where a link leads: whose mails, at which address, about what."""

    reader: Reader
    row: NotificationPreference | NotificationRecipient
    titles: list[str]
    off: list[Category]
    smart_account_id: int | None = None

    @property
    def what(self) -> str:
        """“orders” or “the daily summary (licences, users)”."""
        return self.titles[0]


def link(reader: Reader, what: Category | Frequency) -> str:
    """The link that turns off a category, or all that comes in a kind of summary."""
    kind = _RECIPIENT if reader.is_recipient else _PERSON
    token = signing.sign(PURPOSE, [kind, reader.id, reader.email, what.value])
    return f"{settings().base_url}/unsubscribe/{token}"


def headers(reader: Reader, what: Category | Frequency) -> dict[str, str]:
    """The header fields by which a mail program turns it off with one click."""
    return {
        "List-Unsubscribe": f"<{link(reader, what)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def footer(reader: Reader, category: Category) -> str:
    """What stands below a mail that can be turned off."""
    title = configuration().categories[category].title
    return configuration().footer.format(
        title=title, words=title, base_url=settings().base_url, link=link(reader, category)
    )


async def find(session: AsyncSession, token: str) -> Way:
    """Where a link leads; 404 for one that is none of ours, or of an address that is no longer
    mailed: the same words for both.
    """
    parts = signing.read(PURPOSE, token) or []
    way = await _way(session, *parts) if len(parts) == 4 else None
    if way is None:
        raise _unknown()
    return way


async def turn_off(session: AsyncSession, token: str) -> Way:
    """Do what the link says. Nothing changes, and nothing is wrong, when it is done already."""
    way = await find(session, token)
    if isinstance(way.row, NotificationRecipient):
        await lock_row(session, NotificationRecipient, way.row.id)
    else:
        await lock_row(session, Person, way.reader.id)
    way = await find(session, token)
    off = [name for name in way.off if way.reader.categories[name] is not Frequency.OFF]
    if not off:
        return way
    way.row.categories = turned_off(way.row.categories, way.reader, off)
    if isinstance(way.row, NotificationPreference):
        way.row.updated_at = clock.now()
    session.add(way.row)
    await session.flush()
    titles = ", ".join(configuration().categories[name].title for name in off)
    type_ = "notification_recipient_changed" if way.reader.is_recipient else (
        "notification_preferences_changed"
    )  # fmt: skip
    await record(
        session, type_, Acting(person=way.reader.id if not way.reader.is_recipient else
                               way.reader.email),
        subject=way.reader.email, smart_account_id=way.smart_account_id,
        text=f"{way.reader.email} turned off mails about {titles}, by a link in one.",
    )  # fmt: skip
    return way


async def _way(session: AsyncSession, kind: str, key: str, email: str, what: str) -> Way | None:
    row: NotificationPreference | NotificationRecipient | None
    account = None
    if kind == _RECIPIENT:
        row = await session.get(NotificationRecipient, key, populate_existing=True)
        if row is None or row.email != email or row.verified_at is None:
            return None
        reader, account = reader_at(row), row.smart_account_id
    else:
        person = await session.get(Person, key)
        if person is None or person.email != email:
            return None
        row = await session.get(NotificationPreference, key, populate_existing=True)
        reader = reader_of(person, row)
        row = row or NotificationPreference(person=key, hour=reader.hour)
    if what in {*Category}:
        category = Category(what)
        return Way(reader, row, [configuration().categories[category].title], [category], account)
    if what not in {Frequency.DAILY, Frequency.WEEKLY}:
        return None
    categories = reader.names_of(Frequency(what))
    return Way(reader, row, [f"what comes in the {what} summary"], categories, account)


async def account_of(session: AsyncSession, way: Way) -> SmartAccount | None:
    """The account whose extra address it is; None for a person’s own."""
    return await session.get(SmartAccount, way.smart_account_id) if way.smart_account_id else None


def _unknown() -> Problem:
    return not_found(
        "mailing with this link",
        "Open the link exactly as the mail has it, or tell the assistant “no more mails”.",
    )
