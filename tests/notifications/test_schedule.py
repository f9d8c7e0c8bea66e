"""When summaries are due, in every zone, also in the nights when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.core.fields import ZONES
from backend.notifications.categories import Frequency
from backend.notifications.schedule import last_due, next_due

KINDS = some.sampled_from([Frequency.DAILY, Frequency.WEEKLY])
MOMENTS = some.integers(1_577_836_800, 2_051_222_400).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)  # 2020 to 2035
)
PLACES = some.sampled_from(sorted(ZONES))
HOURS = some.integers(0, 23)


@given(KINDS, MOMENTS, HOURS, PLACES)
def test_that_now_lies_between_the_last_and_the_next(
    kind: Frequency, now: datetime, hour: int, zone: str
) -> None:
    day, last = last_due(kind, now, hour, zone)
    following = next_due(kind, now, hour, zone)
    assert last <= now < following
    local = last.astimezone(ZoneInfo(zone))
    # In a night that skips the hour it comes right afterwards; some zones have skipped a day.
    if local.date() == day:
        assert 0 <= local.hour - hour <= 2 or local.hour == hour
    if kind is Frequency.WEEKLY:
        assert day.weekday() == 0


@given(KINDS, MOMENTS, HOURS, PLACES)
def test_that_one_follows_the_other_without_a_gap(
    kind: Frequency, now: datetime, hour: int, zone: str
) -> None:
    day, _ = last_due(kind, now, hour, zone)
    following = next_due(kind, now, hour, zone)
    then, moment = last_due(kind, following, hour, zone)
    assert moment == following
    assert then - day == timedelta(days=7 if kind is Frequency.WEEKLY else 1)


@pytest.mark.parametrize(
    ("now", "hour", "zone", "moment"),
    [
        ("2026-07-01T05:30+00:00", 7, "Europe/Oslo", "2026-07-01T05:00+00:00"),
        ("2026-12-01T05:30+00:00", 7, "Europe/Oslo", "2026-11-30T06:00+00:00"),
        ("2026-12-01T06:00+00:00", 7, "Europe/Oslo", "2026-12-01T06:00+00:00"),
        # 29 March 2026: 2 o'clock does not exist in Oslo. 25 October: it comes twice.
        ("2026-03-29T12:00+00:00", 2, "Europe/Oslo", "2026-03-29T01:00+00:00"),
        ("2026-10-25T12:00+00:00", 2, "Europe/Oslo", "2026-10-25T00:00+00:00"),
        ("2026-06-01T00:00+00:00", 23, "Pacific/Kiritimati", "2026-05-31T09:00+00:00"),
    ],
)
def test_that_the_hour_is_that_of_the_clock_on_the_wall(
    now: str, hour: int, zone: str, moment: str
) -> None:
    _, last = last_due(Frequency.DAILY, datetime.fromisoformat(now), hour, zone)
    assert last == datetime.fromisoformat(moment)


def test_that_the_weekly_one_is_mondays() -> None:
    day, moment = last_due(
        Frequency.WEEKLY, datetime(2026, 11, 23, 6, 59, tzinfo=UTC), 8, "Europe/Oslo"
    )
    assert (day.isoformat(), moment.isoformat()) == ("2026-11-16", "2026-11-16T07:00:00+00:00")
