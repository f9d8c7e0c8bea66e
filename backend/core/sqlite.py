"""SQLite with one visit to its thread for each statement.

aiosqlite has a thread for each connection, and each call of a cursor is a visit there and back:
one to make it, one to execute, one to fetch, one to close it. With a `BEGIN` and a rollback of
their own, a turn of a conversation made 170 of them, which cost more than all statements. Here
a statement takes its `BEGIN` along, brings all its rows back, and is done.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Self

import aiosqlite

Row = tuple[Any, ...]


def connect(database: str, **options: Any) -> "Connection":
    """What SQLAlchemy's `async_creator_fn` wants: awaited, it is open."""
    made = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=0)
    made._thread.daemon = True  # A connection that nobody closed keeps no process alive.
    return made


class Connection(aiosqlite.Connection):
    """A connection that begins a transaction when the first statement of it comes."""

    _begin: str | None = None

    def begin(self, how: str) -> None:
        """Let the next statement be the first of a transaction (`BEGIN`, `BEGIN IMMEDIATE`)."""
        self._begin = how

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """A cursor, without a visit."""
        return Cursor(self)

    async def visit(self, act: Callable[[sqlite3.Connection], Any]) -> Any:
        """Do something in the connection's thread, in the transaction that was begun."""
        begin, self._begin = self._begin, None
        return await self._execute(_begun, self._conn, begin, act)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        """Commit; what no statement came for needs none."""
        if self._begin is None:
            await super().commit()
        self._begin = None

    async def rollback(self) -> None:
        """Roll back what there is: SQLAlchemy also does it after a commit."""
        self._begin = None
        if self.in_transaction:
            await super().rollback()


def _begun(
    connection: sqlite3.Connection, begin: str | None, act: Callable[[sqlite3.Connection], Any]
) -> Any:
    if begin is not None:
        connection.execute(begin)
    return act(connection)


class Cursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses; all rows are here already."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Row] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, values: Any = ()) -> None:
        """Execute it and fetch everything."""
        await self._visit(lambda connection: connection.execute(statement, values))

    async def executemany(self, statement: str, rows: Any) -> None:
        """Execute it once for each row."""
        await self._visit(lambda connection: connection.executemany(statement, rows))

    async def _visit(self, execute: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> None:
        def act(connection: sqlite3.Connection) -> None:
            cursor = execute(connection)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else ()
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            cursor.close()

        await self._connection.visit(act)

    async def fetchall(self) -> Sequence[Row]:
        """All rows, once."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """It is closed already."""
