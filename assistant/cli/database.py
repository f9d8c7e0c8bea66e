"""Bringing the database up to date and filling it, before anything listens."""

import asyncio

import backend.models  # noqa: F401 - the whole schema
from backend.core.database import Database
from backend.core.migrations import migrate as bring_up_to_date
from backend.core.settings import settings
from backend.demo.seed import seed as fill


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
