"""What the desk sees beside a case, and giving it to a colleague."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import canned, macros, merging, presence, service, suggestions, work
from backend.cases.page_schemas import (
    CaseDesk,
    CaseEventPublic,
    HandOver,
    PreparedAnswer,
)
from backend.cases.schemas import CaseAnswer, UpdateCase
from backend.core.events import Acting, Event
from backend.core.identity import Person, people, person_ref
from backend.core.problems import FieldError, invalid

MOST_EVENTS = 100


async def beside(session: AsyncSession, person: Person, number: str) -> CaseDesk:
    """Who else looks at it, what may be the same, what is suggested and ready, what was done."""
    case = await service.find(session, person, number)
    service.require_desk(person, case)
    return CaseDesk(
        looking=await presence.others(session, person, case.number),
        duplicates=await merging.duplicates(session, person, case),
        suggestions=await suggestions.suggestions_of(session, case),
        prepared=await prepared_answers(session),
        history=await history(session, case.number),
    )


async def prepared_answers(session: AsyncSession) -> list[PreparedAnswer]:
    """All that can be chosen, replies before macros, each by name."""
    replies = [
        PreparedAnswer(id=one.id or "", kind="reply", name=one.name, steps=[])
        for one in await canned.all_replies(session)
    ]
    of_several = [
        PreparedAnswer(id=key, kind="macro", name=one.name, steps=macros.steps_of(one))
        for key, one in canned.prepared().macros.items()
    ]
    return replies + sorted(of_several, key=lambda one: one.name.lower())


async def history(session: AsyncSession, number: str) -> list[CaseEventPublic]:
    """Who did what to a case, newest first."""
    rows = await session.exec(
        select(Event)
        .where(Event.subject == number)
        .order_by(col(Event.at).desc(), col(Event.id).desc())
        .limit(MOST_EVENTS)
    )
    events = rows.all()
    known = await people(session, [event.actor for event in events])
    return [
        CaseEventPublic.model_validate(
            event.model_dump() | {"actor": person_ref(event.actor, known)}
        )
        for event in events
    ]


async def hand_over(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: HandOver
) -> CaseAnswer:
    """Give a case to a colleague, with what they should know; they are told by mail."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    service.require_open(case, "Reopen it first.")
    changes = await work.change(session, person, acting, case, UpdateCase(assignee=body.to))
    if not changes:
        raise invalid(
            [FieldError(field="to", code="same", message=f"{body.to} has this case already.")]
        )
    if body.note:
        await service.note_internally(session, person, acting, case, body.note)
    await service.note_event(
        session, "case_handed_over", case, acting, f"Handed over to {body.to}",
        to=case.assignee, note=body.note,
    )  # fmt: skip
    return await service.answer(
        session, case, person,
        service.receipt_for(case, "Handed over", ("To", body.to), ("Note", body.note)),
    )  # fmt: skip
