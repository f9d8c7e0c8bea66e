"""What a call asks of the database, and how the database would answer it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event, text
from sqlmodel import SQLModel

from backend.core.database import database
from tests.crowd import Crowd, gather

# Enough that no database reads a whole table to find a few rows.
CROWD = Crowd(accounts=3000, members=3, requests=3)
_MINE: ContextVar[bool] = ContextVar("_MINE", default=False)
_COUNTED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
_INDEX = re.compile(r"Index (Only )?Scan ")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the block's own calls run; transactions, DBOS's own and what jobs do
    meanwhile are left out.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _MINE.get() and statement.lstrip().upper().startswith(
            ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
        ):
            seen.append(statement)

    engine = database().engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    mine = _MINE.set(True)
    try:
        yield seen
    finally:
        _MINE.reset(mine)
        event.remove(engine, "before_cursor_execute", note)


async def plan(statement: Any) -> str:
    """How the database would run it in a crowd of accounts, of which nothing stays. PostgreSQL is
    told to read a whole table only where no index serves: in one that fits into a few pages it
    prefers that. The values stand in the text, as they do not when it runs.
    """
    async with database().write(dry_run=True) as session:
        connection = await session.connection()
        await connection.run_sync(gather, CROWD)
        dialect = connection.dialect
        if dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN "
        told = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        rows = (await connection.exec_driver_sql(explain + told)).all()
    return "\n".join(str(row[-1]) for row in rows)


def whole_tables(told: str) -> list[str]:
    """The lines of a plan in which a table of ours, or all of an index, is read from end to end."""
    lines = [line.strip() for line in told.splitlines()]
    return [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if "Seq Scan on" in line
        or (_INDEX.search(line) and not following.startswith("Index Cond"))
        or (line.startswith("SCAN ") and line.split()[1] in SQLModel.metadata.tables)
    ]
