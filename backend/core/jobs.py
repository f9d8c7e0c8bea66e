"""Durable jobs on DBOS, enqueued in the same transaction as what they follow from.

A job is a function of an event's id. It may run more than once (a crash after its effect and
before its note), so whatever it creates is unique on (event, kind). Jobs are found by name:
a renamed job would wait for ever, which a test guards against.
"""

import asyncio
import contextlib
import fcntl
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import column, func, make_url, select, table, text
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database

Job = Callable[[str], Awaitable[None]]
QUEUE = "jobs"
# What waits for receivers outside has a queue of its own: however slow they are, mails go out.
OUTSIDE = "outside"
# How many jobs of a queue run at once in this process.
QUEUES = {QUEUE: 8, OUTSIDE: 32}
# Pinned: DBOS would otherwise hash the code, and an upgrade would strand what is queued.
APPLICATION_VERSION = "1"
PENDING = ("ENQUEUED", "PENDING", "DELAYED")
_registered: dict[str, Job] = {}
_following: dict[str, list[str]] = {}
_queues: dict[str, str] = {}
_client: DBOSClient | None = None
_executor = ""
_home: asyncio.AbstractEventLoop | None = None
log = structlog.get_logger(__name__)


def job(name: str, *, after: tuple[str, ...] = (), queue: str = QUEUE) -> Callable[[Job], Job]:
    """Register an async function of an event id as the job `name`, run from `queue`.

    It follows by itself from every event of the types in `after`.
    """
    if queue not in QUEUES:
        raise ValueError(f"no queue is called {queue}")

    def register(function: Job) -> Job:
        if name in _registered:
            raise ValueError(f"two jobs are called {name}")
        _registered[name] = function
        _queues[name] = queue
        for event_type in after:
            _following.setdefault(event_type, []).append(name)
        DBOS.workflow(name=name)(_workflow(name, function))
        return function

    return register


def _workflow(name: str, function: Job) -> Job:
    async def run(event_id: str) -> None:
        await DBOS.run_step_async(
            {"name": name, "retries_allowed": True, "max_attempts": 6, "interval_seconds": 0.5},
            _at_home(function),
            event_id,
        )

    run.__qualname__ = f"job_{name}"
    return run


def _at_home(function: Job) -> Job:
    """Run it on the loop that jobs were started from, where the database's lock and connections
    live. DBOS takes a loop of its own while that one stands still.
    """

    async def run(event_id: str) -> None:
        if _home is None or _home is asyncio.get_running_loop():
            await function(event_id)
        else:
            there = asyncio.run_coroutine_threadsafe(_awaited(function, event_id), _home)
            await asyncio.wrap_future(there)

    return run


async def _awaited(function: Job, event_id: str) -> None:
    await function(event_id)


def registered() -> set[str]:
    """The names of all jobs of this process."""
    return set(_registered)


def executor() -> str:
    """The slot that this process holds: whoever has it after a crash finishes what it began."""
    return _executor


def use_executor(slot: str) -> None:
    """Say which slot this process holds."""
    global _executor
    _executor = slot


def following(event_type: str) -> list[str]:
    """The jobs that follow from events of this type."""
    return _following.get(event_type, [])


async def enqueue(session: AsyncSession, name: str, event_id: str) -> None:
    """Have the job run after the caller's transaction commits, once for this event."""
    if name not in _registered:
        raise LookupError(f"no job is called {name}")
    client = _client
    if client is None:
        raise RuntimeError("jobs are not started; the composition root does that")
    connection = await session.connection()
    await connection.run_sync(
        lambda sync: client.enqueue_in_transaction(
            sync,
            {
                "workflow_name": name,
                "queue_name": _queues[name],
                "workflow_id": f"{event_id}:{name}",
                "app_version": APPLICATION_VERSION,
            },
            event_id,
        )
    )


class AlreadyRunning(RuntimeError):
    """Another process works on the same SQLite file."""


class Slot:
    """The executor's identity, held while the process lives.

    On SQLite a lock on a file beside the database: a second process is refused. On PostgreSQL
    the first free advisory lock: the slot's number names the executor, so whoever takes the
    slot over after a crash also takes over its unfinished jobs. Take it before anything is
    changed in the database, migrations included.
    """

    _LOCK_SPACE = 714_001
    _SLOTS = 64

    def __init__(self, db: Database) -> None:
        self._db = db
        self.executor = ""
        self._file: IO[str] | None = None
        self._connection: Any = None

    async def take(self) -> str:
        """The executor id. Raises `AlreadyRunning` when there is no slot."""
        self.executor = self._lock_file() if self._db.on_sqlite else await self._lock_number()
        return self.executor

    def _lock_file(self) -> str:
        database = Path(make_url(self._db.url).database or "")
        database.parent.mkdir(parents=True, exist_ok=True)
        path = database.with_name(f"{database.name}.lock")
        self._file = path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            self._file.close()
            raise AlreadyRunning(
                f"Another process already uses {database}. Stop it first, or give this one "
                "its own STATE_DIR, or set DATABASE_URL to PostgreSQL to run several."
            ) from exc
        return "app"

    async def _lock_number(self) -> str:
        self._connection = await self._db.engine.connect()
        for number in range(self._SLOTS):
            taken = await self._connection.scalar(
                text("SELECT pg_try_advisory_lock(:space, :number)"),
                {"space": self._LOCK_SPACE, "number": number},
            )
            await self._connection.commit()
            if taken:
                return f"slot-{number}"
        raise AlreadyRunning(f"All {self._SLOTS} slots of this database are taken.")

    async def free(self) -> None:
        """Give the slot back."""
        if self._file:
            self._file.close()
        if self._connection is not None:
            await self._connection.close()


def _sync_url(db: Database) -> str:
    return db.url.replace("sqlite+aiosqlite://", "sqlite://")


async def start(db: Database, slot: Slot) -> None:
    """Launch DBOS in this process, which holds `slot` (after the migrations, before traffic)."""
    global _client, _home
    _home = asyncio.get_running_loop()
    use_executor(slot.executor)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    options: DBOSConfig = {
        "name": "ask-licensing",
        "system_database_url": _sync_url(db),
        "application_version": APPLICATION_VERSION,
        "executor_id": slot.executor,
        "log_level": "WARNING",
    }
    DBOS(config=options)
    DBOS.launch()
    for queue, at_once in QUEUES.items():
        await DBOS.register_queue_async(queue, worker_concurrency=at_once, polling_interval_sec=0.1)
    _client = await asyncio.to_thread(
        lambda: DBOSClient(system_database_url=_sync_url(db), application_name="ask-licensing")
    )


async def stop(slot: Slot) -> None:
    """End DBOS; what is queued waits in the database for the next start."""
    global _client
    if _client is not None:
        await asyncio.to_thread(_client.destroy)
        _client = None
    with contextlib.suppress(Exception):
        await asyncio.to_thread(DBOS.destroy)
    await slot.free()


async def drained(db: Database, seconds: float) -> bool:
    """Wait until no job is queued or running, `seconds` at most; whether that came true."""
    deadline = asyncio.get_running_loop().time() + seconds
    jobs = table("workflow_status", column("status"), schema=None if db.on_sqlite else "dbos")
    waiting_jobs = select(func.count()).select_from(jobs).where(jobs.c.status.in_(PENDING))
    while asyncio.get_running_loop().time() < deadline:
        async with db.read() as session:
            connection = await session.connection()
            waiting = await connection.scalar(waiting_jobs)
        if not waiting:
            return True
        await asyncio.sleep(0.05)
    return False
