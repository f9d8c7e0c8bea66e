"""News that wait for summaries: who is due one now, read in pages by reader."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import database
from backend.notifications.categories import Category, Frequency
from backend.notifications.preference_models import Digest, DigestItem
from backend.notifications.preferences import Reader, readers, recipients_at
from backend.notifications.schedule import last_due

PAGE = 200  # readers at once
KINDS = (Frequency.DAILY, Frequency.WEEKLY)
# Longer than any period: a summary of the present one is not older.
_RECENT = timedelta(days=9)


@dataclass(frozen=True)
class Due:
    """A summary that is due: what waited at `until` and belongs to `categories`."""

    reader: Reader
    kind: Frequency
    period: date
    until: datetime
    categories: list[Category]


@dataclass(frozen=True)
class Page:
    """Some readers with waiting news: the summaries that are due, and who is no reader any more
    or wants none of it.
    """

    due: list[Due]
    unwanted: list[tuple[str, Category | None]]


async def pages(now: datetime) -> AsyncIterator[Page]:
    """All readers with waiting news, a page at a time: memory stays the same for any number."""
    after = ""
    while True:
        async with database().read() as session:
            waiting = await _waiting(session, after)
            if not waiting:
                return
            known = await readers_of(session, waiting)
            done = await _written(session, waiting, now)
        yield _page(waiting, known, done, now)
        after = max(waiting)


async def readers_of(session: AsyncSession, ids: Collection[str]) -> dict[str, Reader]:
    """The readers with these ids, people and extra addresses."""
    return await readers(session, ids) | await recipients_at(session, ids)


async def _waiting(session: AsyncSession, after: str) -> dict[str, dict[str, datetime]]:
    """For the next readers, since when something of each category waits."""
    next_ones = (
        select(DigestItem.reader)
        .where(col(DigestItem.told_at).is_(None), DigestItem.reader > after)
        .distinct()
        .order_by(col(DigestItem.reader))
        .limit(PAGE)
    )
    ids = list((await session.exec(next_ones)).all())
    if not ids:
        return {}
    oldest: Any = func.min(DigestItem.at)
    rows = await session.exec(
        select(DigestItem.reader, DigestItem.category, oldest)
        .where(col(DigestItem.told_at).is_(None), col(DigestItem.reader).in_(ids))
        .group_by(col(DigestItem.reader), col(DigestItem.category))
    )
    waiting: dict[str, dict[str, datetime]] = defaultdict(dict)
    for reader, category, since in rows.all():
        waiting[reader][category] = since
    return waiting


async def _written(
    session: AsyncSession, ids: Collection[str], now: datetime
) -> set[tuple[str, str, date]]:
    rows = await session.exec(
        select(Digest).where(col(Digest.reader).in_(list(ids)), Digest.at > now - _RECENT)
    )
    return {(row.reader, row.kind, row.period) for row in rows.all()}


def _page(
    waiting: Mapping[str, Mapping[str, datetime]], known: Mapping[str, Reader],
    done: Collection[tuple[str, str, date]], now: datetime,
) -> Page:  # fmt: skip
    due: list[Due] = []
    unwanted: list[tuple[str, Category | None]] = []
    for key, since in waiting.items():
        reader = known.get(key)
        if reader is None:
            unwanted.append((key, None))
            continue
        unwanted += [(key, name) for name in reader.names_of(Frequency.OFF) if name in since]
        for kind in KINDS:
            one = due_of(reader, kind, now)
            begun = any(since[name] < one.until for name in one.categories if name in since)
            if begun and (key, kind.value, one.period) not in done:
                due.append(one)
    return Page(due, unwanted)


def due_of(reader: Reader, kind: Frequency, now: datetime) -> Due:
    """The newest summary of a kind that a reader could have. What waits of a category that comes
    at once by now comes in the next daily one.
    """
    period, until = last_due(kind, now, reader.hour, reader.time_zone)
    categories = reader.names_of(kind)
    if kind is Frequency.DAILY:
        categories += reader.names_of(Frequency.IMMEDIATE)
    return Due(reader, kind, period, until, categories)


async def items_of(session: AsyncSession, due: Due) -> Sequence[DigestItem]:
    """What the summary is to say, oldest first."""
    rows = await session.exec(
        select(DigestItem)
        .where(
            col(DigestItem.told_at).is_(None),
            DigestItem.reader == due.reader.id,
            col(DigestItem.category).in_([name.value for name in due.categories]),
            DigestItem.at < due.until,
        )
        .order_by(col(DigestItem.at), col(DigestItem.id))
    )
    return rows.all()
