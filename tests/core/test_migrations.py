"""The migrations make exactly the schema of the models, on both databases, and take it back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from assistant import models as _assistant  # noqa: F401 - its tables belong to the schema
from backend import models as _backend  # noqa: F401
from backend.core.database import Database, database
from backend.core.migrations import migrate, run
from backend.core.settings import Settings
from tests.conftest import DATABASES, fresh_database


@pytest_asyncio.fixture(params=DATABASES)
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without any table."""
    with fresh_database(request.param, tmp_path) as url:
        db = Database(Settings(database_url=url).database)
        yield db
        await db.dispose()


async def tables(db: Database) -> set[str]:
    async with db.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def _plain(told: Any) -> Any:
    """What can be compared: expressions as text, sets of things in order."""
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, list):
        return sorted((_plain(value) for value in told), key=repr)
    return told if isinstance(told, str | int | bool | None) else str(told)


def _schema(connection: Connection) -> dict[str, Any]:
    """All that an inspector can tell about our tables."""
    seen = inspect(connection)
    return {
        table: _plain(
            {
                "columns": seen.get_columns(table),
                "primary key": seen.get_pk_constraint(table),
                "foreign keys": seen.get_foreign_keys(table),
                "unique": seen.get_unique_constraints(table),
                "indexes": seen.get_indexes(table),
                "checks": seen.get_check_constraints(table),
            }
        )
        for table in sorted(SQLModel.metadata.tables)
        if not table.startswith("probe")
    }


async def test_that_migrating_makes_the_schema_of_the_models(
    empty: Database, tmp_path: Path
) -> None:
    await migrate(empty)
    async with empty.engine.connect() as connection:
        migrated = await connection.run_sync(_schema)
    (tmp_path / "other").mkdir()
    with fresh_database("sqlite" if empty.on_sqlite else "postgresql", tmp_path / "other") as url:
        fresh = Database(Settings(database_url=url).database)
        async with fresh.engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        async with fresh.engine.connect() as connection:
            made = await connection.run_sync(_schema)
        await fresh.dispose()
    assert migrated == made


async def test_that_migrating_twice_changes_nothing(empty: Database) -> None:
    await migrate(empty)
    before = await tables(empty)
    await migrate(empty)
    assert await tables(empty) == before


async def test_that_the_way_down_leaves_nothing_and_leads_up_again(empty: Database) -> None:
    await migrate(empty)
    await run(empty, command.downgrade, "base")
    assert await tables(empty) == {"alembic_version"}
    await migrate(empty)
    assert await tables(empty) >= set(SQLModel.metadata.tables) - {"alembic_version"}


async def test_that_a_new_migration_of_the_running_app_would_be_empty(app: object) -> None:
    """Also with the tables of the job runner in the same database: they are not ours to drop."""

    def ours(_item: object, name: str | None, kind: str, reflected: bool, _: object) -> bool:
        return not (kind == "table" and reflected and name not in SQLModel.metadata.tables)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True}
        )
        return compare_metadata(context, SQLModel.metadata)

    async with database().engine.connect() as connection:
        assert await connection.run_sync(differences) == []
