"""Clocks of cases: what starts, stops and ends them; said a second time by ticking them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.cases.calendars import Calendar
from backend.cases.clocks import Clock, Clocks, clocks_of, shown_clocks
from backend.cases.desk import Desk, DueWarning, desk
from backend.cases.models import Case, CaseEntry
from backend.cases.schemas import ServiceLevelState
from backend.core import clock
from backend.core.settings import settings as product
from tests.conftest import ClockAt

HOUR, MINUTE, NOTHING = timedelta(hours=1), timedelta(minutes=1), timedelta(0)
Said = tuple[datetime, str, str | None]

# Monday, 8 March 2027; the desk works from 8 to 17 UTC.
FRIDAY_15 = datetime(2027, 3, 5, 15, tzinfo=UTC)
MONDAY_8 = datetime(2027, 3, 8, 8, tzinfo=UTC)


def read(severity: int, *entries: Said, opened: datetime = MONDAY_8, desk: Desk) -> Clocks:
    case = Case(
        number="C-1", kind="support", category="other", severity=severity, queue="licensing",
        requester="x", title="x", created_at=opened, status="new",
    )  # fmt: skip
    thread = [
        CaseEntry(case_number="C-1", at=at, type=kind, author="x",
                  details={"status": status} if status else {})
        for at, kind, status in entries
    ]  # fmt: skip
    return clocks_of(case, thread, desk)


def level(severity: int, *entries: Said, opened: datetime = MONDAY_8) -> ServiceLevelState:
    return shown_clocks(read(severity, *entries, opened=opened, desk=desk()), clock.now())


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
    assert (state.due, state.due_clock) == (first, "first_response")
    assert (state.state, state.next_response_due) == ("running", None)


def test_that_a_weekend_counts_for_severity_1_alone(clock_at: ClockAt) -> None:
    clock_at(FRIDAY_15)
    assert level(2, opened=FRIDAY_15).first_response_due == MONDAY_8 + 2 * HOUR
    assert level(1, opened=FRIDAY_15).resolution_due == FRIDAY_15 + 9 * HOUR


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


def test_that_the_first_answer_waits_as_well(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + 8 * HOUR)
    waits = (MONDAY_8 + HOUR, "status", "customer_pending")
    goes_on = (MONDAY_8 + 6 * HOUR, "status", "in_progress")
    assert level(2, waits, goes_on).first_response_due == MONDAY_8 + 9 * HOUR


def test_that_a_case_that_waits_is_not_late_however_long_it_waits(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + timedelta(days=100))
    answered = (MONDAY_8 + HOUR, "reply", None)
    waits = (MONDAY_8 + 2 * HOUR, "status", "customer_pending")
    assert level(1, answered, waits).state == "paused"
    assert level(1, answered, waits).due is None
    assert level(1, answered).state == "breached"


def test_that_a_closed_case_is_met_and_stays_met(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + timedelta(days=100))
    answered = (MONDAY_8 + HOUR, "reply", None)
    closed = level(1, answered, (MONDAY_8 + 2 * HOUR, "status", "closed"))
    assert (closed.state, closed.due, closed.due_clock) == ("met", None, None)
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


def test_that_each_word_of_the_requester_after_the_first_answer_is_owed_an_answer(
    clock_at: ClockAt,
) -> None:
    clock_at(MONDAY_8 + 5 * HOUR)
    before = (MONDAY_8 + MINUTE, "note", None)
    answered = (MONDAY_8 + HOUR, "reply", None)
    asked = (MONDAY_8 + 2 * HOUR, "note", None)
    insisted = (MONDAY_8 + 3 * HOUR, "note", None)
    assert level(2, before).next_response_due is None
    assert level(2, before, answered).next_response_due is None
    state = level(2, answered, asked, insisted)
    assert state.next_response_due == MONDAY_8 + 6 * HOUR
    assert (state.due, state.due_clock) == (MONDAY_8 + 6 * HOUR, "next_response")
    again = level(2, answered, asked, insisted, (MONDAY_8 + 4 * HOUR, "reply", None))
    assert again.due_clock == "resolution"


def test_that_a_next_answer_which_came_late_is_remembered(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + 9 * HOUR)
    answered, asked = (MONDAY_8 + HOUR, "reply", None), (MONDAY_8 + 2 * HOUR, "note", None)
    late = (MONDAY_8 + 7 * HOUR, "reply", None)
    again = (MONDAY_8 + 8 * HOUR, "note", None)
    assert level(2, answered, asked, late, again).state == "breached"


def test_that_what_is_about_to_break_is_told_by_the_longer_of_share_and_time() -> None:
    warning = DueWarning(share=0.25, hours=1)
    assert warning.before(45 * HOUR) == 11.25 * HOUR
    assert warning.before(2 * HOUR) == HOUR
    assert warning.before(HOUR) == 30 * MINUTE, "half of it at most"


def test_that_notes_of_the_desk_move_no_clock(clock_at: ClockAt) -> None:
    clock_at(MONDAY_8 + HOUR)
    case = Case(
        number="C-1", kind="support", category="other", severity=2, queue="licensing",
        requester="x", title="x", created_at=MONDAY_8, status="new",
    )  # fmt: skip
    answered = CaseEntry(case_number="C-1", at=MONDAY_8, type="reply", author="lee")
    inside = CaseEntry(case_number="C-1", at=MONDAY_8, type="note", author="lee", internal=True)
    assert clocks_of(case, [answered, inside], desk()).next_response is None


# --- Policies ---------------------------------------------------------------------------------


def told(**changes: Any) -> dict[str, Any]:
    path: Path = product().data_dir / "support" / "desk.yml"
    file: dict[str, Any] = yaml.safe_load(path.read_text()) | changes
    return file


def test_that_a_queue_may_have_other_service_levels_and_another_calendar() -> None:
    rules = Desk.model_validate(told(
        queue_service_levels={"orders": {3: {"first_response": 2, "resolution": 5}}},
        queue_calendars={"orders": "berlin"},
        calendars={
            "always": {"always": True},
            "berlin": {"time_zone": "Europe/Berlin", "week": {"mon-fri": "09:00-18:00"}},
        },
    ))  # fmt: skip
    orders, others = rules.policy("orders", 3), rules.policy("licensing", 3)
    assert (orders.first_response, orders.next_response) == (2 * HOUR, 2 * HOUR)
    assert others.first_response == 9 * HOUR
    assert orders.calendar.time_zone == "Europe/Berlin"
    assert rules.policy("orders", 4).calendar.time_zone == "Europe/Berlin"
    assert others.calendar == rules.business_hours
    assert rules.policy("orders", 1).calendar.always, "the service level’s own comes first"


def test_that_a_file_without_the_new_settings_is_still_read() -> None:
    old = told(service_levels={n: {"first_response": n, "resolution": 9 * n} for n in range(1, 5)})
    for name in ("queue_service_levels", "warning", "calendars", "queue_calendars"):
        del old[name]
    assert Desk.model_validate(old).policy("orders", 2).resolution == 18 * HOUR


@pytest.mark.parametrize(
    "changes",
    [
        {"service_levels": {1: {"first_response": 1, "resolution": 9}}},
        {"queue_service_levels": {"nowhere": {}}},
        {"queue_calendars": {"nowhere": "always"}},
        {"queue_calendars": {"orders": "nowhere"}},
        {"calendars": {}},
        {"warning": {"share": 2}},
        {"queue_service_levels": {"orders": {3: {"first_response": 0, "resolution": 9}}}},
    ],
    ids=str,
)
def test_that_service_levels_which_leave_a_case_without_clocks_are_refused(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        Desk.model_validate(told(**changes))


# --- In other words: tick by tick -------------------------------------------------------------

TICK = timedelta(minutes=15)
CALENDARS = [
    Calendar(always=True),
    Calendar.model_validate({"week": {"mon-fri": "08:00-17:00"}, "holidays": ["2027-03-27"]}),
    # Over the night in which the clocks there go forward (28 March), and over Easter.
    Calendar.model_validate({
        "time_zone": "Europe/Berlin", "week": {"mon-sun": ["00:00-04:00", "22:00-24:00"]},
        "country": "DE",
    }),
]  # fmt: skip
SATURDAY = datetime(2027, 3, 27, tzinfo=UTC)
VERBS = ("reply", "note", "waits", "goes on", "close", "cancel", "claim")


@dataclass
class Ticking:
    """The rule without a calendar's arithmetic: every quarter of an hour, does it count?"""

    waits: bool = False
    ended: bool = False
    answered: bool = False
    asked: bool = False
    ticks: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("first_response", "next_response", "resolution"), 0)
    )

    def tick(self, *, counts: bool) -> None:
        if not counts or self.waits or self.ended:
            return
        self.ticks["resolution"] += 1
        self.ticks["first_response"] += not self.answered
        self.ticks["next_response"] += self.asked

    def happens(self, verb: str) -> None:
        if verb == "reply":
            self.answered, self.asked = True, False
        elif verb == "note" and self.answered and not self.asked:
            self.asked, self.ticks["next_response"] = True, 0
        elif verb == "waits":
            self.waits = True
        elif verb == "goes on":
            self.waits = self.ended = False
        elif verb in {"close", "cancel"}:
            self.ended, self.asked = True, False


