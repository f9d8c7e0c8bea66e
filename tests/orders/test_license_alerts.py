"""Licences that end: told of once in each window, however often and late somebody looks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from sqlmodel import col, update

from backend.core import clock
from backend.core.database import database
from backend.orders.license_alerts import tell_of_ending_licenses
from backend.orders.models import License
from tests.conftest import SignedIn
from tests.notifications.news import waiting
from tests.orders.making import line_of, make_order
from tests.virtual_accounts.world import World, make_world

Ahead = Callable[..., None]


async def world_with(person: SignedIn, *days: float) -> World:
    """An account with a licence for each of these days until its end."""
    world = await make_world(person)
    for left in days:
        number = await make_order(
            line_of(world.id, world.ids["Lab"], delivered=True, product=f"Product {left:g}")
        )
        async with database().write() as session:
            await session.exec(
                update(License)
                .where(col(License.order_number) == number)
                .values(ends_at=clock.now() + timedelta(days=left))
            )
    return world


async def told(world: World) -> list[str]:
    return [event.text for event in await world.events() if "expir" in event.type]


async def test_that_each_window_is_told_of_once(person: SignedIn, clock_ahead: Ahead) -> None:
    world = await world_with(person, 91)
    left = []
    for _ in range(95):
        before = len(await told(world))
        for _ in range(2):
            await tell_of_ending_licenses()
        if len(await told(world)) > before:
            left.append((await told(world))[-1])
        clock_ahead(days=1)
    assert [one.split("within ")[-1].split(" day")[0] for one in left[:-1]] == [
        "90", "60", "30", "14", "7", "3", "1",
    ]  # fmt: skip
    assert left[-1] == "Licences have expired: 5 × Product 91."


async def test_that_one_that_comes_late_is_told_of_by_the_window_it_is_in(
    person: SignedIn,
) -> None:
    world = await world_with(person, 20, 25, 200, -3, -30)
    admin = await world.someone("sa_admin")
    await asyncio.gather(*(tell_of_ending_licenses() for _ in range(3)))
    assert sorted(await told(world)) == [
        "Licences expire within 30 days: 5 × Product 20 and 1 other.",
        "Licences have expired: 5 × Product -3.",
    ]
    from backend.core import jobs

    assert await jobs.drained(database(), 20)
    assert sorted(await waiting(admin.email)) == sorted(await told(world))


async def test_that_a_renewed_one_is_told_of_anew(person: SignedIn, clock_ahead: Ahead) -> None:
    world = await world_with(person, 0.5)
    await tell_of_ending_licenses()
    async with database().write() as session:
        await session.exec(
            update(License)
            .where(col(License.smart_account_id) == world.id)
            .values(ends_at=clock.now() + timedelta(days=365))
        )
    await tell_of_ending_licenses()
    assert len(await told(world)) == 1
    clock_ahead(days=364, hours=12)
    await tell_of_ending_licenses()
    assert len(await told(world)) == 2
