"""Cases as people see them: names beside addresses, clocks, only the thread they may read."""

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.clocks import clocks_of, shown_clocks
from backend.cases.desk import desk
from backend.cases.models import Case, CaseEntry, Engagement, EngagementWindow
from backend.cases.schemas import (
    CaseHead,
    CasePublic,
    EngagementPublic,
    Entry,
    Window,
)
from backend.core import clock
from backend.core.identity import Person, people, person_ref
from backend.core.policy import DeskAction, desk_allows


async def heads(
    session: AsyncSession, cases: Sequence[Case], found: Mapping[str, str] | None = None
) -> list[CaseHead]:
    """A page of a list, with three queries whatever its length. `found` has snippets by number."""
    known = await people(session, [e for case in cases for e in (case.requester, case.assignee)])
    domains = await repository.domains(session, [case.smart_account_id for case in cases])
    clocks = await repository.clock_entries(session, [case.number for case in cases])
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
        "sla": shown_clocks(clocks_of(case, entries, desk()), clock.now()),
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
