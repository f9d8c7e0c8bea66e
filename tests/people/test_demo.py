"""What only a demo has: its people, its outbox, and a clock that is moved."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import delete

from backend.core import clock
from backend.core.database import database
from backend.demo.models import DemoClock
from backend.demo.routes import restore_clock
from backend.demo.seed import seed, world
from tests.conftest import Newcomer


@pytest_asyncio.fixture(loop_scope="session")
async def moved_back(app: object) -> AsyncIterator[None]:
    """The demo's clock is as it was, afterwards."""
    yield
    async with database().write() as session:
        await session.exec(delete(DemoClock))
    clock.set_offset(0)


async def advance(client: httpx.AsyncClient, seconds: float) -> datetime:
    answer = await client.post("/api/v1/demo/clock", json={"advance": seconds})
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(answer.json()["now"])


async def test_that_everybody_of_the_demo_world_can_be_tried(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/api/v1/demo/people")).json()["items"]
    emails = {person["email"] for person in listed}
    assert emails >= {person["email"] for person in world()["people"]}
    assert all(person["name"] and person["organization"] for person in listed)


async def test_that_seeding_twice_changes_nothing(app: object) -> None:
    assert await seed(database()) is False


async def test_that_the_clock_moves_on_and_is_kept_over_a_restart(
    client: httpx.AsyncClient, moved_back: None
) -> None:
    real = datetime.now(UTC)
    there = await advance(client, 3600)
    assert timedelta(minutes=59) < there - real < timedelta(minutes=61)
    further = await advance(client, 3600)
    assert timedelta(minutes=59) < further - there < timedelta(minutes=61)
    clock.set_offset(0)
    await restore_clock()
    assert clock.now() - datetime.now(UTC) > timedelta(minutes=119)


async def test_that_a_moved_clock_counts_for_what_comes(
    client: httpx.AsyncClient, newcomer: Newcomer, moved_back: None
) -> None:
    someone = await newcomer()
    await advance(client, 10 * 24 * 3600)
    case = await someone.post(
        "/cases", json={"category": "other", "title": "Later", "description": "x"}
    )
    opened = datetime.fromisoformat(case.json()["created_at"])
    assert opened - datetime.now(UTC) > timedelta(days=9, hours=23)


@pytest.mark.parametrize("seconds", [-1, 366 * 24 * 3600 + 1, "soon", None, 1e300])
async def test_that_the_clock_goes_neither_back_nor_beyond(
    client: httpx.AsyncClient, seconds: object
) -> None:
    before = clock.now()
    answer = await client.post("/api/v1/demo/clock", json={"advance": seconds})
    assert answer.status_code == 422
    assert clock.now() - before < timedelta(seconds=10)


async def test_that_the_outbox_shows_one_address_or_all_with_links(
    client: httpx.AsyncClient, newcomer: Newcomer, clock_ahead: Callable[..., None]
) -> None:
    clock_ahead(days=3000)  # newer than whatever other tests have had mailed with a moved clock
    someone, other = await newcomer(), await newcomer()
    body = {"category": "other", "title": "A question", "description": "x"}
    for one in (someone, other):
        await one.post("/cases", json=body)
    mine = (await client.get("/api/v1/demo/outbox", params={"to": someone.email})).json()["items"]
    assert [mail["to"] for mail in mine] == [someone.email]
    assert mine[0]["links"]
    assert mine[0]["html"].startswith("<!doctype html>")
    everything = (await client.get("/api/v1/demo/outbox")).json()["items"]
    assert {someone.email, other.email} <= {mail["to"] for mail in everything}
    shouting = await client.get("/api/v1/demo/outbox", params={"to": someone.email.upper()})
    assert shouting.json()["items"] == mine
