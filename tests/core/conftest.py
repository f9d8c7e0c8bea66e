"""A small application of routes that do what transactions must survive, on the app's database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy import text

from backend.core import problems
from backend.core.auth import CurrentPerson
from backend.core.database import after_commit, database
from backend.core.problems import conflict
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from tests.conftest import SignIn, client_of

# The same on SQLite and PostgreSQL: a child whose parent is missed only when it is committed.
TABLES = (
    "CREATE TABLE IF NOT EXISTS probe_parent (id INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS probe (
        name VARCHAR(40), parent INTEGER REFERENCES probe_parent (id) DEFERRABLE INITIALLY DEFERRED
    )""",
)


class Thing(BaseModel):
    """What to store."""

    name: str
    parent: int | None = None


@dataclass
class Probe:
    """The signed-in client, what hooks ran, how often the next requests are to fail, and whether
    a hook does.
    """

    client: httpx.AsyncClient
    woken: list[str] = field(default_factory=list)
    failures: int = 0
    broken_hook: bool = False

    async def names(self) -> list[str]:
        """What the database has."""
        async with database().read() as session:
            connection = await session.connection()
            return list(await connection.scalars(text("SELECT name FROM probe ORDER BY name")))


@pytest_asyncio.fixture(loop_scope="session")
async def probe(app: FastAPI, sign_in: SignIn) -> AsyncIterator[Probe]:
    """An application of its own, with the conventions and the database of ours."""
    made = FastAPI()
    problems.install(made)
    async with client_of(made, headers=await sign_in("nadia@northwind.example")) as c:
        found = Probe(c)
        made.include_router(_routes(found))
        async with database().write() as session:
            connection = await session.connection()
            for statement in TABLES:
                await connection.execute(text(statement))
        yield found
        async with database().write() as session:
            connection = await session.connection()
            await connection.execute(text("DELETE FROM probe"))


async def _insert(session: Any, name: str, parent: int | None = None) -> None:
    connection = await session.connection()
    await connection.execute(
        text("INSERT INTO probe (name, parent) VALUES (:name, :parent)"),
        {"name": name, "parent": parent},
    )


def _routes(probe: Probe) -> APIRouter:
    router = APIRouter(route_class=UnitOfWorkRoute)

    @router.post("/things", status_code=201, dependencies=WRITE_HEADERS)
    async def create(thing: Thing, person: CurrentPerson, session: SessionDep) -> dict[str, Any]:
        """Store it, with a savepoint kept and a savepoint thrown away on the way."""
        if probe.broken_hook:
            after_commit(session, lambda: probe.woken.remove("nobody"))
        after_commit(session, lambda: probe.woken.append(thing.name))
        if probe.failures:
            probe.failures -= 1
            raise conflict("not-now", "Not now", "Asked for.", "Try again.")
        async with session.begin_nested():
            await _insert(session, thing.name, thing.parent)
        undone = await session.begin_nested()
        await _insert(session, "undone")
        await undone.rollback()
        return {
            "id": "a1", "number": "C-1", "link": "/x", "name": thing.name,
            "receipt": {"title": "Stored", "reference": "C-1", "lines": []},
        }  # fmt: skip

    @router.post("/nested")
    async def nested(session: SessionDep) -> None:
        async with database().write():
            pass

    @router.get("/things")
    async def read(session: SessionDep) -> None:
        """A read that writes by mistake."""
        await _insert(session, "by mistake")

    return router
