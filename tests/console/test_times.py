"""Times in the words of the desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.console import times
from tests.conftest import ClockAt


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.5, "under a minute"),
        (1, "1 min"),
        (59, "59 min"),
        (60, "1 h"),
        (185, "3 h 5 min"),
        (7 * 60 + 5, "7 h"),
        (24 * 60, "1 d"),
        (30 * 60, "1 d 6 h"),
        (5 * 24 * 60 + 90, "5 d"),
        (-185, "3 h 5 min"),
    ],
)
def test_a_span_has_two_units_at_most(minutes: float, said: str) -> None:
    assert times.span(timedelta(minutes=minutes)) == said


def test_a_moment_is_told_in_its_zone_and_with_another_year(clock_at: ClockAt) -> None:
    clock_at("2026-12-30T12:00")
    assert times.local("2026-12-31T23:30:00Z", "UTC") == "Thu 31 Dec, 23:30"
    assert times.local("2026-12-31T23:30:00Z", "Asia/Tokyo") == "Fri 1 Jan 2027, 08:30"
    assert times.local("2026-12-31T23:30:00Z", None) == "Thu 31 Dec, 23:30"


def test_a_window_over_midnight_names_both_days(clock_at: ClockAt) -> None:
    clock_at("2026-12-01T12:00")
    start, end = "2026-12-03T14:00:00Z", "2026-12-03T16:00:00Z"
    assert times.window(start, end, "Europe/Oslo") == "Thu 3 Dec, 15:00 to 17:00"
    assert times.window(start, end, "Asia/Tokyo") == "Thu 3 Dec, 23:00 to Fri 4 Dec, 01:00"


def test_now_is_just_now(clock_at: ClockAt) -> None:
    clock_at("2026-12-01T12:00")
    assert times.ago("2026-12-01T11:59:30Z") == "just now"
    assert times.ago("2026-12-01T11:50:00Z") == "10 min ago"


def case(status: str = "new", answered: str | None = None, state: str = "running") -> Any:
    return {
        "status": status,
        "created_at": "2026-12-01T08:00:00Z",
        "sla": {
            "first_response_due": "2026-12-01T12:00:00Z",
            "first_response_at": answered,
            "resolution_due": "2026-12-03T12:00:00Z",
            "state": state,
        },
    }


@pytest.mark.parametrize(
    ("at", "shown", "state", "about"),
    [
        ("2026-12-01T09:00", case(), "running", "first_answer"),
        ("2026-12-01T11:00", case(), "soon", "first_answer"),
        ("2026-12-01T12:01", case(), "overdue", "first_answer"),
        ("2026-12-01T12:01", case(answered="2026-12-01T09:00:00Z"), "running", "solution"),
        ("2026-12-03T12:01", case(answered="2026-12-01T09:00:00Z"), "overdue", "solution"),
        ("2026-12-09T12:00", case("customer_pending"), "paused", "first_answer"),
        ("2026-12-09T12:00", case("closed", state="met"), "met", "first_answer"),
        ("2026-12-09T12:00", case("cancelled", state="breached"), "missed", "first_answer"),
    ],
)
def test_what_has_to_happen_next(
    clock_at: ClockAt, at: str, shown: Any, state: str, about: str
) -> None:
    clock_at(at)
    due = times.deadline(shown)
    assert (due.state, due.about) == (state, about)


def test_a_late_first_answer_is_remembered(clock_at: ClockAt) -> None:
    clock_at("2026-12-02T12:00")
    assert times.deadline(case(answered="2026-12-01T13:00:00Z")).first_answer_late
    assert not times.deadline(case(answered="2026-12-01T11:00:00Z")).first_answer_late
    assert times.deadline(case()).due == datetime(2026, 12, 1, 12, tzinfo=UTC)
