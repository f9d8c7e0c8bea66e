"""How many summaries a second are written, whether each reader gets exactly one, and that memory
does not grow with their number.

People get news that wait for their daily summary; then all are due at once, as at seven in the
morning. What is compared is the memory of writing a tenth of them and of writing half of them;
the time is taken of the rest, since looking at memory takes most of it.
"""

import tempfile
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import func
from sqlmodel import col, select

import backend.models  # noqa: F401 - every table
from backend.core import clock
from backend.core.database import Database, database, use_database
from backend.core.events import Acting, record
from backend.core.identity import Organization, Person
from backend.core.ids import new_id
from backend.core.migrations import migrate
from backend.core.settings import settings
from backend.notifications.digests import write_due
from backend.notifications.models import Mail
from backend.notifications.preference_models import DigestItem
from tests.conftest import fresh_database
from tests.product import Product

PEOPLE, NEWS = 10_000, 5
MEGABYTE = 1024 * 1024
MOST_GROWTH = 1.5  # times the memory that a tenth of the readers take


async def _people(first: int, count: int) -> None:
    """So many readers, each with news of an event of theirs."""
    async with database().write() as session:
        event = await record(
            session, "benchmark", Acting(person="benchmark"), subject="benchmark", text="News"
        )
        if await session.get(Organization, "many.example") is None:
            session.add(Organization(domain="many.example", name="Many", kind="customer"))
            await session.flush()
        emails = [f"p{number:06}@many.example" for number in range(first, first + count)]
        session.add_all(
            Person(id=one, email=one, name="Reader", kind="customer",
                   organization_domain="many.example")
            for one in emails
        )  # fmt: skip
        await session.flush()
        session.add_all(
            DigestItem(
                id=new_id(), reader=one, event_id=event.id, kind=f"news{number}",
                category="licences", line=f"Licences expire within {number} days: 5 × Switch.",
            )
            for one in emails
            for number in range(NEWS)
        )  # fmt: skip


async def _remembered(people: int) -> tuple[int, float]:
    """How many summaries were written, and the most megabytes that it took."""
    tracemalloc.start()
    written = await write_due(clock.now() + timedelta(days=1))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written == people
    return written, most / MEGABYTE


async def _arrive(first: int, end: int) -> int:
    for start in range(first, end, 1000):
        await _people(start, min(1000, end - start))
    return end - first


async def measure(console: Console, kind: str, people: int = PEOPLE) -> None:
    """Print the rate on this database, what is missing or twice, and how memory grows."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        db = Database(settings().model_copy(update={"database_url": url}).database)
        use_database(db)
        try:
            await migrate(db)
            few, many = people // 10, people * 6 // 10
            first, small = await _remembered(await _arrive(0, few))
            second, large = await _remembered(await _arrive(few, many))
            await _arrive(many, people)
            started = time.perf_counter()
            rest = await write_due(clock.now() + timedelta(days=1))
            taken = time.perf_counter() - started
            async with database().read() as session:
                per_reader = (
                    select(func.count(col(Mail.id)).label("n")).group_by(col(Mail.to)).subquery()
                )
                rows = await session.exec(
                    select(func.count()).select_from(per_reader).where(per_reader.c.n == 1)
                )
                once = rows.one()
        finally:
            await db.dispose()
            use_database(None)
    console.print(
        f"Summaries on {kind}: {rest:,} in {taken:.0f} s, {rest / taken:,.0f} a second; "
        f"{people - once} of {people:,} readers without exactly one (at most 0), "
        f"{first + second + rest:,} written; memory {large:.1f} MB, {large / small:.2f}× that of a "
        f"fifth as many (at most {MOST_GROWTH}×)"
    )


async def run(_product: Product, console: Console) -> None:
    """Both databases."""
    for kind in ("sqlite", "postgresql"):
        await measure(console, kind)
