"""The clocks of a case, computed from its thread: first answer, next answer, solution.

All go by open time of the desk's calendar. They stand while the case waits for its requester and
while it is closed, and go on where they stood. What the first answer's clock waits for is the
first thing that the desk says; from then on each word of the requester's starts the clock of the
next answer, unless it runs already; the case's end ends all three, and reopening it lets the
first answer's, if there was none, and the solution's go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.cases.calendars import Calendar
from backend.cases.desk import Desk, DueWarning, Policy
from backend.cases.models import Case, CaseEntry
from backend.cases.schemas import (
    ClockName,
    ClockPublic,
    ClockState,
    ServiceLevelState,
    Status,
)

# While a case waits for its requester, or is closed (and may be reopened), nobody is late.
CLOCK_STOPS = frozenset({Status.CUSTOMER_PENDING, Status.CLOSED})
ANSWERS = frozenset({"reply", "scheduled"})
ASKS = frozenset({"note", "rescheduled"})
# The types of the entries that clocks depend on.
MOVES_CLOCKS = (*sorted(ANSWERS | ASKS), "status", "cancelled")

CLOCK_NAMES = {
    "first_response": "first answer",
    "next_response": "next answer",
    "resolution": "solution",
}


@dataclass
class Clock:
    """One clock: the stretches in which it ran, the last of which may go on."""

    name: ClockName
    calendar: Calendar
    allowed: timedelta
    warning: DueWarning
    stretches: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    ended_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self.stretches[-1][1] is None

    def go(self, at: datetime) -> None:
        """Let it run from then on."""
        if not self.stretches or not self.runs:
            self.stretches.append((at, None))

    def stand(self, at: datetime) -> None:
        """Stop it."""
        if self.runs:
            self.stretches[-1] = (self.stretches[-1][0], at)

    def end(self, at: datetime) -> None:
        """What it waits for was done."""
        self.stand(at)
        self.ended_at = self.ended_at or at

    def used(self, now: datetime) -> timedelta:
        """The open time in which it ran until now."""
        lengths = (self.calendar.between(begin, end or now) for begin, end in self.stretches)
        return sum(lengths, timedelta(0))

    def reaches(self, length: timedelta) -> datetime:
        """The moment at which it has run for `length`, or would have if it went on."""
        for begin, end in self.stretches[:-1]:
            moment = self.calendar.after(begin, length)
            if end and moment < end:
                return moment
            length -= self.calendar.between(begin, end or begin)
        return self.calendar.after(self.stretches[-1][0], length)

    @property
    def due(self) -> datetime:
        """When it breaks, or broke, or would if it went on."""
        return self.reaches(self.allowed)

    @property
    def soon_from(self) -> datetime:
        """From when on it counts as about to break."""
        return self.reaches(self.allowed - self.warning.before(self.allowed))

    def broke(self, now: datetime) -> bool:
        """Whether it ran longer than it may."""
        return self.due < (self.stretches[-1][1] or now)

    def state(self, now: datetime) -> ClockState:
        """Where it stands, in a word."""
        if self.ended_at:
            return "missed" if self.broke(now) else "met"
        if self.broke(now):
            return "overdue"
        if not self.runs:
            return "paused"
        return "soon" if self.soon_from <= now else "running"


@dataclass
class Clocks:
    """The clocks of one case. Of several rounds of next answers the last one is shown."""

    first_response: Clock
    resolution: Clock
    rounds: list[Clock]
    answered_at: datetime | None

    @property
    def next_response(self) -> Clock | None:
        """The clock of what the requester has written last since the desk's first answer."""
        return self.rounds[-1] if self.rounds else None

    @property
    def shown(self) -> list[Clock]:
        """One of each kind that there is."""
        return [self.first_response, *self.rounds[-1:], self.resolution]

    @property
    def running(self) -> list[Clock]:
        """Those that run now, the one that breaks first before the others."""
        return sorted((c for c in self.shown if c.runs), key=lambda one: one.due)

    def broke(self, now: datetime) -> bool:
        """Whether any clock ever broke, an earlier round's included."""
        return any(c.broke(now) for c in (self.first_response, *self.rounds, self.resolution))


def clocks_of(case: Case, entries: Iterable[CaseEntry], desk: Desk) -> Clocks:
    """The clocks of a case by its severity and queue as they are now, from its entries."""
    walk = _Walk(case, desk.policy(case.queue, case.severity), desk.warning)
    for entry in sorted(entries, key=lambda one: one.at):
        walk.take(entry)
    return walk.clocks


