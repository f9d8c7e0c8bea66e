"""Running Alembic inside the process, on the database's own connection."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.core.database import Database

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"
LOCK = 714_000


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.attributes["connection"] = connection
    return made


async def run(db: Database, step: Any, *arguments: Any, **options: Any) -> None:
    """Run an Alembic command such as `command.upgrade` in one transaction."""

    def inside(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            # Processes that start together migrate one after the other.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        step(config(connection), *arguments, **options)

    async with db.engine.connect() as connection:
        if not db.on_sqlite:
            async with connection.begin():
                await connection.run_sync(inside)
            return
        # SQLite changes a table by making it anew: dropping the old one must not count as
        # deleting its rows. The switch works only outside a transaction.
        await _check_foreign_keys(connection, on=False)
        try:
            async with connection.begin():
                await connection.run_sync(inside)
                if (await connection.execute(text("PRAGMA foreign_key_check"))).first():
                    raise RuntimeError("the migration left rows that point to nothing")
        finally:
            await _check_foreign_keys(connection, on=True)


async def _check_foreign_keys(connection: AsyncConnection, *, on: bool) -> None:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


async def migrate(db: Database) -> None:
    """Bring the database to the newest schema; does nothing when it is there already."""
    await run(db, command.upgrade, "head")
