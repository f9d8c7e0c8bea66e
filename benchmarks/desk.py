"""The desk's queue among a thousand cases and among a million: its page in the order of what
breaks first, the counts beside it, a saved view, and searches for words that few, many and most
cases hold.

SQLite is measured with 100,000. The calls are measured below HTTP, whose constant share would only
make the ratio look better, and samples of both are taken in turn, so that a busy machine slows
both. A search may take longer among more cases, but no more than 200 ms (median, PostgreSQL).

`BENCHMARK_CASES=20000` measures a smaller desk, quickly.
"""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import listing, presentation
from backend.cases.listing import CaseFilters, Sort
from backend.cases.routes import list_queues
from backend.core.database import Database
from backend.core.identity import Person
from backend.core.migrations import migrate
from backend.core.search import Search
from backend.core.settings import Settings
from benchmarks.measuring import compare, percentile
from tests.conftest import fresh_database
from tests.many_cases import AGENT, add_cases
from tests.product import Product

Call = Callable[[AsyncSession, Person], Awaitable[object]]
SMALL = 1_000
BIG = {"sqlite": 100_000, "postgresql": 1_000_000}
SAMPLES, WARM_UP = 40, 5
MOST, MOST_MILLISECONDS = 2.0, 200.0
# A view is counted among 5,000 cases at most, where a small desk has 1,000.
MOST_OF_A_VIEW = 4.0


def _page(q: str = "", sort: Sort = Sort.DUE, **filters: object) -> Call:
    wanted = CaseFilters.model_validate({"open_only": True} | filters)

    async def call(session: AsyncSession, person: Person) -> object:
        search = Search.of(q)
        cases, _ = await listing.page(session, person, wanted, sort=sort, search=search)
        found = await listing.snippets(session, person, cases, search) if search else None
        return await presentation.heads(session, cases, found)

    return call


async def _counts(session: AsyncSession, person: Person) -> object:
    return (await list_queues(person, session)).items


async def _view(session: AsyncSession, person: Person) -> object:
    filters = CaseFilters(open_only=True, severity=2, language="de")
    return (await listing.count(session, person, filters)).number


async def _queue_page(session: AsyncSession, person: Person) -> object:
    await _counts(session, person)
    return await _page()(session, person)


VIEW = "a saved view's count"
PAGES: dict[str, Call] = {
    "the queue's page, with its counts": _queue_page,
    "… of one queue": _page(queue="orders"),
    "… newest first, ended ones too": _page(sort=Sort.NEWEST, open_only=False),
    "… of unclaimed ones of a severity": _page(severity=1, assignee="none"),
    "the counts alone": _counts,
    VIEW: _view,
}
SEARCHES: dict[str, Call] = {
    "a word of one case": _page("unique777", open_only=False),
    "the beginning of a number": _page("C-7000077", open_only=False),
    "a word of one in a thousand": _page("seldom0", open_only=False),
    "a word of most": _page("order", open_only=False),
    "two common words": _page("order w1", open_only=False),
    "a beginning of many words": _page("w1", open_only=False),
}


@asynccontextmanager
async def world(kind: str, cases: int) -> AsyncIterator[Database]:
    """A database of its own with so many cases in it."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        db = Database(Settings(database_url=url).database)
        try:
            await migrate(db)
            await add_cases(db, cases)
            yield db
        finally:
            await db.dispose()


async def _timed(db: Database, call: Call) -> float:
    async with db.read() as session:
        person = await session.get_one(Person, AGENT)
        started = time.perf_counter()
        found = await call(session, person)
        taken = time.perf_counter() - started
    if not found:
        raise RuntimeError("there was nothing to find, so nothing was measured")
    return taken


async def measure(kind: str, console: Console, cases: int) -> None:
    """Print what one database takes."""
    async with world(kind, SMALL) as few, world(kind, cases) as many:
        await compare_desks(console, few, many, f"{cases:,} cases on {kind}")


async def compare_desks(console: Console, few: Database, many: Database, title: str) -> None:
    """Print how much longer each call takes among many, and how long searches take there."""
    rows = []
    for name, call in PAGES.items():
        base: list[float] = []
        ours: list[float] = []
        for sample in range(SAMPLES + WARM_UP):
            pair = await _timed(few, call), await _timed(many, call)
            if sample >= WARM_UP:
                base.append(pair[0])
                ours.append(pair[1])
        most = MOST_OF_A_VIEW if name == VIEW else MOST
        rows.append((name, base, ours, most, most + 1))
    compare(console, title, rows, (f"{SMALL:,} cases", title.split()[0]))
    await _searches(console, title, many)


async def _searches(console: Console, title: str, db: Database) -> None:
    table = Table(title=f"A search among {title}", title_justify="left")
    for head in ("", "median", "at most", "p95", "n"):
        table.add_column(head, justify="right" if head else "left")
    for name, call in SEARCHES.items():
        taken = [await _timed(db, call) for _ in range(SAMPLES + WARM_UP)][WARM_UP:]
        table.add_row(
            name,
            f"{median(taken) * 1000:.1f} ms",
            f"{MOST_MILLISECONDS:.0f} ms",
            f"{percentile(taken, 0.95) * 1000:.1f} ms",
            str(len(taken)),
        )
    console.print(table)


async def run(_product: Product, console: Console) -> None:
    """Print the figures of both databases."""
    wanted = os.environ.get("BENCHMARK_CASES")
    for kind, cases in BIG.items():
        await measure(kind, console, int(wanted) if wanted else cases)
