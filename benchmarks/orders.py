"""The list of orders, filters of it, a search by number, the summary and one order's delays,
among 1,000 orders and among a million with three million lines; then the feed from Commerce.

SQLite is measured with 100,000. What somebody sees is the same hundred orders in both worlds. Last
comes an Order Fulfillment Manager, who sees three in ten of all orders there are: a page of theirs
should cost the same, while counting them cannot.

`BENCHMARK_ORDERS=20000` measures a smaller world, quickly.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database
from backend.core.identity import Person
from backend.demo.many_orders import FIRST, Company, add_orders, manager
from backend.orders import listing, presentation
from backend.orders.listing import Filters
from backend.orders.schemas import AssignmentStatus, OrderStatus
from backend.orders.service import find
from backend.orders.visibility import view_of
from benchmarks import feed
from benchmarks.measuring import compare
from benchmarks.worlds import Call, empty, in_turn
from tests.product import Product

SMALL = 1_000
BIG = {"sqlite": 100_000, "postgresql": 1_000_000}
COMPANY = Company(7)
SOMEBODY, MANAGER = COMPANY.contact(0), manager("partner0.many.example")
SOME_ORDER = str(FIRST + 100 * COMPANY.number + 10)
SAMPLES, WARM_UP = 60, 8
MOST, MOST_P95 = 2.0, 3.0


def _listed(limit: int = 50, **filters: object) -> Call:
    async def call(session: AsyncSession, person: Person) -> object:
        view = await view_of(session, person)
        wanted = Filters(**filters)  # type: ignore[arg-type]
        orders, _ = await listing.orders(session, view, wanted, None, limit)
        return await presentation.heads(session, view, orders)

    return call


async def _summary(session: AsyncSession, person: Person) -> object:
    return (await listing.summary(session, await view_of(session, person))).total


async def _one(session: AsyncSession, person: Person) -> object:
    seen = await find(session, person, SOME_ORDER)
    return await presentation.heads(session, seen.view, [seen.order])


CALLS: dict[str, Call] = {
    "a list": _listed(),
    "those that are delayed": _listed(delayed=True),
    "those that are unassigned": _listed(assignment=AssignmentStatus.UNASSIGNED),
    "a search by number": _listed(q=SOME_ORDER),
    "… by the beginning of one": _listed(q=SOME_ORDER[:-1]),
    "the summary": _summary,
    "why one order waits": _one,
}
# As many as there are of each kind in the small world, too.
PAGE = 10
MANAGED: dict[str, Call] = {
    "a manager's list": _listed(PAGE),
    "… of those that are delayed": _listed(PAGE, delayed=True),
    "… of those that are unassigned": _listed(PAGE, assignment=AssignmentStatus.UNASSIGNED),
    "… of a status that few have": _listed(PAGE, status=OrderStatus.CANCELLED, delayed=False),
    "a manager's search by number": _listed(PAGE, q=SOME_ORDER[:-2]),
}


@asynccontextmanager
async def world(kind: str, orders: int) -> AsyncIterator[Database]:
    """A database of its own with so many orders in it."""
    async with empty(kind) as db:
        async for _ in add_orders(db, orders):
            pass
        yield db


async def measure(kind: str, console: Console, orders: int) -> None:
    """Print the ratios for one database."""
    async with world(kind, SMALL) as few, world(kind, orders) as many:
        for email, calls in ((SOMEBODY, CALLS), (MANAGER, MANAGED)):
            rows = []
            for name, call in calls.items():
                base, ours = await in_turn(
                    (few, email), (many, email), call, samples=SAMPLES, warm_up=WARM_UP
                )
                rows.append((name, base, ours, MOST, MOST_P95))
            counts = [await _count(db, email) for db in (few, many)]
            compare(
                console,
                f"{orders:,} orders, {3 * orders:,} lines on {kind}; "
                f"{email} sees {counts[0]:,} and {counts[1]:,}",
                rows,
                (f"{SMALL:,} orders", f"{orders:,}"),
            )


async def _count(db: Database, email: str) -> int:
    async with db.read() as session:
        view = await view_of(session, await session.get_one(Person, email))
        return (await listing.summary(session, view)).total


async def run(_product: Product, console: Console) -> None:
    """Print the ratios for both databases, and how fast the feed is."""
    wanted = os.environ.get("BENCHMARK_ORDERS")
    for kind, orders in BIG.items():
        await measure(kind, console, int(wanted) if wanted else orders)
    await feed.measure(console)
