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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (-5, "0 min"), (1800, "30 min"), (3600, "1 h"), (45 * 3600 + 60, "45 h 1 min")],
)
def test_open_time_is_not_told_in_days(seconds: int, said: str) -> None:
    assert times.open_time(seconds) == said


FIRST, NEXT, SOLUTION = (
    ("first_response", "2026-12-01T12:00:00Z"),
    ("next_response", "2026-12-02T12:00:00Z"),
    ("resolution", "2026-12-03T12:00:00Z"),
)


def case(
    *clocks: tuple[tuple[str, str], str], due: str | None, status: str = "new",
    state: str = "running",
) -> Any:  # fmt: skip
    """A case whose clocks are in these states; `due` is the one that breaks first."""
    over = {"met", "missed"}
    return {
        "status": status,
        "sla": {
            "state": state,
            "due_clock": due,
            "clocks": [
                {"name": name, "state": how, "due": at, "left_seconds": 5400,
                 "ended_at": at if how in over else None}
                for (name, at), how in clocks
            ],
        },
    }  # fmt: skip


NEW = ((FIRST, "running"), (SOLUTION, "running"))
SOON = ((FIRST, "soon"), (SOLUTION, "running"))
LATE = ((FIRST, "overdue"), (SOLUTION, "running"))
ANSWERED = ((FIRST, "missed"), (SOLUTION, "running"))
ASKED = ((FIRST, "met"), (NEXT, "running"), (SOLUTION, "running"))
WAITS = ((FIRST, "met"), (NEXT, "paused"), (SOLUTION, "paused"))
OVER = ((FIRST, "met"), (SOLUTION, "met"))


@pytest.mark.parametrize(
    ("shown", "state", "about"),
    [
        (case(*NEW, due="first_response"), "running", "first_response"),
        (case(*SOON, due="first_response"), "soon", "first_response"),
        (case(*LATE, due="first_response"), "overdue", "first_response"),
        (case(*ANSWERED, due="resolution"), "running", "resolution"),
        (case(*ASKED, due="next_response"), "running", "next_response"),
        (case(*WAITS, due=None, status="customer_pending"), "paused", "resolution"),
        (case(*OVER, due=None, status="closed", state="met"), "met", "resolution"),
        (case(*OVER, due=None, status="cancelled", state="breached"), "missed", "resolution"),
    ],
)
def test_what_has_to_happen_next(shown: Any, state: str, about: str) -> None:
    due = times.deadline(shown)
    assert (due.state, due.about) == (state, about)


def test_what_is_left_is_counted_to_the_due_moment_and_of_a_stopped_clock_in_open_time(
    clock_at: ClockAt,
) -> None:
    clock_at("2026-12-01T11:00")
    left = times.deadline(case(*NEW, due="first_response")).left
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    stopped = times.deadline(case(*WAITS, due=None, status="customer_pending"))
    assert stopped.left == timedelta(seconds=5400)


def test_a_late_first_answer_is_remembered() -> None:
    assert times.deadline(case(*ANSWERED, due="resolution")).first_answer_late
    assert not times.deadline(case(*ASKED, due="next_response")).first_answer_late
    assert times.deadline(case(*NEW, due="first_response")).due == datetime(
        2026, 12, 1, 12, tzinfo=UTC
    )
