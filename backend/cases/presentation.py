"""Cases as people see them: names beside addresses, clocks, only the thread they may read."""

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.clocks import clocks_of, shown_clocks
from backend.cases.desk import desk
from backend.cases.links import links_of
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


def reads_all(viewer: Person, case: Case) -> bool:
    """Whether somebody reads also what was merged into the case: who reads it by its account's
    policy may not be meant to read what has nothing to do with that account.
    """
    return viewer.id == case.requester or desk_allows(viewer, DeskAction.WORK_CASES, case.queue)


async def whole(session: AsyncSession, case: Case, viewer: Person) -> CasePublic:
    """One case with its thread, as `viewer` may see it."""
    desk_view = desk_allows(viewer, DeskAction.WORK_CASES, case.queue)
    merged = await repository.merged_into(session, case.number) if reads_all(viewer, case) else []
    entries = await repository.entries_of(session, [case.number, *merged], internal=desk_view)
    own = [entry for entry in entries if entry.case_number == case.number]
    known = await people(session, [case.requester, case.assignee, *(e.author for e in entries)])
    domains = await repository.domains(session, [case.smart_account_id])
    found = await repository.engagement_of(session, case.number)
    return CasePublic.model_validate(
        _head(case, known, domains, own)
        | {
            "conversation": case.conversation if desk_view else None,
            "engagement": engagement_public(case, *found) if found else None,
            "merged": merged,
            "links": await links_of(session, case.number, viewer),
            "tags": await repository.tags_of(session, case.number) if desk_view else [],
            "thread": [
                Entry.model_validate(
                    e.model_dump()
                    | {
                        "author": person_ref(e.author, known),
                        "case": e.case_number if e.case_number != case.number else None,
                    }
                )
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
