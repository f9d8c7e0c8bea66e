"""Summaries: once a day or a week, in the reader’s hour and zone, grouped by account and category.

A summary is one transaction: the row that claims its period, its mail, and the mark on each piece
of news in it. So a process that dies in the middle has written nothing, and of several processes
one writes it; a news that comes too late for its period waits for the next.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database, insert_into
from backend.core.events import Acting, Event, record
from backend.core.timers import timer
from backend.notifications import unsubscribing, waiting
from backend.notifications.categories import Category, Frequency, configuration
from backend.notifications.mails import put_in_outbox
from backend.notifications.preference_models import Digest, DigestItem, MailTold
from backend.notifications.preferences import Reader
from backend.notifications.waiting import Due

KIND = "digest"
AT_ONCE = 20  # summaries a transaction
MOST_LINES = 100  # of one category of one account
ELSEWHERE = "Yours"
KEPT = timedelta(days=35)
Part = TypeVar("Part")


@timer("write_digests")
async def write_digests() -> None:
    """Write every summary that is due."""
    await write_due(clock.now())


async def write_due(now: datetime) -> int:
    """Write the summaries that are due at `now`; how many that were."""
    written = 0
    async for page in waiting.pages(now):
        for some in _in_parts(page.due, AT_ONCE):
            written += await _write(some, now)
        if page.unwanted:
            await _drop(page.unwanted, now)
    return written


def _in_parts(whole: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))


async def _write(due: Sequence[Due], now: datetime) -> int:
    async with database().write() as session:
        known = await waiting.readers_of(session, [one.reader.id for one in due])
        event, written = None, 0
        for one in due:
            reader = known.get(one.reader.id)
            fresh = waiting.due_of(reader, one.kind, now) if reader else None
            if fresh is None or fresh.period != one.period:
                continue  # the hour was changed just now: the next run looks again
            items = await waiting.items_of(session, fresh)
            if not items or not await _claim(session, fresh, len(items), now):
                continue
            event = event or await _event(session)
            await _mail(session, event, fresh, items)
            await _mark(session, [item.id for item in items], now)
            written += 1
        return written


async def _claim(session: AsyncSession, due: Due, items: int, now: datetime) -> bool:
    """Whether this period’s summary is ours to write; another process waits here for our end."""
    statement = (
        insert_into(session, Digest)
        .values(reader=due.reader.id, kind=due.kind.value, period=due.period, items=items, at=now)
        .on_conflict_do_nothing()
        .returning(col(Digest.reader))
    )
    return (await session.exec(statement)).first() is not None


async def _event(session: AsyncSession) -> Event:
    return await record(
        session, "digests_written", Acting(person="summaries", via="rule"), subject="summaries",
        text="Summaries were written for those for whom they were due",
    )  # fmt: skip


async def _mark(session: AsyncSession, ids: Sequence[str], now: datetime) -> None:
    for some in _in_parts(ids, 500):
        await session.exec(
            update(DigestItem).where(col(DigestItem.id).in_(some)).values(told_at=now)
        )


async def _drop(unwanted: Iterable[tuple[str, Category | None]], now: datetime) -> None:
    """News that nobody wants any more, or whose reader is gone."""
    async with database().write() as session:
        for reader, category in unwanted:
            statement = update(DigestItem).where(
                col(DigestItem.reader) == reader, col(DigestItem.told_at).is_(None)
            )
            if category is not None:
                statement = statement.where(col(DigestItem.category) == category.value)
            await session.exec(statement.values(told_at=now))


# -- the mail -----------------------------------------------------------------------------------


async def _mail(session: AsyncSession, event: Event, due: Due, items: Sequence[DigestItem]) -> None:
    accounts = await _accounts(session, items)
    reader = due.reader
    present = [name for name in Category if any(item.category == name for item in items)]
    facts = {
        "reader": reader,
        "kind": due.kind.value,
        "count": len({(item.smart_account_id, item.category, item.line) for item in items}),
        "accounts": accounts,
        "when": _when(reader, due.kind),
        "other": "weekly" if due.kind is Frequency.DAILY else "daily",
        "ways": [
            {"title": configuration().categories[name].title,
             "link": unsubscribing.link(reader, name)}
            for name in present
        ],
    }  # fmt: skip
    await put_in_outbox(
        session, event.id, KIND, reader.email, facts,
        headers=unsubscribing.headers(reader, due.kind),
    )  # fmt: skip


def _when(reader: Reader, kind: Frequency) -> str:
    day = "on Mondays" if kind is Frequency.WEEKLY else "every day"
    return f"{day} at {reader.hour:02}:00 {reader.time_zone} time"


async def _accounts(session: AsyncSession, items: Sequence[DigestItem]) -> list[dict[str, Any]]:
    """The news by account (what belongs to none first) and category, each line once."""
    found: dict[int | None, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for item in items:
        said = f"{item.line} {item.link}" if item.link else item.line
        found[item.smart_account_id][item.category].setdefault(said)
    names = {
        row.id or 0: f"{row.name} ({row.domain})"
        for row in (
            await session.exec(select(SmartAccount).where(col(SmartAccount.id).in_(list(found))))
        ).all()
    }
    groups = [
        {"title": names.get(account or 0, ELSEWHERE), "categories": _categories(lines)}
        for account, lines in found.items()
    ]
    return sorted(groups, key=lambda one: (one["title"] != ELSEWHERE, str(one["title"])))


def _categories(lines: dict[str, dict[str, None]]) -> list[dict[str, Any]]:
    return [
        {
            "label": configuration().categories[name].label,
            "lines": [*lines[name]][:MOST_LINES],
            "more": max(0, len(lines[name]) - MOST_LINES),
        }
        for name in Category
        if name in lines
    ]


@timer("forget_what_was_told")
async def forget_what_was_told() -> None:
    """What was told is kept for some weeks: long past every job that could tell it again."""
    now = clock.now()
    async with database().write() as session:
        await session.exec(delete(DigestItem).where(col(DigestItem.told_at) < now - KEPT))
        await session.exec(delete(Digest).where(col(Digest.at) < now - KEPT))
        await session.exec(delete(MailTold).where(col(MailTold.at) < now - KEPT))
