"""Summaries: at the right time, each news once, none missing, whatever dies or races."""

import asyncio
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlmodel import col, select

from backend.core import clock
from backend.core.database import database
from backend.notifications import digests
from backend.notifications.preference_models import Digest
from tests.conftest import ClockAt
from tests.notifications.news import happens, summaries, waiting, write_at
from tests.notifications.test_deciding import choose
from tests.virtual_accounts.world import Someone, World

TUESDAY = datetime(2027, 3, 9, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def admin_of(world: World, hour: int = 7, zone: str = "Europe/Oslo") -> Someone:
    """An administrator whose summaries come at 7 in Oslo: at 6 UTC in winter."""
    admin = await world.someone("sa_admin")
    answer = await admin.http.put(
        "/notification-preferences", json={"hour": hour, "time_zone": zone}
    )
    assert answer.status_code == 200
    return admin


async def test_that_a_daily_summary_comes_at_the_hour_with_what_happened_before(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, text="Uma is now SA User.")
    await happens(world, "licenses_arrived", text="20 × Switch arrived.")
    morning = datetime(2027, 3, 10, 6, 0, tzinfo=UTC)
    await write_at(morning - timedelta(minutes=1))
    assert await summaries(admin.email) == []
    await write_at(morning)
    await write_at(morning + timedelta(minutes=1))
    (text,) = await summaries(admin.email)
    assert text.count("Uma is now SA User.") == 1
    assert text.index("Users:") < text.index("Licences:")
    assert f"{world.name} ({world.domain})" in text
    assert "every day at 07:00 Europe/Oslo time" in text
    assert await waiting(admin.email) == []


async def test_that_nothing_is_written_when_there_are_no_news(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await write_at(TUESDAY + 3 * DAY)
    assert await summaries(admin.email) == []


async def test_that_weekly_news_come_on_monday_and_daily_ones_do_not_wait(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, "virtual_account_created", text="Bergen was created.")
    await happens(world, text="Uma is now SA User.")
    await write_at(TUESDAY + DAY)
    (daily,) = await summaries(admin.email)
    assert "Bergen" not in daily
    await write_at(datetime(2027, 3, 15, 5, 59, tzinfo=UTC))
    assert len(await summaries(admin.email)) == 1
    await write_at(datetime(2027, 3, 15, 6, 0, tzinfo=UTC))
    weekly = (await summaries(admin.email))[-1]
    assert "Bergen was created." in weekly
    assert "Uma" not in weekly
    assert "on Mondays at 07:00" in weekly


async def test_that_what_comes_after_the_hour_waits_for_the_next(
    world: World, clock_at: ClockAt
) -> None:
    clock_at("2027-03-10T06:30")
    admin = await admin_of(world)
    await happens(world, text="First.")
    await write_at(clock.now())
    assert await summaries(admin.email) == []
    await write_at(datetime(2027, 3, 11, 6, 0, tzinfo=UTC))
    assert len(await summaries(admin.email)) == 1


async def test_that_several_processes_write_one(world: World, clock_at: ClockAt) -> None:
    clock_at(TUESDAY)
    admins = [await admin_of(world) for _ in range(5)]
    await happens(world, text="Uma is now SA User.")
    moment = TUESDAY + DAY
    counts = await asyncio.gather(*(write_at(moment) for _ in range(4)))
    assert sum(counts) >= 5
    for admin in admins:
        assert len(await summaries(admin.email)) == 1


async def test_that_one_who_dies_in_the_middle_leaves_nothing_half_done(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, text="Uma is now SA User.")
    for dies_at in ("_mail", "_mark"):
        with (
            patch.object(digests, dies_at, side_effect=RuntimeError("killed")),
            pytest.raises(RuntimeError, match="killed"),
        ):
            await write_at(TUESDAY + DAY)
        assert await summaries(admin.email) == []
        assert len(await waiting(admin.email)) == 1
    await write_at(TUESDAY + DAY)
    assert len(await summaries(admin.email)) == 1
    async with database().read() as session:
        rows = await session.exec(select(Digest).where(col(Digest.reader) == admin.email))
        (digest,) = rows.all()
    assert (digest.kind, digest.period.isoformat(), digest.items) == ("daily", "2027-03-10", 1)


async def test_that_what_was_missed_while_nothing_ran_comes_once_later(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, text="Uma is now SA User.")
    await write_at(TUESDAY + 4 * DAY)
    (text,) = await summaries(admin.email)
    assert text.count("Uma") == 1


async def test_that_another_choice_counts_for_what_waits_already(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    off, weekly, at_once = [await admin_of(world) for _ in range(3)]
    await happens(world, text="Uma is now SA User.")
    await choose(off, users="off")
    await choose(weekly, users="weekly")
    await choose(at_once, users="immediate")
    await write_at(TUESDAY + DAY)
    assert await summaries(off.email) == await summaries(weekly.email) == []
    assert await waiting(off.email) == []
    assert len(await summaries(at_once.email)) == 1
    await write_at(TUESDAY + 7 * DAY)
    assert len(await summaries(weekly.email)) == 1


async def test_that_another_hour_neither_repeats_nor_loses_anything(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, text="First.")
    await write_at(TUESDAY + DAY)
    clock_at(TUESDAY + DAY)
    await happens(world, text="Second.")
    await admin.http.put("/notification-preferences", json={"hour": 18})
    await write_at(TUESDAY + DAY + timedelta(hours=6))
    await write_at(TUESDAY + 2 * DAY + timedelta(hours=6))
    first, second = await summaries(admin.email)
    assert "First." in first
    assert "Second." in second
    assert "First." not in second


async def test_that_the_same_words_stand_once_and_many_are_counted(
    world: World, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    admin = await admin_of(world)
    for number in range(4):
        await happens(world, text=f"Number {number // 2}.")
    with patch.object(digests, "MOST_LINES", 1):
        await write_at(TUESDAY + DAY)
    (text,) = await summaries(admin.email)
    assert text.count("Number") == 1
    assert "… and 1 more, in the event history" in text


async def test_that_people_cannot_write_markup_into_it(world: World, clock_at: ClockAt) -> None:
    from tests.people.outbox import mails_to

    clock_at(TUESDAY)
    admin = await admin_of(world)
    await happens(world, text="<script>alert(1)</script> is now SA User.")
    await write_at(TUESDAY + DAY)
    (mail,) = await mails_to(admin.email, "digest")
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert mail.headers["List-Unsubscribe"].startswith("<http")