class _Walk:
    """Goes through a thread once, oldest entry first."""

    def __init__(self, case: Case, policy: Policy, warning: DueWarning) -> None:
        self._policy, self._warning = policy, warning
        self._stands = False
        self.clocks = Clocks(
            first_response=self._clock("first_response", policy.first_response, case.created_at),
            resolution=self._clock("resolution", policy.resolution, case.created_at),
            rounds=[],
            answered_at=None,
        )

    def _clock(self, name: ClockName, allowed: timedelta, at: datetime) -> Clock:
        return Clock(name, self._policy.calendar, allowed, self._warning, [(at, None)])

    def take(self, entry: CaseEntry) -> None:
        """What one entry does to the clocks."""
        if entry.internal:
            return
        if entry.type == "status":
            self._status(entry.details.get("status"), entry.at)
        elif entry.type == "cancelled":
            self._end(entry.at)
        elif entry.type in ANSWERS:
            self._answered(entry.at)
        elif entry.type in ASKS:
            self._asked(entry.at)

    def _status(self, status: object, at: datetime) -> None:
        if status == Status.CLOSED:
            self._end(at)
        elif status in CLOCK_STOPS:
            self._stands = True
            for clock in self.clocks.shown:
                clock.stand(at)
        else:
            self._go_on(at)

    def _end(self, at: datetime) -> None:
        self._stands = True
        for clock in self.clocks.shown:
            clock.end(at)

    def _go_on(self, at: datetime) -> None:
        """Out of waiting, or reopened: the solution is owed again, and a first answer if there
        was none; what was asked before the end was dealt with by it.
        """
        self._stands = False
        self.clocks.resolution.ended_at = None
        if self.clocks.answered_at is None:
            self.clocks.first_response.ended_at = None
        for clock in self.clocks.shown:
            if clock.ended_at is None:
                clock.go(at)

    def _answered(self, at: datetime) -> None:
        self.clocks.answered_at = self.clocks.answered_at or at
        for clock in (self.clocks.first_response, *self.clocks.rounds[-1:]):
            clock.end(at)

    def _asked(self, at: datetime) -> None:
        latest = self.clocks.next_response
        if self.clocks.answered_at is None or (latest and latest.ended_at is None):
            return
        clock = self._clock("next_response", self._policy.next_response, at)
        if self._stands:
            clock.stand(at)
        self.clocks.rounds.append(clock)


def shown_clocks(clocks: Clocks, now: datetime) -> ServiceLevelState:
    """The clocks as people read them."""
    running = clocks.running
    return ServiceLevelState(
        first_response_due=clocks.first_response.due,
        first_response_at=clocks.answered_at,
        next_response_due=clocks.next_response.due if clocks.next_response else None,
        resolution_due=clocks.resolution.due,
        state=_state(clocks, now),
        due=running[0].due if running else None,
        due_clock=running[0].name if running else None,
        clocks=[_shown(one, now) for one in clocks.shown],
    )


def _shown(one: Clock, now: datetime) -> ClockPublic:
    left = one.allowed - one.used(one.ended_at or now)
    return ClockPublic(
        name=one.name,
        state=one.state(now),
        due=one.due,
        left_seconds=int(left.total_seconds()),
        ended_at=one.ended_at,
    )


def _state(clocks: Clocks, now: datetime) -> str:
    if clocks.broke(now):
        return "breached"
    if clocks.resolution.ended_at:
        return "met"
    return "running" if clocks.resolution.runs else "paused"


def first_due(clocks: Clocks) -> tuple[datetime | None, ClockName | None]:
    """When the first of the running clocks breaks, and which; nothing when none runs."""
    running = clocks.running
    return (running[0].due, running[0].name) if running else (None, None)


def alerts_of(clocks: Clocks) -> Sequence[tuple[datetime, ClockName, datetime, str]]:
    """Of what the desk is told while the running clocks go on: when, of which clock, its due
    moment, and whether it is about to break (`soon`) or broke (`breached`).
    """
    return [
        alert
        for one in clocks.running
        for alert in (
            (one.soon_from, one.name, one.due, "soon"),
            (one.due, one.name, one.due, "breached"),
        )
    ]
