"""The rules for preferred times, as functions: days, lengths, zones, and the change of clocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import clock
from backend.training.windows import WindowIn, checked, earliest_day, say_day, say_time

OSLO = ZoneInfo("Europe/Oslo")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ["UTC", "Europe/Oslo", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati",
         "Pacific/Pago_Pago", "Australia/Lord_Howe", "Africa/Cairo"]  # fmt: skip


@contextmanager
def now_is(moment: datetime) -> Iterator[None]:
    clock.set_offset((moment - datetime.now(UTC)).total_seconds())
    try:
        yield
    finally:
        clock.set_offset(0)


@pytest.fixture
def monday() -> Iterator[None]:
    """It is Monday, 8 March 2027, 10:00 UTC."""
    with now_is(datetime(2027, 3, 8, 10, tzinfo=UTC)):
        yield


def window(start: str | datetime, end: str | datetime | None = None) -> WindowIn:
    return WindowIn.model_validate({"start": start, "end": end})


def kept(*windows: WindowIn, zone: ZoneInfo = OSLO) -> list[tuple[datetime, datetime]]:
    return [(w.start, w.end) for w in checked(list(windows), zone)]  # type: ignore[misc]


def refused(*windows: WindowIn, zone: ZoneInfo = OSLO) -> str:
    with pytest.raises(ValueError, match=r"\.$|\)\.$") as wrong:
        checked(list(windows), zone)
    return str(wrong.value)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2027-03-08", "2027-03-11"),  # Monday → Thursday
        ("2027-03-09", "2027-03-12"),  # Tuesday → Friday
        ("2027-03-10", "2027-03-15"),  # Wednesday → Monday
        ("2027-03-11", "2027-03-16"),  # Thursday → Tuesday
        ("2027-03-12", "2027-03-17"),  # Friday → Wednesday
        ("2027-03-13", "2027-03-17"),  # Saturday → Wednesday
        ("2027-03-14", "2027-03-17"),  # Sunday → Wednesday
    ],
)
def test_that_the_earliest_day_is_the_third_working_day_after_today(today: str, first: str) -> None:
    assert earliest_day(date.fromisoformat(today)) == date.fromisoformat(first)
    noon = datetime.fromisoformat(f"{today}T12:00+00:00")
    with now_is(noon):
        assert kept(window(f"{first}T09:00"))
        day_before = date.fromisoformat(first) - DAY
        while day_before.weekday() > 4:
            day_before -= DAY
        said = refused(window(f"{day_before}T09:00"))
    assert f"The earliest possible day is {say_day(date.fromisoformat(first))}." in said


def test_that_today_is_a_day_of_the_persons_zone(monday: None) -> None:
    """While it is still Monday in Oslo, it is Tuesday on Kiritimati and Sunday nowhere."""
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    assert datetime(2027, 3, 8, 10, tzinfo=UTC).astimezone(kiritimati).weekday() == 1
    assert kept(window("2027-03-11T09:00"))
    assert "too soon" in refused(window("2027-03-11T09:00"), zone=kiritimati)
    assert kept(window("2027-03-12T09:00"), zone=kiritimati)


def test_that_the_windows_day_is_a_day_of_the_persons_zone(monday: None) -> None:
    """Wednesday 23:30 in London is Thursday in Oslo, and Saturday begins there earlier too."""
    assert kept(window("2027-03-10T23:30:00+00:00"))
    assert "at the weekend" in refused(window("2027-03-12T23:30:00+00:00"))
    assert kept(window("2027-03-12T23:30:00+00:00"), zone=ZoneInfo("UTC"))


def test_that_a_time_without_a_zone_is_in_the_persons_zone(monday: None) -> None:
    assert kept(window("2027-03-11T15:00")) == kept(window("2027-03-11T14:00Z"))
    assert kept(window("2027-03-11T15:00+09:00"))[0][0] == datetime(2027, 3, 11, 6, tzinfo=UTC)


def test_that_a_window_without_an_end_lasts_one_hour(monday: None) -> None:
    [(start, end)] = kept(window("2027-03-11T15:00"))
    assert end - start == HOUR


@pytest.mark.parametrize("minutes", [30, 31, 60, 479, 480])
def test_that_thirty_minutes_to_eight_hours_are_taken(monday: None, minutes: int) -> None:
    start = datetime(2027, 3, 11, 9, tzinfo=UTC)
    assert kept(window(start, start + minutes * MINUTE)) == [(start, start + minutes * MINUTE)]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "1 minute."), (29, "29 minutes."), (481, "8 hours 1 minute."), (1440, "24 hours.")],
)
def test_that_other_lengths_are_refused_with_the_length(
    monday: None, minutes: int, said: str
) -> None:
    start = datetime(2027, 3, 11, 9, tzinfo=UTC)
    message = refused(window(start, start + minutes * MINUTE))
    assert f"lasts {said}" in message
    assert "between 30 minutes and 8 hours" in message


@pytest.mark.parametrize("end", ["2027-03-11T14:00", "2027-03-11T15:00", "2027-03-10T16:00"])
def test_that_an_end_must_come_after_the_begin(monday: None, end: str) -> None:
    assert "is not after the begin" in refused(window("2027-03-11T15:00", end))


@pytest.mark.parametrize("day", ["2027-03-13", "2027-03-14", "2027-04-17"])
def test_that_weekends_are_refused_with_the_first_day_that_is_possible(
    monday: None, day: str
) -> None:
    said = refused(window(f"{day}T10:00"))
    assert "at the weekend" in said
    assert "Thursday, 11 March 2027" in said


@pytest.mark.parametrize("day", ["2027-03-07", "2026-03-09", "1999-12-31"])
def test_that_the_past_is_refused_as_such(monday: None, day: str) -> None:
    assert "is in the past" in refused(window(f"{day}T10:00"))


def test_that_earlier_today_is_too_soon(monday: None) -> None:
    assert "too soon" in refused(window("2027-03-08T08:00"))


def test_that_180_days_ahead_is_the_last_day() -> None:
    with now_is(datetime(2027, 3, 10, 10, tzinfo=UTC)):  # 180 days later it is a Monday
        last = date(2027, 3, 10) + 180 * DAY
        assert last.weekday() == 0
        assert kept(window(f"{last}T17:00"))
        assert f"The latest possible day is {say_day(last)}" in refused(
            window(f"{last + DAY}T09:00")
        )


def test_that_one_wrong_window_of_three_is_named(monday: None) -> None:
    good, bad = window("2027-03-11T10:00"), window("2027-03-13T10:00")
    assert "Saturday, 13 March 2027" in refused(good, window("2027-03-12T10:00"), bad)


def test_that_the_same_moment_twice_is_refused_also_in_another_zone(monday: None) -> None:
    said = refused(window("2027-03-11T15:00"), window("2027-03-11T09:00-05:00"))
    assert "is named twice" in said


def test_that_the_order_of_preference_is_kept(monday: None) -> None:
    first, second = window("2027-03-12T10:00"), window("2027-03-11T10:00")
    assert kept(first, second) == kept(first) + kept(second)


@pytest.mark.parametrize(
    "start",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-11:00", "9999-12-31T23:30", "0001-01-01"],
)
def test_that_the_ends_of_time_are_refused_like_other_days(monday: None, start: str) -> None:
    assert refused(window(start))


# Clocks change on working days somewhere: Egypt's jump from Thursday's end to Friday 01:00.
CAIRO = ZoneInfo("Africa/Cairo")


def test_that_a_length_is_real_time_when_clocks_jump_ahead() -> None:
    with now_is(datetime(2027, 4, 19, 10, tzinfo=UTC)):
        [(start, end)] = kept(window("2027-04-29T23:30"), zone=CAIRO)
        assert end - start == HOUR
        assert (end.astimezone(CAIRO).hour, end.astimezone(CAIRO).minute) == (1, 30)
        said = refused(window("2027-04-29T23:50", "2027-04-30T01:10"), zone=CAIRO)
        assert "lasts 20 minutes." in said


def test_that_a_length_is_real_time_when_clocks_are_put_back() -> None:
    """The hour before midnight comes twice."""
    with now_is(datetime(2027, 10, 18, 10, tzinfo=UTC)):
        first, second = "2027-10-28T23:10+03:00", "2027-10-28T23:10+02:00"
        [(start, end)] = kept(window(first, second), zone=CAIRO)
        assert end - start == HOUR
        begin = datetime(2027, 10, 28, 20, 0, tzinfo=UTC)
        assert kept(window(begin, begin + 8 * HOUR), zone=CAIRO)
        said = refused(window(begin, begin + 8 * HOUR + MINUTE), zone=CAIRO)
        assert "lasts 8 hours 1 minute." in said


working_times = st.builds(
    datetime.combine,
    st.dates(date(2027, 1, 1), date(2028, 12, 31)),
    st.times().map(lambda t: time(t.hour, t.minute)),
)


@given(
    now=working_times, ahead=st.integers(-10, 200), at=st.integers(0, 1439),
    minutes=st.integers(-60, 600), zone=st.sampled_from(ZONES),
)  # fmt: skip
def test_that_exactly_the_windows_that_keep_every_rule_are_taken(
    now: datetime, ahead: int, at: int, minutes: int, zone: str
) -> None:
    """The rules said a second time, by counting days."""
    now = now.replace(tzinfo=UTC)
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    start = datetime.combine(today + ahead * DAY, time(at // 60, at % 60), place).astimezone(UTC)
    end = start + minutes * MINUTE
    day = start.astimezone(place).date()
    working_days = sum((today + i * DAY).weekday() < 5 for i in range(1, (day - today).days + 1))
    right = (
        30 <= minutes <= 480 and day.weekday() < 5 and working_days >= 3
        and (day - today).days <= 180
    )  # fmt: skip
    with now_is(now):
        if right:
            assert kept(window(start, end), zone=place) == [(start, end)]
        else:
            assert refused(window(start, end), zone=place)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_that_the_earliest_day_is_a_working_day_three_to_five_days_ahead(today: date) -> None:
    first = earliest_day(today)
    assert first.weekday() < 5
    assert 3 <= (first - today).days <= 5
    assert earliest_day(today + DAY) >= first


def test_that_times_are_said_with_weekday_and_month() -> None:
    assert say_time(datetime(2027, 3, 9, 15, 5, tzinfo=OSLO)) == "Tuesday, 9 March 2027, 15:05"
