"""The queue's page, its counts and searches are read off indexes, however many cases there are."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import listing
from backend.cases.listing import CaseFilters, Sort
from backend.core.database import Database
from backend.core.identity import Person
from backend.core.migrations import migrate
from backend.core.search import Search
from backend.core.settings import Settings
from tests.conftest import DATABASES, fresh_database
from tests.many_cases import AGENT, add_cases

MANY = 4000


@pytest_asyncio.fixture(params=DATABASES, scope="module", loop_scope="module")
async def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """A database with many cases in it."""
    folder: Path = tmp_path_factory.mktemp("desk")
    with fresh_database(request.param, folder) as url:
        db = Database(Settings(database_url=url).database)
        await migrate(db)
        await add_cases(db, MANY)
        yield db
        await db.dispose()


async def plans(db: Database, call: Any) -> list[str]:
    """What a call asks about cases, and how the database would answer each."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    engine = db.engine.sync_engine
    found = []
    async with db.read() as session:
        person = await session.get_one(Person, AGENT)
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert await call(session, person)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        connection = await session.connection()
        if not db.on_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if db.on_sqlite else "EXPLAIN "
        for statement, values in asked:
            if "support_case" in statement:
                rows = (await connection.exec_driver_sql(explain + statement, values)).all()
                found.append("\n".join(str(row[-1]) for row in rows))
    assert found
    return found


def on_whole_tables(plan: str) -> list[str]:
    """Lines in which all cases, or all their words, are read."""
    return [
        line
        for line in plan.splitlines()
        if "Seq Scan on support_case" in line
        or "Seq Scan on case_words" in line
        or (line.startswith(("SCAN support_case", "SCAN case_words")) and "VIRTUAL" not in line)
    ]


def page(sort: Sort, q: str = "", **filters: Any) -> Any:
    wanted = CaseFilters.model_validate(filters)

    async def call(session: AsyncSession, person: Person) -> object:
        rows, _ = await listing.page(session, person, wanted, sort=sort, search=Search.of(q))
        return rows

    return call


async def _count(session: AsyncSession, person: Person) -> object:
    return await listing.count(session, person, CaseFilters(queue="orders", open_only=True))


CALLS = {
    "due": page(Sort.DUE, open_only=True),
    "due_of_a_queue": page(Sort.DUE, open_only=True, queue="orders"),
    "newest": page(Sort.NEWEST),
    "count": _count,
    "rare_word": page(Sort.DUE, "unique777"),
    "common_word": page(Sort.NEWEST, "order"),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", CALLS)
async def test_that_no_call_reads_all_cases(desk: Database, name: str) -> None:
    for plan in await plans(desk, CALLS[name]):
        assert on_whole_tables(plan) == [], plan


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ["due", "due_of_a_queue"])
async def test_that_what_is_due_is_merged_off_its_index(desk: Database, name: str) -> None:
    [plan, *_] = await plans(desk, CALLS[name])
    assert "case_by_due" in plan
    if not desk.on_sqlite and name == "due":
        assert "Merge Append" in plan


@pytest.mark.asyncio(loop_scope="module")
async def test_that_words_are_found_by_their_index(desk: Database) -> None:
    plan = (await plans(desk, CALLS["rare_word"]))[-1]
    assert ("VIRTUAL TABLE INDEX" if desk.on_sqlite else "words_of_cases") in plan


@pytest.mark.asyncio(loop_scope="module")
async def test_that_pages_in_due_order_are_in_that_order_and_whole(desk: Database) -> None:
    """Checked against sorting all of them here."""
    async with desk.read() as session:
        person = await session.get_one(Person, AGENT)
        seen, cursor = [], None
        while True:
            rows, cursor = await listing.page(
                session, person, CaseFilters(), sort=Sort.DUE, cursor=cursor, limit=333
            )
            seen += rows
            if cursor is None:
                break
    assert len({case.number for case in seen}) == len(seen) == MANY
    running = [case for case in seen if case.due_at is not None]
    ended = [case for case in seen if case.status in ("closed", "cancelled")]
    assert seen == [*running, *(c for c in seen if c not in running and c not in ended), *ended]
    assert running == sorted(running, key=lambda case: (case.due_at, case.number))
    assert ended == sorted(ended, key=lambda case: (case.created_at, case.number), reverse=True)
