"""Async sessions on SQLite and PostgreSQL, with transactions that begin and end where we say.

SQLite's driver would begin transactions late and keep savepoints after a rollback, so we
send BEGIN ourselves: `BEGIN IMMEDIATE` for writes (one writer at a time, queued by a lock
in front because the library sleeps and retries), plain `BEGIN` for reads.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import DateTime, Dialect, event
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import sqlite
from backend.core.settings import settings

AfterCommit = Callable[[], Awaitable[None] | None]
_writing: ContextVar[bool] = ContextVar("writing", default=False)
log = structlog.get_logger(__name__)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets zones, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Store UTC; a moment without a zone is a bug of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class NestedWrite(RuntimeError):
    """A write was begun inside a write of the same task: it would wait for itself."""


class Database:
    """The engines of one process, and the only two ways to a session: `read` and `write`.

    Errors name the statement without its values (`hide_parameters`): these are people's words,
    and errors are logged.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(url)
            if self.on_sqlite
            else create_async_engine(
                url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True
            )
        )
        self._write_engine: AsyncEngine = (
            self.engine.execution_options(begin="BEGIN IMMEDIATE")
            if self.on_sqlite
            else self.engine
        )
        self._read_engine: AsyncEngine = (
            self.engine
            if self.on_sqlite
            else self.engine.execution_options(postgresql_readonly=True)
        )
        self._one_writer = asyncio.Lock() if self.on_sqlite else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; nothing that it changed stays.

        SQLite rolls it back. PostgreSQL refuses to write in it, so that it can end in a commit:
        after each rollback psycopg forgets the statements it has prepared, and planning them
        anew takes the server longer than answering them.
        """
        async with AsyncSession(self._read_engine, expire_on_commit=False) as session:
            yield session
            if not self.on_sqlite:
                session.expunge_all()
                await session.commit()

    @asynccontextmanager
    async def write(self, *, dry_run: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back on an exception or a dry run.

        Functions put on `after_commit(session, …)` run once it is safe; one that fails is logged.
        Raises `NestedWrite` when this task already has one open.
        """
        if _writing.get():
            raise NestedWrite("a write transaction is already open in this task")
        token = _writing.set(True)
        try:
            async with (
                self._one_writer or nullcontext(),
                AsyncSession(self._write_engine, expire_on_commit=False) as session,
            ):
                session.info.update(dry_run=dry_run, after_commit=[])
                async with session.begin():
                    yield session
                    await session.flush()
                    if dry_run:
                        await session.rollback()
        finally:
            _writing.reset(token)
        if not dry_run:
            await _run(session.info["after_commit"])

    async def dispose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def _run(hooks: list[AfterCommit]) -> None:
    """What is committed stays a success, whatever becomes of those who are told of it."""
    for wake in hooks:
        try:
            result = wake()
            if result is not None:
                await result
        except Exception:
            log.exception("after_commit_failed")


# FOR NO KEY UPDATE: whoever changes the row waits, but rows that only point to it may be inserted.
# A full FOR UPDATE would make those wait too, and two writes could wait for each other.
LOCK = {"key_share": True}


async def lock_row(session: AsyncSession, model: type[SQLModel], key: Any) -> None:
    """Make whoever else changes this aggregate wait until our transaction ends.

    Every write that decides on what it has read locks its aggregate first: PostgreSQL's READ
    COMMITTED would let two deciders both be right. On SQLite there is one writer anyway.
    """
    await session.get(model, key, with_for_update=LOCK)


def insert_into(session: AsyncSession, model: type[SQLModel]) -> PostgresqlInsert | SqliteInsert:
    """An INSERT that can say what to do on a conflict, in the words of this database."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return PostgresqlInsert(model) if on_postgresql else SqliteInsert(model)


def after_commit(session: AsyncSession, wake: AfterCommit) -> None:
    """Run `wake` after the transaction is committed; never for a dry run or a rollback."""
    session.info["after_commit"].append(wake)


def is_dry_run(session: AsyncSession) -> bool:
    """Whether this transaction will be rolled back."""
    return bool(session.info.get("dry_run"))


def refuse_open_transaction(what: str) -> None:
    """Raise `NestedWrite` if this task is about to wait for `what` with a write open."""
    if _writing.get():
        raise NestedWrite(f"a write transaction is open while waiting for {what}")


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url, connect_args={"timeout": 30, "async_creator_fn": sqlite.connect}, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "temp_store=MEMORY",
            "cache_size=-32000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        how = connection.get_execution_options().get("begin", "BEGIN")
        connection.connection.driver_connection.begin(how)

    return engine


_database: Database | None = None


def database() -> Database:
    """The database of this process."""
    global _database
    if _database is None:
        _database = Database(settings().database)
    return _database


def use_database(value: Database | None) -> None:
    """Set or forget this process's database (start-up, shutdown, tests)."""
    global _database
    _database = value
