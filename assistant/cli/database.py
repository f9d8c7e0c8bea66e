"""Bringing the database up to date and filling it, before anything listens."""

import asyncio
from collections.abc import Callable

import backend.models  # noqa: F401 - the whole schema
from backend.core.database import Database
from backend.core.migrations import migrate as bring_up_to_date
from backend.core.settings import settings
from backend.demo.many_orders import add_orders as add
from backend.demo.seed import seed as fill

Progress = Callable[[str, float | None], None]


def migrate() -> None:
    """Bring the database of the settings to the present schema."""
    asyncio.run(_migrate_and(fill_it=False))


def seed() -> str:
    """Migrate, and in demo mode fill an empty database; return what happened, in words."""
    filled = asyncio.run(_migrate_and(fill_it=settings().demo_mode))
    return "filled with the demo world" if filled else "up to date"


async def _migrate_and(*, fill_it: bool) -> bool:
    configured = settings()
    configured.state_dir.mkdir(parents=True, exist_ok=True)
    db = Database(configured.database)
    try:
        await bring_up_to_date(db)
        return await fill(db) if fill_it else False
    finally:
        await db.engine.dispose()


def add_orders(count: int, progress: Progress) -> str:
    """Let a database that is up to date have this many made-up orders; say how many were added."""
    return asyncio.run(_add_orders(count, progress))


async def _add_orders(count: int, progress: Progress) -> str:
    db = Database(settings().database)
    first, done = None, 0
    try:
        async for done in add(db, count):
            first = done if first is None else first
            progress(f"{done:,} of {count:,}", min(done / count, 1.0))
    finally:
        await db.engine.dispose()
    return f"{done - (first or 0):,} added, {done:,} in all"
