"""Alembic's environment: our tables only, on the database that the settings name."""

import importlib
from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from backend.core.database import UtcDateTime

# Named as text: the assistant's tables belong to the schema, but the backend imports nothing
# of the assistant.
for module in ("backend.models", "assistant.models"):
    importlib.import_module(module)


def _ours(_item: object, name: str | None, kind: str, reflected: bool, _: object) -> bool:
    """Leave DBOS's tables alone: whatever the database has that our models don't."""
    return not (kind == "table" and reflected and name not in SQLModel.metadata.tables)


def _render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write plain SQLAlchemy types, so that a migration never depends on later code."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.Text()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Migrate over an open connection."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_object=_ours,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
