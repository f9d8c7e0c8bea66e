"""Cases as people see them: names beside addresses, clocks, only the thread they may read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.desk import desk
from backend.cases.models import Case, CaseEntry, Engagement, EngagementWindow
from backend.cases.schemas import (
    CaseHead,
    CasePublic,
    EngagementPublic,
    Entry,
    ServiceLevelState,
    Status,
    Window,
)
from backend.core import clock
from backend.core.identity import Person, people, person_ref
from backend.core.policy import DeskAction, desk_allows

# While a case waits for its requester, or is closed (and may be reopened), nobody is late.
CLOCK_STOPS = frozenset({Status.CUSTOMER_PENDING, Status.CLOSED})


def service_level(case: Case, entries: Sequence[CaseEntry]) -> ServiceLevelState:
    """The clocks, from the thread: first answer and solution, both in business hours.

    A stretch in which the case waited for its requester or was closed moves the solution's due
    moment by the business hours that it lasted.
    """
    level, hours = desk().service_levels[case.severity], desk().business_hours
    answered = next((e.at for e in entries if e.type in {"reply", "scheduled"}), None)
    stopped = timedelta(0)
    stopped_since: datetime | None = None
    ended: datetime | None = None
    for entry in entries:
        status = entry.details.get("status") if entry.type == "status" else None
        if entry.type == "cancelled" or status == Status.CLOSED:
            ended = entry.at
        elif status:
            ended = None
        if status in CLOCK_STOPS:
            stopped_since = stopped_since or entry.at
        elif status and stopped_since:
            stopped += hours.between(stopped_since, entry.at)
            stopped_since = None
    due = hours.after(case.created_at, timedelta(hours=level.first_response))
    resolution = hours.after(case.created_at, timedelta(hours=level.resolution) + stopped)
    now = clock.now()
    late = (answered or ended or now) > due or (stopped_since or ended or now) > resolution
    state = "running"
    if late:
        state = "breached"
    elif ended:
        state = "met"
    elif stopped_since:
        state = "paused"
    return ServiceLevelState.model_validate(
        {
            "first_response_due": due,
            "first_response_at": answered,
            "resolution_due": resolution,
            "state": state,
        }
    )


async def heads(
    session: AsyncSession, cases: Sequence[Case], found: Mapping[str, str] | None = None
) -> list[CaseHead]:
    """A page of a list, with three queries whatever its length. `found` has snippets by number."""
    known = await people(session, [e for case in cases for e in (case.requester, case.assignee)])
    domains = await repository.domains(session, [case.smart_account_id for case in cases])
    clocks = await repository.answered_and_ended(session, [case.number for case in cases])
    return [
        CaseHead.model_validate(
            _head(case, known, domains, clocks.get(case.number, []))
            | {"found": (found or {}).get(case.number)}
        )
        for case in cases
    ]


def _head(
    case: Case, known: dict[str, Person], domains: dict[int, str], entries: Sequence[CaseEntry]
) -> dict[str, object]:
    return case.model_dump() | {
        "requester": person_ref(case.requester, known),
        "assignee": person_ref(case.assignee, known) if case.assignee else None,
        "smart_account": domains.get(case.smart_account_id or 0),
        "sla": service_level(case, entries),
    }


async def whole(session: AsyncSession, case: Case, viewer: Person) -> CasePublic:
    """One case with its thread, as `viewer` may see it."""
    desk_view = desk_allows(viewer, DeskAction.WORK_CASES, case.queue)
    entries = await repository.entries_of(session, case.number, internal=desk_view)
    known = await people(session, [case.requester, case.assignee, *(e.author for e in entries)])
    domains = await repository.domains(session, [case.smart_account_id])
    found = await repository.engagement_of(session, case.number)
    return CasePublic.model_validate(
        _head(case, known, domains, entries)
        | {
            "conversation": case.conversation if desk_view else None,
            "engagement": engagement_public(case, *found) if found else None,
            "thread": [
                Entry.model_validate(e.model_dump() | {"author": person_ref(e.author, known)})
                for e in entries
            ],
        }
    )


def engagement_public(
    case: Case, engagement: Engagement, windows: Sequence[EngagementWindow]
) -> EngagementPublic:
    """The engagement's own fields."""
    scheduled = None
    if engagement.scheduled_start and engagement.scheduled_end:
        scheduled = {
            "start": engagement.scheduled_start,
            "end": engagement.scheduled_end,
            "trainer": engagement.trainer,
            "meeting_url": engagement.meeting_url,
        }
    return EngagementPublic.model_validate(
        engagement.model_dump()
        | {
            "phone": case.phone,
            "scheduled": scheduled,
            "windows": [Window(start=w.start, end=w.end) for w in windows],
        }
    )
