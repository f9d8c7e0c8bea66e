"""The directory, the requests that wait, an account's people and whether somebody may do
something, among 100 accounts and among 100,000 with a million
memberships, on both databases.

What somebody sees is the same in both crowds; only how much lies around it differs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import listing, presentation
from backend.access.models import AccessRequest
from backend.accounts.standing import standing
from backend.core.database import Database
from backend.core.identity import Person
from backend.core.pagination import newest_first
from backend.core.policy import Action
from backend.directory import service
from backend.users.routes import list_users
from benchmarks.measuring import compare
from benchmarks.worlds import Call, empty, in_turn
from tests.conftest import DATABASES
from tests.crowd import Crowd, gather
from tests.product import Product

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
    async with empty(kind) as db:
        async with db.write() as session:
            await (await session.connection()).run_sync(gather, crowd)
        yield db


async def measure(kind: str, console: Console, big: Crowd = BIG) -> None:
    """Print the ratios for one database."""
    async with _crowded(kind, SMALL) as few, _crowded(kind, big) as many:
        rows = []
        for name, call in CALLS.items():
            base, ours = await in_turn(
                (few, SMALL.address(SOMEBODY)), (many, big.address(SOMEBODY)), call,
                samples=SAMPLES, warm_up=WARM_UP,
            )  # fmt: skip
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
