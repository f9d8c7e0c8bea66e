"""The directory, the requests that wait, an account's people and whether somebody may do
something, among 100 accounts and among 100,000 with a million
memberships, on both databases.

What somebody sees is the same in both crowds; only how much lies around it differs. The calls
are measured below HTTP, whose constant share would only make the ratio look better, and samples
of both crowds are taken in turn, so that a busy machine slows both.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import listing, presentation
from backend.access.models import AccessRequest
from backend.accounts.standing import standing
from backend.core.database import Database
from backend.core.identity import Person
from backend.core.migrations import migrate
from backend.core.pagination import newest_first
from backend.core.policy import Action
from backend.core.settings import Settings
from backend.directory import service
from backend.users.routes import list_users
from benchmarks.measuring import compare
from tests.conftest import DATABASES, fresh_database
from tests.crowd import Crowd, gather
from tests.product import Product

Call = Callable[[AsyncSession, Person], Awaitable[object]]
SMALL, BIG = Crowd(accounts=100), Crowd(accounts=100_000)
SOMEBODY = 7
HOME = SMALL.domain(SOMEBODY)
SAMPLES, WARM_UP = 60, 5
MOST, MOST_P95 = 2.0, 2.0


async def _directory(session: AsyncSession, person: Person) -> object:
    return (await service.page(session, person, "", None, 50)).items


async def _search(session: AsyncSession, person: Person) -> object:
    return (await service.page(session, person, f"c{SOMEBODY}.crowd", None, 50)).items


async def _pending(session: AsyncSession, person: Person) -> object:
    view = await listing.view_of(session, person.id)
    rows, _ = await newest_first(
        session, listing.to_decide(view), col(AccessRequest.created_at), col(AccessRequest.id),
        None, 50,
    )  # fmt: skip
    return await presentation.heads(session, rows, person)


async def _people(session: AsyncSession, person: Person) -> object:
    return (await list_users(HOME, person, session)).items


async def _permission(session: AsyncSession, person: Person) -> object:
    found = await standing(session, person, HOME)
    return found.may_somewhere(Action.LIST_USERS)


CALLS: dict[str, Call] = {
    "the directory": _directory,
    "a search in it": _search,
    "requests to decide": _pending,
    "people of an account": _people,
    "a permission check": _permission,
}


@asynccontextmanager
async def _crowded(kind: str, crowd: Crowd) -> AsyncIterator[Database]:
    """A database of its own with a crowd in it."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        db = Database(Settings(database_url=url).database)
        try:
            await migrate(db)
            async with db.write() as session:
                await (await session.connection()).run_sync(gather, crowd)
            yield db
        finally:
            await db.dispose()


async def _timed(db: Database, crowd: Crowd, call: Call) -> float:
    async with db.read() as session:
        person = await session.get_one(Person, crowd.address(SOMEBODY))
        started = time.perf_counter()
        found = await call(session, person)
        taken = time.perf_counter() - started
    if not found:
        raise RuntimeError("there was nothing to find, so nothing was measured")
    return taken


async def measure(kind: str, console: Console, big: Crowd = BIG) -> None:
    """Print the ratios for one database."""
    async with _crowded(kind, SMALL) as few, _crowded(kind, big) as many:
        rows = []
        for name, call in CALLS.items():
            base: list[float] = []
            ours: list[float] = []
            for sample in range(SAMPLES + WARM_UP):
                pair = await _timed(few, SMALL, call), await _timed(many, big, call)
                if sample >= WARM_UP:
                    base.append(pair[0])
                    ours.append(pair[1])
            rows.append((name, base, ours, MOST, MOST_P95))
    compare(
        console,
        f"{big.accounts:,} accounts, {big.accounts * big.members:,} memberships on {kind}",
        rows,
        (f"{SMALL.accounts} accounts", f"{big.accounts:,}"),
    )


async def run(_product: Product, console: Console) -> None:
    """Print the ratios for both databases."""
    for kind in DATABASES:
        await measure(kind, console)
