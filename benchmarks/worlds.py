"""A small and a big database of their own, and one call timed in both in turn, so that a busy
machine slows both. Calls are measured below HTTP, whose constant share would only make the ratio
look better.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database
from backend.core.identity import Person
from backend.core.migrations import migrate
from backend.core.settings import Settings
from tests.conftest import fresh_database

Call = Callable[[AsyncSession, Person], Awaitable[object]]
# A database, and the address of the person who calls there.
World = tuple[Database, str]


@asynccontextmanager
async def empty(kind: str) -> AsyncIterator[Database]:
    """A migrated database without anything in it, which goes afterwards."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        db = Database(Settings(database_url=url).database)
        try:
            await migrate(db)
            yield db
        finally:
            await db.dispose()


async def in_turn(
    few: World, many: World, call: Call, *, samples: int, warm_up: int
) -> tuple[list[float], list[float]]:
    """Seconds that a call takes in each; those while everything is still cold are left out."""
    pairs = [(await _timed(few, call), await _timed(many, call)) for _ in range(samples + warm_up)]
    kept = pairs[warm_up:]
    return [one for one, _ in kept], [other for _, other in kept]


async def _timed(world: World, call: Call) -> float:
    db, email = world
    async with db.read() as session:
        person = await session.get_one(Person, email)
        started = time.perf_counter()
        found = await call(session, person)
        taken = time.perf_counter() - started
    if not found:
        raise RuntimeError("there was nothing to find, so nothing was measured")
    return taken
