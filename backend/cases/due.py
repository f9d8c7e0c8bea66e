"""The due moments in `Case`: a copy of what follows from the thread, for lists and timers.

`refresh` is the only place that writes them. It runs in the transaction of each write that moves
a clock; a changed policy is applied to all open cases when the process starts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.clocks import MOVES_CLOCKS, Clocks, alerts_of, clocks_of, first_due
from backend.cases.desk import Desk, desk
from backend.cases.models import AppliedPolicy, Case, CaseAlert, CaseEntry
from backend.cases.schemas import OPEN
from backend.core.database import Database, insert_into

# Entries of these types move a clock, or change by which rules they go.
CHANGES_DUE = frozenset({*MOVES_CLOCKS, "opened", "severity", "queue"})
BATCH = 200
POLICY = "service_levels"
log = structlog.get_logger(__name__)


async def refresh(session: AsyncSession, case: Case) -> Clocks:
    """Put the case's due moments right; its clocks."""
    entries = await repository.clock_entries(session, [case.number])
    told = await repository.alerts_of(session, [case.number])
    return _refresh(case, entries.get(case.number, []), told.get(case.number, ()))


def _refresh(case: Case, entries: Iterable[CaseEntry], told: Sequence[CaseAlert]) -> Clocks:
    clocks = clocks_of(case, entries, desk())
    case.due_at, case.due_clock = first_due(clocks)
    case.alert_at = min((at for at, *_ in untold(clocks, told)), default=None)
    return clocks


def untold(clocks: Clocks, told: Iterable[CaseAlert]) -> list[tuple[datetime, str, datetime, str]]:
    """What the desk has still to be told of the running clocks, each thing once. Of a clock that
    broke it is not told any more that it is about to.
    """
    known = {(one.clock_name, one.due_at, one.kind) for one in told}
    over = {(clock, due) for clock, due, kind in known if kind == "breached"}
    return [
        alert
        for alert in alerts_of(clocks)
        if alert[1:] not in known and (alert[1], alert[2]) not in over
    ]


def fingerprint(settings: Desk) -> str:
    """A mark of everything that due moments follow from beside the threads."""
    rules = settings.model_dump_json(
        include={
            "service_levels", "queue_service_levels", "business_hours", "calendars",
            "queue_calendars", "warning",
        }
    )  # fmt: skip
    return hashlib.sha256(f"{version('holidays')} {rules}".encode()).hexdigest()


async def apply_policy(db: Database) -> int:
    """Bring the open cases in line with the desk's rules, if these have changed since; how many.

    Batch by batch, so that nobody waits for long. Of several processes that start at once each
    may do it: the result is the same.
    """
    mark = fingerprint(desk())
    async with db.read() as session:
        applied = await session.get(AppliedPolicy, POLICY)
        if applied is not None and applied.fingerprint == mark:
            return 0
    done, last = 0, ""
    while True:
        async with db.write() as session:
            cases = await _next_open(session, last)
            numbers = [case.number for case in cases]
            entries = await repository.clock_entries(session, numbers)
            told = await repository.alerts_of(session, numbers)
            for case in cases:
                _refresh(case, entries.get(case.number, []), told.get(case.number, ()))
                session.add(case)
            if not cases:
                await session.exec(
                    insert_into(session, AppliedPolicy)
                    .values(name=POLICY, fingerprint=mark)
                    .on_conflict_do_update(index_elements=["name"], set_={"fingerprint": mark})
                )
                break
        done, last = done + len(cases), numbers[-1]
    log.info("service_levels_applied", cases=done)
    return done


async def _next_open(session: AsyncSession, after: str) -> Sequence[Case]:
    """Some open cases, which nobody else changes until this transaction ends."""
    rows = await session.exec(
        select(Case)
        .where(col(Case.status).in_(OPEN), Case.number > after)
        .order_by(col(Case.number))
        .limit(BATCH)
        .with_for_update(key_share=True)
    )
    return rows.all()
