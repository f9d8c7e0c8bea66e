"""One visit to SQLite's thread a statement, and transactions that begin with their first one."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backend.core import sqlite
from backend.core.database import Database


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty table in a file of its own, and a connection that is open already."""
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with made.write() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE thing (name VARCHAR(9) UNIQUE)"))
    yield made
    await made.dispose()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done in the thread of a connection, in order."""
    seen: list[str] = []
    execute = sqlite.Connection._execute

    async def noted(self: sqlite.Connection, function: Any, *arguments: Any) -> Any:
        begin = arguments[1] if function is sqlite._begun else None
        seen.append(begin or function.__name__)
        return await execute(self, function, *arguments)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(sqlite.Connection, "_execute", noted)
    return seen


async def names(db: Database) -> list[str]:
    async with db.read() as session:
        connection = await session.connection()
        return list(await connection.scalars(text("SELECT name FROM thing ORDER BY name")))


async def test_that_reading_once_takes_two_visits(db: Database, visits: list[str]) -> None:
    assert await names(db) == []
    assert visits == ["BEGIN", "rollback"]


async def test_that_writing_twice_takes_three_visits(db: Database, visits: list[str]) -> None:
    async with db.write() as session:
        connection = await session.connection()
        await connection.execute(text("INSERT INTO thing VALUES ('a')"))
        await connection.execute(text("INSERT INTO thing VALUES ('b')"))
    assert visits == ["BEGIN IMMEDIATE", "_begun", "commit"]
    assert await names(db) == ["a", "b"]


async def test_that_a_session_that_asks_nothing_takes_no_visit(
    db: Database, visits: list[str]
) -> None:
    async with db.read() as session:
        await session.connection()
    async with db.write() as session:
        await session.connection()
    assert visits == []


async def test_that_the_next_transaction_is_a_new_one(db: Database) -> None:
    """What was begun and never used must not become the beginning of somebody else's."""
    async with db.write() as session:
        await session.connection()
    assert await names(db) == []
    other = sqlite3.connect(db.engine.url.database or "", timeout=0)
    other.execute("INSERT INTO thing VALUES ('theirs')")
    other.commit()
    other.close()
    assert await names(db) == ["theirs"]


async def test_that_a_write_is_closed_to_others_from_its_first_statement_on(db: Database) -> None:
    other = sqlite3.connect(db.engine.url.database or "", timeout=0, isolation_level=None)
    async with db.write() as session:
        connection = await session.connection()
        assert (await connection.execute(text("SELECT name FROM thing"))).all() == []
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_that_reads_of_one_session_see_one_moment(db: Database) -> None:
    async with db.read() as session:
        connection = await session.connection()
        count = text("SELECT count(*) FROM thing")
        assert await connection.scalar(count) == 0
        async with db.write() as writing:
            there = await writing.connection()
            await there.execute(text("INSERT INTO thing VALUES ('a')"))
        assert await connection.scalar(count) == 0
    assert await names(db) == ["a"]


async def test_that_what_fails_is_taken_back_whole(db: Database) -> None:
    async def twice() -> None:
        async with db.write() as session:
            connection = await session.connection()
            for _ in range(2):
                await connection.execute(text("INSERT INTO thing VALUES ('a')"))

    with pytest.raises(IntegrityError):
        await twice()
    assert await names(db) == []


async def test_that_rows_counts_and_many_at_once_come_back(db: Database) -> None:
    async with db.write() as session:
        connection = await session.connection()
        rows = [{"name": name} for name in "abc"]
        await connection.execute(text("INSERT INTO thing VALUES (:name)"), rows)
        changed = await connection.execute(text("UPDATE thing SET name = name || '!'"))
        assert changed.rowcount == 3
        gone = await connection.execute(text("DELETE FROM thing WHERE name > 'b' RETURNING name"))
        assert list(gone.keys()) == ["name"]
        assert sorted(gone.scalars()) == ["b!", "c!"]
    assert await names(db) == ["a!"]
