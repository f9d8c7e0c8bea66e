"""How the desk did in a period. What each figure means exactly: docs/statistics.md.

Everything is counted in SQL but the clocks: those follow from a thread and a calendar, and are
computed for the newest cases of the period only, a few hundred at a time.
"""

from collections import Counter
from datetime import date, datetime

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.clocks import ANSWERS, clocks_of
from backend.cases.desk import desk
from backend.cases.models import Case, CaseEntry
from backend.cases.schemas import OPEN, ClockName
from backend.core import clock
from backend.core.events import Event
from backend.core.identity import Person
from backend.core.periods import Period
from backend.core.waits import percentiles

MOST_CLOCKED = 2000
AT_ONCE = 200
MEDIAN, P90 = 0.5, 0.9


class DeskDay(BaseModel):
    """One day of the period, in its zone."""

    day: date
    opened: int
    closed: int


class QueueCount(BaseModel):
    """A queue of the desk in the period."""

    queue: str
    name: str
    opened: int
    open_now: int


class FirstAnswer(BaseModel):
    """How long requesters waited for the first answer, in seconds, closed hours included."""

    count: int
    median: float | None
    p90: float | None


class ClockCount(BaseModel):
    """How often a service level was kept, by cases opened in the period."""

    clock: ClockName
    met: int
    missed: int = Field(description="Ended too late, or overdue now")
    running: int = Field(description="Neither yet")
    share: float | None = Field(description="Met of met and missed")


class DeskStatistics(BaseModel):
    """Cases of the queues that you work on."""

    since: datetime
    until: datetime
    time_zone: str
    queue: str | None
    opened: int
    closed: int
    open_now: int
    days: list[DeskDay]
    queues: list[QueueCount]
    first_answer: FirstAnswer = Field(description="Of cases opened in the period")
    service_levels: list[ClockCount]
    clocked: int = Field(description="How many of the opened cases the service levels are of")


async def statistics(
    session: AsyncSession, person: Person, period: Period, queue: str | None
) -> DeskStatistics:
    """All figures of a period, of the person's queues or one of them."""
    queues = [q for q in person.desk_queues if queue is None or q == queue]
    mine = col(Case.queue).in_(queues)
    opened = await _by_day(session, period, mine)
    closed = await _closed_by_day(session, period, mine)
    by_queue = await _by_queue(session, mine, period.contains(col(Case.created_at)))
    open_now = await _by_queue(session, mine, col(Case.status).in_(OPEN))
    levels, clocked = await _service_levels(session, period, mine)
    return DeskStatistics(
        since=period.since,
        until=period.until,
        time_zone=period.zone,
        queue=queue,
        opened=sum(opened.values()),
        closed=sum(closed.values()),
        open_now=sum(open_now.values()),
        days=[
            DeskDay(day=day, opened=opened.get(place, 0), closed=closed.get(place, 0))
            for place, day in enumerate(period.dates)
        ],
        queues=[
            QueueCount(
                queue=name, name=title, opened=by_queue.get(name, 0), open_now=open_now.get(name, 0)
            )
            for name, title in desk().queues.items()
            if name in queues
        ],
        first_answer=await _first_answers(session, period, mine),
        service_levels=levels,
        clocked=clocked,
    )


async def _by_day(
    session: AsyncSession, period: Period, mine: ColumnElement[bool]
) -> dict[int, int]:
    days, at = period.as_table(), col(Case.created_at)
    rows = await session.exec(
        select(days.c.place, func.count())
        .select_from(days)
        .join(Case, (at >= days.c.begins) & (at < days.c.ends))
        .where(mine)
        .group_by(days.c.place)
    )
    return dict(rows.all())


async def _closed_by_day(
    session: AsyncSession, period: Period, mine: ColumnElement[bool]
) -> dict[int, int]:
    """By when cases were closed; one that was reopened and closed again counts twice."""
    days, at = period.as_table(), col(Event.at)
    rows = await session.exec(
        select(days.c.place, func.count())
        .select_from(days)
        .join(Event, (at >= days.c.begins) & (at < days.c.ends))
        .join(Case, col(Case.number) == Event.subject)
        .where(Event.type == "case_closed", mine)
        .group_by(days.c.place)
    )
    return dict(rows.all())


async def _by_queue(session: AsyncSession, *which: ColumnElement[bool]) -> dict[str, int]:
    rows = await session.exec(
        select(Case.queue, func.count()).where(*which).group_by(col(Case.queue))
    )
    return dict(rows.all())


async def _first_answers(
    session: AsyncSession, period: Period, mine: ColumnElement[bool]
) -> FirstAnswer:
    first = (
        select(func.min(CaseEntry.at))
        .where(
            CaseEntry.case_number == Case.number,
            col(CaseEntry.type).in_(sorted(ANSWERS)),
            col(CaseEntry.internal).is_(False),
        )
        .correlate(Case)
        .scalar_subquery()
    )
    waits = (
        select(col(Case.created_at).label("asked"), first.label("answered"))
        .where(mine, period.contains(col(Case.created_at)))
        .subquery()
    )
    count, found = await percentiles(session, waits, (MEDIAN, P90))
    median, p90 = found if count else (None, None)
    return FirstAnswer(count=count, median=median, p90=p90)


async def _service_levels(
    session: AsyncSession, period: Period, mine: ColumnElement[bool]
) -> tuple[list[ClockCount], int]:
    """The clocks of the newest cases of the period, and of how many."""
    found: dict[ClockName, Counter[str]] = {
        name: Counter() for name in ("first_response", "next_response", "resolution")
    }
    rows = await session.exec(
        select(Case)
        .where(mine, period.contains(col(Case.created_at)))
        .order_by(col(Case.created_at).desc(), col(Case.number))
        .limit(MOST_CLOCKED)
    )
    cases, now = list(rows.all()), clock.now()
    for start in range(0, len(cases), AT_ONCE):
        batch = cases[start : start + AT_ONCE]
        threads = await repository.clock_entries(session, [one.number for one in batch])
        for one in batch:
            for shown in clocks_of(one, threads.get(one.number, []), desk()).shown:
                found[shown.name][shown.state(now)] += 1
    return [_kept(name, states) for name, states in found.items()], len(cases)


def _kept(name: ClockName, states: Counter[str]) -> ClockCount:
    met, missed = states["met"], states["missed"] + states["overdue"]
    return ClockCount(
        clock=name,
        met=met,
        missed=missed,
        running=states.total() - met - missed,
        share=round(met / (met + missed), 4) if met + missed else None,
    )
