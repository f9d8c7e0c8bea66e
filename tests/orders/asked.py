"""What calls ask of the database, with the values they ask it with, and how it would answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event, text

from backend.core.database import database
from tests.crowd import Crowd, gather

# Enough that no database reads a whole table to find a few rows.
CROWD = Crowd(accounts=2000, members=3, requests=3, orders=2)
Statement = tuple[str, Any]
_MINE: ContextVar[bool] = ContextVar("_MINE", default=False)


@contextmanager
def asked() -> Iterator[list[Statement]]:
    """The reading statements that the block's own calls run, with their values."""
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if _MINE.get() and statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((statement, values))

    engine = database().engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    mine = _MINE.set(True)
    try:
        yield seen
    finally:
        _MINE.reset(mine)
        event.remove(engine, "before_cursor_execute", note)


async def plans(statements: Sequence[Statement]) -> list[str]:
    """How the database would run each in a crowd of accounts, of which nothing stays."""
    found = []
    async with database().write(dry_run=True) as session:
        connection = await session.connection()
        await connection.run_sync(gather, CROWD)
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN "
        for statement, values in statements:
            rows = (await connection.exec_driver_sql(explain + statement, values)).all()
            plan = "\n".join(str(row[-1]) for row in rows)
            found.append(f"{plan}\n\n{statement}")
    return found
