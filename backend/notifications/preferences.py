"""What people chose to be mailed: read with the defaults, changed with a trace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting, record
from backend.core.fields import ZONES
from backend.core.identity import Person
from backend.core.receipts import Line, Receipt
from backend.notifications import schedule
from backend.notifications.categories import Category, Frequency, configuration, defaults
from backend.notifications.preference_models import (
    NotificationPreference,
    NotificationRecipient,
)
from backend.notifications.schemas import (
    CategoryChoice,
    Choices,
    Chosen,
    FrequencyChoice,
    Preferences,
    PreferencesAnswer,
    SetPreferences,
)

UTC = "UTC"
ALWAYS_MAILED = (
    "Codes, links and decisions that wait for you alone, changes of your own rights, calendar "
    "invitations, and what other people write to you."
)


@dataclass(frozen=True)
class Reader:
    """Somebody who is mailed: a person, or an extra address of an account.

    `id` is the person’s or the address’s row’s; `categories` are complete.
    """

    id: str
    email: str
    categories: Mapping[Category, Frequency]
    hour: int
    time_zone: str
    is_recipient: bool = False
    name: str | None = None
    language: str | None = None

    def names_of(self, frequency: Frequency) -> list[Category]:
        """The categories whose news come so often."""
        return [name for name, chosen in self.categories.items() if chosen is frequency]


def _complete(
    chosen: Mapping[str, str], otherwise: Mapping[Category, Frequency]
) -> dict[Category, Frequency]:
    """All categories: as chosen, else as `otherwise`, else off. What no longer is one is left."""
    return {
        name: Frequency(chosen.get(name, otherwise.get(name, Frequency.OFF))) for name in Category
    }


def reader_of(person: Person, row: NotificationPreference | None) -> Reader:
    """A person with what they chose, or the defaults."""
    own_zone = person.time_zone if person.time_zone in ZONES else UTC
    return Reader(
        id=person.id, email=person.email, name=person.name, language=person.language,
        categories=_complete(row.categories if row else {}, defaults()),
        hour=row.hour if row else configuration().hour,
        time_zone=(row.time_zone if row else None) or own_zone or UTC,
    )  # fmt: skip


def reader_at(row: NotificationRecipient) -> Reader:
    """An extra address."""
    return Reader(
        id=row.id, email=row.email, categories=_complete(row.categories, {}), hour=row.hour,
        time_zone=row.time_zone, is_recipient=True,
    )  # fmt: skip


async def readers(session: AsyncSession, ids: Iterable[str]) -> dict[str, Reader]:
    """The people with these ids, each with what they chose."""
    rows = await session.exec(
        select(Person, NotificationPreference)
        .outerjoin(NotificationPreference, col(NotificationPreference.person) == col(Person.id))
        .where(col(Person.id).in_(list(ids)))
    )
    return {person.id: reader_of(person, row) for person, row in rows.all()}


async def reader_with(session: AsyncSession, email: str) -> Reader | None:
    """The person whose present address this is, with what they chose."""
    found = await session.exec(select(Person.id).where(Person.email == email))
    person = found.first()
    return (await readers(session, [person])).get(person) if person else None


async def recipients_at(session: AsyncSession, ids: Iterable[str]) -> dict[str, Reader]:
    """The confirmed extra addresses with these ids."""
    rows = await session.exec(
        select(NotificationRecipient).where(
            col(NotificationRecipient.id).in_(list(ids)),
            col(NotificationRecipient.verified_at).is_not(None),
        )
    )
    return {row.id: reader_at(row) for row in rows.all()}


# -- the person’s own calls ---------------------------------------------------------------------


async def of_person(session: AsyncSession, person: Person) -> Preferences:
    """What the person is mailed, and what there is to choose from."""
    return _public(reader_of(person, await session.get(NotificationPreference, person.id)))


async def choose(
    session: AsyncSession, person: Person, acting: Acting, body: SetPreferences
) -> PreferencesAnswer:
    """Change what is said; the receipt names each change with what it was."""
    await lock_row(session, Person, person.id)
    row = await session.get(NotificationPreference, person.id, populate_existing=True)
    before = reader_of(person, row)
    if row is None:
        row = NotificationPreference(person=person.id, hour=before.hour)
    chosen = body.categories.model_dump(exclude_none=True) if body.categories else {}
    row.categories = {**row.categories, **chosen}
    row.hour = row.hour if body.hour is None else body.hour
    row.time_zone = body.time_zone or row.time_zone
    after = reader_of(person, row)
    lines = _changes(before, after)
    if lines:
        row.updated_at = clock.now()
        session.add(row)
        await session.flush()
        said = "; ".join(f"{line.label}: {line.value}" for line in lines)
        await record(
            session, "notification_preferences_changed", acting, subject=person.id,
            text=f"{person.name} chose what to be mailed. {said}",
        )  # fmt: skip
    title = "Notifications changed" if lines else "Your notifications are set like this already"
    answer = _public(after)
    shown = lines or _as_they_are(after, chosen, body)
    return PreferencesAnswer(**answer.model_dump(), receipt=Receipt(title=title, lines=shown))


def turned_off(
    categories: Mapping[str, str], reader: Reader, off: Iterable[Category]
) -> dict[str, str]:
    """What is chosen, with these turned off."""
    return {
        **categories,
        **{name: Frequency.OFF.value for name in off if name in reader.categories},
    }


def _changes(before: Reader, after: Reader) -> list[Line]:
    said = configuration().frequencies
    lines = [
        Line(
            label=configuration().categories[name].label,
            value=f"{said[after.categories[name]]} (was {said[before.categories[name]]})",
        )
        for name in Category
        if after.categories[name] is not before.categories[name]
    ]
    if (before.hour, before.time_zone) != (after.hour, after.time_zone):
        was = f"{before.hour:02}:00 {before.time_zone}"
        lines.append(
            Line(label="Summaries", value=f"at {after.hour:02}:00 {after.time_zone} (was {was})")
        )
    return lines


def _as_they_are(reader: Reader, chosen: Mapping[str, str], body: SetPreferences) -> list[Line]:
    said = configuration()
    lines = [
        Line(label=said.categories[Category(one)].label,
             value=said.frequencies[reader.categories[Category(one)]])
        for one in chosen
    ]  # fmt: skip
    if body.hour is not None or body.time_zone is not None:
        lines.append(Line(label="Summaries", value=f"at {reader.hour:02}:00 {reader.time_zone}"))
    return lines


def _public(reader: Reader) -> Preferences:
    said, now = configuration(), clock.now()
    chosen = Chosen(
        categories=dict(reader.categories),
        hour=reader.hour,
        time_zone=reader.time_zone,
        next_daily=schedule.next_due(Frequency.DAILY, now, reader.hour, reader.time_zone),
        next_weekly=schedule.next_due(Frequency.WEEKLY, now, reader.hour, reader.time_zone),
        always=ALWAYS_MAILED,
    )
    choices = Choices(
        categories=[
            CategoryChoice(value=name, title=about.label, contains=about.contains)
            for name, about in said.categories.items()
        ],
        frequencies=[
            FrequencyChoice(value=value, title=title) for value, title in said.frequencies.items()
        ],
        hours=list(range(24)),
    )
    return Preferences(**chosen.model_dump(), choices=choices)
