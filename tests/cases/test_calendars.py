"""Open time as arithmetic: said a second time by counting minutes."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.cases.calendars import WEEKDAYS, Calendar

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"]

moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2027, 1, 1, tzinfo=UTC) + minutes * MINUTE
)
lengths = st.integers(1, 6000).map(lambda minutes: minutes * MINUTE)


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> list[str]:
    """One or two stretches; within the hours in which clocks change, whole hours only."""
    marks = sorted(draw(st.lists(st.integers(0, 24), min_size=2, max_size=4, unique=True)))
    odd = draw(st.sampled_from([0, 15, 30]))
    told = [f"{hour:02}:{odd if 5 <= hour < 24 else 0:02}" for hour in marks]
    return [f"{a}-{b}" for a, b in zip(told[::2], told[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    return Calendar.model_validate({
        "time_zone": draw(st.sampled_from(ZONES)),
        "week": {day: draw(hours_of_a_day()) for day in days},
        "holidays": draw(st.lists(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=20)),
        **draw(st.sampled_from([{}, {"country": "DE", "subdivision": "BE"}, {"country": "US"}])),
    })  # fmt: skip


PUBLIC = {
    "DE": {date(2027, 1, 1), date(2027, 5, 1), date(2027, 10, 3), date(2027, 12, 25)},
    "US": {date(2027, 1, 1), date(2027, 7, 4), date(2027, 11, 25), date(2027, 12, 25)},
}


def is_open(calendar: Calendar, moment: datetime) -> bool:
    """By the local date and the hands of the clock alone."""
    here = moment.astimezone(ZoneInfo(calendar.time_zone))
    if here.date() in calendar.holidays or _is_public(calendar, here.date()):
        return False
    since_midnight = timedelta(hours=here.hour, minutes=here.minute, seconds=here.second)
    spans = calendar.week.get(here.weekday(), ())
    return any(begin <= since_midnight < end for begin, end in spans)


def _is_public(calendar: Calendar, day: date) -> bool:
    return calendar.country is not None and day in _public(calendar.country, calendar.subdivision)


@lru_cache
def _public(country: str, subdivision: str | None) -> Any:
    return holidays.country_holidays(country, subdiv=subdivision, years=range(2026, 2029))


@given(calendars(), moments, lengths)
def test_that_a_due_moment_is_at_the_end_of_an_open_minute(
    calendar: Calendar, moment: datetime, length: timedelta
) -> None:
    due = calendar.after(moment, length)
    assert due > moment
    assert is_open(calendar, due - MINUTE)


@given(calendars(), moments, lengths)
def test_that_between_now_and_due_lies_exactly_the_length(
    calendar: Calendar, moment: datetime, length: timedelta
) -> None:
    assert calendar.between(moment, calendar.after(moment, length)) == length


@settings(deadline=None, max_examples=60)
@given(calendars(), moments, st.integers(0, 2 * 24 * 60))
def test_that_open_time_is_what_counting_minutes_gives(
    calendar: Calendar, moment: datetime, minutes: int
) -> None:
    counted = sum(is_open(calendar, moment + i * MINUTE) for i in range(minutes))
    assert calendar.between(moment, moment + minutes * MINUTE) == counted * MINUTE


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/Berlin", ["2027-03-27T12:00", "2027-10-30T12:00"]),
        ("America/Los_Angeles", ["2027-03-13T12:00", "2027-11-06T12:00"]),
        ("Australia/Lord_Howe", ["2027-04-03T02:00", "2027-10-02T02:00"]),
    ],
)
def test_that_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    zone: str, changes: list[str]
) -> None:
    calendar = Calendar.model_validate(
        {"time_zone": zone, "week": {"mon-sun": ["00:00-03:00", "08:30-24:00"]}}
    )
    for change in changes:
        begin = datetime.fromisoformat(change).replace(tzinfo=UTC)
        counted = sum(is_open(calendar, begin + i * MINUTE) for i in range(36 * 60))
        assert calendar.between(begin, begin + 36 * HOUR) == counted * MINUTE
        assert counted * MINUTE != 29 * HOUR, "no clock changes here"


def test_that_opening_in_the_hour_that_the_clocks_skip_is_opening_after_it() -> None:
    calendar = Calendar.model_validate(
        {"time_zone": "Europe/Berlin", "week": {"sun": ["02:10-02:50", "02:55-05:00"]}}
    )
    spring = datetime(2027, 3, 28, tzinfo=UTC)
    assert calendar.after(spring, timedelta(0)) == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert calendar.between(spring, spring + 6 * HOUR) == 2 * HOUR


@given(calendars(), moments, lengths, lengths)
def test_that_lengths_add_up(
    calendar: Calendar, moment: datetime, one: timedelta, other: timedelta
) -> None:
    both = calendar.after(calendar.after(moment, one), other)
    assert both == calendar.after(moment, one + other)


@given(calendars(), moments, st.integers(0, 10_000), lengths)
def test_that_what_begins_later_is_not_due_earlier(
    calendar: Calendar, moment: datetime, later: int, length: timedelta
) -> None:
    assert calendar.after(moment, length) <= calendar.after(moment + later * MINUTE, length)


@given(moments, lengths)
def test_that_round_the_clock_every_minute_counts(moment: datetime, length: timedelta) -> None:
    always = Calendar(always=True)
    assert always.after(moment, length) == moment + length
    assert always.between(moment, moment + length) == length
    assert always.between(moment + length, moment) == timedelta(0)


@pytest.mark.parametrize(("country", "days"), PUBLIC.items())
def test_that_a_countrys_public_holidays_do_not_count(country: str, days: set[date]) -> None:
    calendar = Calendar.model_validate({"week": {"mon-sun": "08:00-17:00"}, "country": country})
    for day in days:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert calendar.between(midnight, midnight + 24 * HOUR) == timedelta(0)


def test_that_a_holiday_is_one_where_the_desk_is() -> None:
    """On 25 December in Tokyo it is still the 24th in most of the world."""
    tokyo = Calendar.model_validate({
        "time_zone": "Asia/Tokyo", "week": {"mon-fri": "08:00-10:00"}, "holidays": ["2028-12-25"],
    })  # fmt: skip
    assert tokyo.after(datetime(2028, 12, 24, 12, tzinfo=UTC), HOUR) == datetime(
        2028, 12, 26, 0, tzinfo=UTC
    )


def test_that_the_short_form_says_the_same_hours_on_some_days() -> None:
    short = {"time_zone": "UTC", "days": [0, 2], "from": 8, "to": 17}
    long = {"week": {"mon": "08:00-17:00", "wed": ["08:00-17:00"]}}
    assert Calendar.model_validate(short) == Calendar.model_validate(long)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"always": True, "week": {"mon": "08:00-17:00"}},
        {"days": [], "from": 8, "to": 17},
        {"days": [7], "from": 8, "to": 17},
        {"days": [0], "from": 17, "to": 8},
        {"days": [0]},
        {"week": {"monday": "08:00-17:00"}},
        {"week": {"mon": "8-17"}},
        {"week": {"mon": ["08:00-12:00", "11:00-17:00"]}},
        {"week": {"mon": "08:00-25:00"}},
        {"week": {"mon": []}},
        {"week": {"mon": "08:00-17:00"}, "time_zone": "Europe/Nowhere"},
        {"week": {"mon": "08:00-17:00"}, "country": "XX"},
        {"week": {"mon": "08:00-17:00"}, "country": "DE", "subdivision": "XX"},
        {"week": {"mon": "08:00-17:00"}, "holidays": ["tomorrow"]},
        {"week": {"mon": "08:00-17:00"}, "closed": True},
    ],
    ids=str,
)
def test_that_a_calendar_which_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate(told)