ENTRIES = {
    "reply": ("reply", None), "note": ("note", None), "waits": ("status", "customer_pending"),
    "goes on": ("status", "in_progress"), "close": ("status", "closed"),
    "cancel": ("cancelled", None), "claim": ("assigned", None),
}  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, str]]:
    """What happens to a case, each after so many ticks; only what can happen in that state."""
    steps: list[tuple[int, str]] = []
    ended = False
    for _ in range(draw(st.integers(0, 10))):
        verb = draw(st.sampled_from(("goes on",) if ended else VERBS))
        ended = verb in {"close", "cancel"}
        steps.append((draw(st.integers(0, 60)), verb))
    return steps


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(CALENDARS), histories(), st.integers(0, 100), st.randoms())
def test_that_each_clock_has_run_for_as_many_ticks_as_count(
    calendar: Calendar, history: list[tuple[int, str]], rest: int, order: Any
) -> None:
    rules = Desk.model_validate(
        told() | {"business_hours": calendar.model_dump() | {"week": _as_told(calendar)}}
    )
    model, now, entries = Ticking(), SATURDAY, []
    for ticks, verb in [*history, (rest, "claim")]:
        for _ in range(ticks):
            model.tick(counts=calendar.between(now, now + TICK) == TICK)
            now += TICK
        model.happens(verb)
        entries.append((now, *ENTRIES[verb]))
    clocks = read(2, *entries, opened=SATURDAY, desk=rules)
    for one in clocks.shown:
        ticked = model.ticks[one.name] * TICK
        assert one.used(now) == ticked
        _agrees(one, ticked, now)
    assert clocks.resolution.runs == (not model.waits and not model.ended)
    assert bool(clocks.next_response and not clocks.next_response.ended_at) == model.asked
    shown = shown_clocks(clocks, now)
    if clocks.resolution.runs:
        running = {one.name: one.due for one in clocks.shown if one.runs}
        assert (shown.due, shown.due_clock) == (min(running.values()), shown.due_clock)
        assert running[shown.due_clock or "resolution"] == shown.due
    else:
        assert (shown.due, shown.due_clock) == (None, None)
    # However the rows come out of the database, the thread's order is that of its times.
    moments = [at for at, *_ in entries]
    if len(set(moments)) == len(moments):
        order.shuffle(entries)
        assert shown_clocks(read(2, *entries, opened=SATURDAY, desk=rules), now) == shown


def _agrees(one: Clock, ticked: timedelta, now: datetime) -> None:
    """A clock that has run for longer than it may is broken, and only such a one."""
    assert ticked >= NOTHING
    if ticked > one.allowed:
        assert one.broke(now)
        assert one.due < now
    if one.broke(now):
        assert ticked >= one.allowed
    if one.runs and not one.broke(now):
        assert one.calendar.between(now, one.due) == one.allowed - ticked
        assert one.soon_from <= one.due


def _as_told(calendar: Calendar) -> dict[str, list[str]]:
    """The week of a calendar as a file says it."""
    from backend.cases.calendars import WEEKDAYS

    def clock_face(since_midnight: timedelta) -> str:
        hours, rest = divmod(int(since_midnight.total_seconds()), 3600)
        return f"{hours:02}:{rest // 60:02}"

    return {
        WEEKDAYS[day]: [f"{clock_face(a)}-{clock_face(b)}" for a, b in spans]
        for day, spans in calendar.week.items()
    }
