"""Clocks of cases: business hours as arithmetic, and what stops them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.cases.desk import BusinessHours, desk
from backend.cases.models import Case, CaseEntry
from backend.cases.presentation import service_level
from backend.cases.schemas import ServiceLevelState
from tests.conftest import ClockAt

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"]

moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2027, 1, 1, tzinfo=UTC) + minutes * MINUTE
)
lengths = st.integers(1, 6000).map(lambda minutes: minutes * MINUTE)


@st.composite
def opening_hours(draw: st.DrawFn) -> BusinessHours:
    start = draw(st.integers(0, 20))
    return BusinessHours.model_validate({
        "time_zone": draw(st.sampled_from(ZONES)), "from": start,
        "to": draw(st.integers(start + 1, 24)),
        "days": draw(st.lists(st.integers(0, 6), min_size=1, unique=True)),
    })  # fmt: skip


def is_open(hours: BusinessHours, moment: datetime) -> bool:
    here = moment.astimezone(ZoneInfo(hours.time_zone))
    return here.weekday() in hours.days and hours.start <= here.hour < hours.end


@given(opening_hours(), moments, lengths)
def test_that_a_due_moment_is_within_opening_hours(
    hours: BusinessHours, moment: datetime, length: timedelta
) -> None:
    due = hours.after(moment, length)
    assert due > moment
    assert is_open(hours, due - MINUTE)


@given(opening_hours(), moments, lengths)
def test_that_between_now_and_due_lies_exactly_the_length(
    hours: BusinessHours, moment: datetime, length: timedelta
) -> None:
    assert hours.between(moment, hours.after(moment, length)) == length


@given(opening_hours(), moments, st.integers(0, 5 * 24 * 60))
def test_that_open_time_is_what_counting_minutes_gives(
    hours: BusinessHours, moment: datetime, minutes: int
) -> None:
    counted = sum(is_open(hours, moment + i * MINUTE) for i in range(minutes))
    assert hours.between(moment, moment + minutes * MINUTE) == counted * MINUTE


@given(opening_hours(), moments, lengths, lengths)
def test_that_lengths_add_up(
    hours: BusinessHours, moment: datetime, one: timedelta, other: timedelta
) -> None:
    assert hours.after(hours.after(moment, one), other) == hours.after(moment, one + other)


@given(opening_hours(), moments, st.integers(0, 10_000), lengths)
def test_that_what_begins_later_is_not_due_earlier(
    hours: BusinessHours, moment: datetime, later: int, length: timedelta
) -> None:
    assert hours.after(moment, length) <= hours.after(moment + later * MINUTE, length)


# Monday, 8 March 2027; the desk works from 8 to 17 UTC.
FRIDAY_15 = datetime(2027, 3, 5, 15, tzinfo=UTC)
MONDAY_8 = datetime(2027, 3, 8, 8, tzinfo=UTC)


def level(
    severity: int, *entries: tuple[datetime, str, str | None], opened: datetime = MONDAY_8
) -> ServiceLevelState:
    case = Case(
        number="C-1", kind="support", category="other", severity=severity, queue="licensing",
        requester="x", title="x", created_at=opened, status="new",
    )  # fmt: skip
    thread = [
        CaseEntry(case_number="C-1", at=at, type=kind, author="x",
                  details={"status": status} if status else {})
        for at, kind, status in entries
    ]  # fmt: skip
    return service_level(case, thread)


@pytest.mark.parametrize(
    ("severity", "first", "resolution"),
    [
        (1, MONDAY_8 + HOUR, MONDAY_8 + 9 * HOUR),
        (2, MONDAY_8 + 4 * HOUR, MONDAY_8 + 33 * HOUR),
        (3, MONDAY_8 + 9 * HOUR, datetime(2027, 3, 12, 17, tzinfo=UTC)),
        (4, MONDAY_8 + 33 * HOUR, datetime(2027, 3, 19, 17, tzinfo=UTC)),
    ],
)
def test_that_dues_follow_from_the_severity(
    severity: int, first: datetime, resolution: datetime, clock_at: ClockAt
) -> None:
    clock_at(MONDAY_8)
    state = level(severity)
    assert (state.first_response_due, state.resolution_due) == (first, resolution)
    assert state.state == "running"


def test_that_a_weekend_does_not_count(clock_at: ClockAt) -> None:
    clock_at(FRIDAY_15)
    state = level(2, opened=FRIDAY_15)
    assert state.first_response_due == MONDAY_8 + 2 * HOUR


def test_that_an_answer_in_time_keeps_the_first_clock_and_a_late_one_breaks_it(
    clock_at: ClockAt,
) -> None:
    clock_at(MONDAY_8 + 3 * HOUR)
    assert level(2, (MONDAY_8 + HOUR, "reply", None)).state == "running"
    assert level(1, (MONDAY_8 + 2 * HOUR, "reply", None)).state == "breached"
    assert level(1).state == "breached"


def test_that_waiting_for_the_requester_moves_the_solution_by_business_hours(
    clock_at: ClockAt,
) -> None:
    """From Friday 15:00 to Monday 9:00 is three hours of work, not two and a half days."""
    opened = FRIDAY_15 - 7 * HOUR
    clock_at(MONDAY_8 + HOUR)
    answered = (opened + HOUR, "reply", None)
    waits = (FRIDAY_15, "status", "customer_pending")
    goes_on = (MONDAY_8 + HOUR, "status", "in_progress")
    before = level(3, answered, opened=opened).resolution_due
    after = level(3, answered, waits, goes_on, opened=opened).resolution_due
    assert desk().business_hours.between(before, after) == 3 * HOUR
    assert is_open(desk().business_hours, after - MINUTE)


def test_that_a_case_that_waits_is_not_late_however_long_it_waits(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + timedelta(days=100))
    answered = (MONDAY_8 + HOUR, "reply", None)
    waits = (MONDAY_8 + 2 * HOUR, "status", "customer_pending")
    assert level(1, answered, waits).state == "paused"
    assert level(1, answered).state == "breached"


def test_that_a_closed_case_is_met_and_stays_met(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + timedelta(days=100))
    answered = (MONDAY_8 + HOUR, "reply", None)
    assert level(1, answered, (MONDAY_8 + 2 * HOUR, "status", "closed")).state == "met"
    late = (MONDAY_8 + timedelta(days=3), "status", "closed")
    assert level(1, answered, late).state == "breached"


def test_that_a_cancelled_case_is_met(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + timedelta(days=100))
    assert level(1, (MONDAY_8 + MINUTE, "cancelled", None)).state == "met"


def test_that_after_reopening_the_clock_runs_on_without_the_time_it_was_closed(
    clock_at: ClockAt,
) -> None:
    answered = (MONDAY_8 + HOUR, "reply", None)
    closed = (MONDAY_8 + 2 * HOUR, "status", "closed")
    reopened_at = MONDAY_8 + timedelta(days=7)
    reopened: Any = (reopened_at, "status", "in_progress")
    clock_at(reopened_at)
    state = level(1, answered, closed, reopened)
    assert state.state == "running"
    assert state.resolution_due == reopened_at + 7 * HOUR
    clock_at(reopened_at + 8 * HOUR)
    assert level(1, answered, closed, reopened).state == "breached"
