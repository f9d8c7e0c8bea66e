"""A world of any number of orders: right in itself, the same every time, and able to grow."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import Database
from backend.core.identity import Person
from backend.core.migrations import migrate
from backend.core.settings import Settings
from backend.demo import many_orders
from backend.demo.many_orders import Company, add_orders, manager, orders
from backend.orders import listing
from backend.orders.delays import refresh
from backend.orders.listing import Filters
from backend.orders.models import License, Order, OrderLine
from backend.orders.presentation import lines_of_each
from backend.orders.visibility import view_of
from tests.conftest import DATABASES, fresh_database

COUNT = 1230


@pytest.fixture(params=DATABASES)
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database that is up to date."""
    with fresh_database(request.param, tmp_path) as url:
        made = Database(Settings(database_url=url).database)
        try:
            await migrate(made)
            yield made
        finally:
            await made.dispose()


async def fill(db: Database, count: int) -> list[int]:
    return [done async for done in add_orders(db, count)]


async def count(db: Database, model: Any) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(model))).one()


async def seen_by(db: Database, email: str) -> dict[str, Any]:
    async with db.read() as session:
        view = await view_of(session, await session.get_one(Person, email))
        return (await listing.summary(session, view)).model_dump(mode="json")


async def test_that_every_order_has_what_it_needs(db: Database) -> None:
    assert await fill(db, COUNT) == [0, COUNT]
    assert await count(db, Order) == COUNT
    assert await count(db, OrderLine) == 3 * COUNT


async def test_that_licences_lie_where_they_would_arrive(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a pending account, and a PAK in none."""
    monkeypatch.setattr(many_orders, "PENDING_EVERY", 4)
    await fill(db, COUNT)
    async with db.read() as session:
        lines = await session.exec(
            select(OrderLine).where(col(OrderLine.delivered_at).is_not(None))
        )
        accounts = {one.id: one.status for one in (await session.exec(select(SmartAccount))).all()}
        there = {
            (one.order_number, one.line) for one in (await session.exec(select(License))).all()
        }
    arrived, waiting = set(), 0
    for line in lines.all():
        if line.smart_enabled and accounts.get(line.smart_account_id or 0) == "active":
            arrived.add((line.order_number, line.number))
        elif line.smart_account_id is not None:
            waiting += 1
    assert there == arrived
    assert waiting > 20


async def test_that_what_lists_filter_by_is_what_refresh_says(db: Database) -> None:
    await fill(db, COUNT)
    late = 0
    async with db.read() as session:
        rows = list((await session.exec(select(Order))).all())
        lines = await lines_of_each(session, [order.number for order in rows])
        for order in rows:
            told = order.unassigned_lines, order.is_held, order.starts_at
            refresh(order, lines[order.number])
            assert told == (order.unassigned_lines, order.is_held, order.starts_at), order.number
            late += order.is_held
    assert 0.1 < late / COUNT < 0.3


async def test_that_a_world_grows_to_what_it_would_have_been(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_orders, "AT_ONCE", 250)
    assert await fill(db, 130) == [0, 130]
    assert await fill(db, 620) == [130, 250, 500, 620]
    assert await fill(db, 620) == [620]
    async with db.read() as session:
        grown = (
            await session.exec(
                select(Order.number, Order.status, Order.is_held).order_by(col(Order.number))
            )
        ).all()
    whole = [order for order, _ in orders(0, 620, clock.now())]
    assert [tuple(row) for row in grown] == [
        (row["number"], row["status"], row["is_held"]) for row in whole
    ]


async def test_that_somebody_sees_the_same_however_big_the_world_is(db: Database) -> None:
    somebody, others = Company(3).contact(0), manager("partner0.many.example")
    await fill(db, 500)
    before, managed = await seen_by(db, somebody), await seen_by(db, others)
    await fill(db, 1500)
    assert await seen_by(db, somebody) == before
    assert 90 < before["total"] <= 100
    assert before["delayed"] > 5
    assert (await seen_by(db, others))["total"] > managed["total"] > 100


def test_that_every_kind_of_order_is_there_and_most_are_well() -> None:
    made = list(orders(0, 5000, clock.now()))
    statuses = Counter(order["status"] for order, _ in made)
    assert set(statuses) == {
        "submitted", "booked", "in_fulfilment", "provision_pending", "provisioned", "closed",
        "cancelled",
    }  # fmt: skip
    assert {order["type"] for order, _ in made} == {"standard", "subscription", "stocking", "ea"}
    assert 0.5 < (statuses["closed"] + statuses["provisioned"]) / 5000 < 0.7
    assert all(order["placed_at"] < clock.now() for order, _ in made)


async def test_that_each_filter_finds_what_the_summary_counts(db: Database) -> None:
    await fill(db, 900)
    for email in (Company(3).contact(0), manager("partner0.many.example")):
        async with db.read() as session:
            view = await view_of(session, await session.get_one(Person, email))
            told = await listing.summary(session, view)
            for standing, number in told.by_assignment.items():
                found, _ = await listing.orders(
                    session, view, Filters(assignment=standing), None, 1000
                )
                assert len(found) == number, standing
            late, _ = await listing.orders(session, view, Filters(delayed=True), None, 1000)
            assert len(late) == told.delayed
            # Words are looked for in what stands on an account, too.
            found, _ = await listing.orders(session, view, Filters(q="Halloway"), None, 1000)
            lines = await lines_of_each(session, [order.number for order in found])
            assert all(any("Halloway" in one.product for one in some) for some in lines.values())
            assert found
