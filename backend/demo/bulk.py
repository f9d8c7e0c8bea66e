"""Rows by the hundred thousand: COPY on PostgreSQL, one prepared statement on SQLite."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Row = dict[str, Any]


class Table:
    """A table that many rows go into; each row names every column."""

    def __init__(self, model: type[SQLModel]) -> None:
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        self.name = table.name
        self.columns = tuple(table.columns.keys())
        self._json = {key for key, column in table.columns.items() if isinstance(column.type, JSON)}

    async def add(self, session: AsyncSession, rows: Iterable[Row]) -> None:
        """Add these rows in the caller's transaction."""
        if session.get_bind().dialect.name == "postgresql":
            await self._copy(session, rows)
        else:
            await self._insert(session, rows)

    def _values(self, rows: Iterable[Row]) -> Iterator[list[Any]]:
        for row in rows:
            for name in self._json:
                row[name] = json.dumps(row[name])
            yield [row[name] for name in self.columns]

    async def _copy(self, session: AsyncSession, rows: Iterable[Row]) -> None:
        raw = await (await session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
        into = f'COPY "{self.name}" ({", ".join(self.columns)}) FROM STDIN'
        async with driver.cursor() as cursor, cursor.copy(into) as copy:
            for values in self._values(rows):
                await copy.write_row(values)

    async def _insert(self, session: AsyncSession, rows: Iterable[Row]) -> None:
        values = [tuple(_in_sqlite(value) for value in row) for row in self._values(rows)]
        if values:
            marks = ", ".join("?" * len(self.columns))
            into = f'INSERT INTO "{self.name}" ({", ".join(self.columns)}) VALUES ({marks})'  # noqa: S608 - our own names
            await (await session.connection()).exec_driver_sql(into, values)


def _in_sqlite(value: Any) -> Any:
    """A moment as SQLAlchemy writes it there."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
