"""One matter, one case: a duplicate goes on in another case of the same requester."""

import re
from difflib import SequenceMatcher

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import presentation, service
from backend.cases.linking import both_to_change
from backend.cases.models import Case, Engagement
from backend.cases.page_schemas import Duplicate, MergeCase
from backend.cases.schemas import OPEN, CaseAnswer, Status
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import conflict

# How alike two titles are at least (0 to 1) to be called so; 0.6 is difflib's own "close match".
ALIKE = 0.6
# However many open cases one person has, the newest are compared.
MOST_COMPARED = 200
MOST_SUGGESTED = 5
_WORD = re.compile(r"\w+")
_SAYS_NOTHING = frozenset(
    {"a", "an", "the", "my", "our", "is", "are", "to", "of", "on", "for", "in"}
)


async def merge(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: MergeCase
) -> CaseAnswer:
    """Close this case in favour of another one, which shows its thread from now on.

    The clocks that count are those of the case that goes on. The requester is told once. Merged
    again into the same case, it stays as it is. Answers with the case that goes on.
    """
    case, into = await both_to_change(session, person, number, body.into, "into")
    service.require_desk(person, into)
    if case.merged_into == into.number:
        title = f"{case.number} is part of {into.number} already"
        return await service.answer(session, into, person, service.receipt_for(into, title))
    await _refuse(session, case, into)
    case.status, case.merged_into = Status.CLOSED, into.number
    # Whoever opened it in a chat is answered there.
    into.conversation = into.conversation or case.conversation
    await service.add_entry(session, case, "status", person.id, status=Status.CLOSED)
    await service.add_entry(
        session, case, "merged", person.id, f"Goes on in {into.number}", into=into.number
    )
    await service.add_entry(
        session, into, "merged", person.id, f"{case.number} was merged into this case",
        merged=case.number,
    )  # fmt: skip
    await service.note_event(
        session, "case_merged", case, acting, f"Merged into {into.number}: {into.title}",
        into=into.number, into_title=into.title,
    )  # fmt: skip
    await service.note_event(
        session, "case_took_over", into, acting, f"{case.number} was merged into it: {case.title}",
        merged=case.number,
    )  # fmt: skip
    return await service.answer(
        session, into, person,
        service.receipt_for(
            into, f"{case.number} goes on in {into.number}",
            ("Closed", f"{case.number}: {case.title}"), ("Goes on", f"{into.number}: {into.title}"),
        ),
    )  # fmt: skip


async def _refuse(session: AsyncSession, case: Case, into: Case) -> None:
    """409 for what can't be one case."""
    service.require_open(case, "A case that has ended isn’t merged; link the two instead.")
    if into.requester != case.requester:
        raise conflict(
            "other-requester",
            "These cases are of different people",
            f"Somebody else opened case {into.number}, and would read what {case.number} says.",
            "Link the two cases instead.",
        )
    service.require_open(into, "Reopen that case first, or merge the other way round.")
    engagement = await session.get(Engagement, case.number)
    if engagement and engagement.scheduled_start:
        raise conflict(
            "session-scheduled",
            "A session with a date can’t be merged away",
            f"Case {case.number} has invited people to a session.",
            f"Merge {into.number} into {case.number}, or cancel the session first.",
        )


async def duplicates(session: AsyncSession, person: Person, case: Case) -> list[Duplicate]:
    """Open cases of the same requester that may be about the same: by order number or title."""
    rows = await session.exec(
        select(Case)
        .where(
            Case.requester == case.requester,
            Case.number != case.number,
            col(Case.status).in_(OPEN),
            col(Case.queue).in_(person.desk_queues),
        )
        .order_by(col(Case.created_at).desc())
        .limit(MOST_COMPARED)
    )
    found = [
        (alike, reason, other) for other in rows.all() for alike, reason in _alike(case, other)
    ]
    found.sort(key=lambda one: -one[0])
    likeliest = found[:MOST_SUGGESTED]
    heads = await presentation.heads(session, [other for *_, other in likeliest])
    return [
        Duplicate(case=head, reason=reason)
        for head, (_, reason, _) in zip(heads, likeliest, strict=True)
    ]


def _alike(case: Case, other: Case) -> list[tuple[float, str]]:
    """How alike two cases are and why; empty when they are not."""
    same_order = bool(case.order_number) and case.order_number == other.order_number
    alike = title_likeness(case.title, other.title)
    reasons = [f"same order {case.order_number}"] * same_order
    reasons += ["nearly the same title"] * (alike >= ALIKE)
    return [(same_order + alike, " and ".join(reasons).capitalize())] if reasons else []


def title_likeness(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1: whatever the order, case and small words in them."""
    first, second = (
        sorted(set(_WORD.findall(title.lower())) - _SAYS_NOTHING) for title in (one, other)
    )
    if not first or not second:
        return float(one.strip().lower() == other.strip().lower())
    shared = len(set(first) & set(second)) / len(set(first) | set(second))
    spelled = SequenceMatcher(None, " ".join(first), " ".join(second)).ratio()
    return (shared + spelled) / 2
