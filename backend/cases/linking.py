"""The desk links cases that have to do with each other, and takes a link back."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository, service
from backend.cases.desk_models import CaseLink
from backend.cases.links import LINK_NAMES, OTHER_END, stored
from backend.cases.models import Case
from backend.cases.page_schemas import LinkCases
from backend.cases.schemas import CaseAnswer
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import FieldError, conflict, invalid, not_found


async def both_to_change(
    session: AsyncSession, person: Person, number: str, other: str, field: str
) -> tuple[Case, Case]:
    """Two cases of the desk's, locked in the order of their numbers so that nobody waits for us
    while we wait for them. 422 at `field` when the other is not to be seen, or the same.
    """
    case = await service.find(session, person, number)
    service.require_desk(person, case)
    if other == number:
        raise _wrong(field, "same", f"That is case {number} itself. Name another one.")
    found: dict[str, Case] = {}
    for one in sorted((number, other)):
        locked = await repository.readable(session, person, one, lock=True)
        if locked is None:
            raise _wrong(field, "unknown", f"There is no case {other} that you may see.")
        found[one] = locked
    return found[number], found[other]


def _wrong(field: str, code: str, message: str) -> Exception:
    return invalid([FieldError(field=field, code=code, message=message)])


async def link(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: LinkCases
) -> CaseAnswer:
    """Say that this case has to do with another one; said again, it stays as it is."""
    case, other = await both_to_change(session, person, number, body.other, "other")
    place = stored(case.number, body.kind, other.number)
    there = await session.get(CaseLink, (place[0], place[2], place[1]))
    said = f"{LINK_NAMES[body.kind]} {other.number}"
    if there is None:
        await _refuse_circle(session, case, other, body)
        first, kind, second = place
        session.add(CaseLink(case_number=first, other=second, kind=kind, by=person.id))
        await _note(session, person, acting, "case_linked", case, body, other)
    title = f"{said} already" if there else said
    return await service.answer(
        session, case, person, service.receipt_for(case, title, ("Subject", other.title))
    )


async def _refuse_circle(session: AsyncSession, case: Case, other: Case, body: LinkCases) -> None:
    """409 when it is said the other way round already: two cases can't block each other."""
    if body.kind == "related":
        return
    first, kind, second = stored(other.number, body.kind, case.number)
    if await session.get(CaseLink, (first, second, kind)):
        raise conflict(
            "link-the-other-way",
            "It is the other way round already",
            f"Case {other.number} is linked with {case.number} as “{LINK_NAMES[body.kind]}”.",
            "Remove that link first.",
        )


async def _note(
    session: AsyncSession, person: Person, acting: Acting, event: str, case: Case,
    body: LinkCases, other: Case,
) -> None:  # fmt: skip
    """In both threads, each from its own end, and one event."""
    for one, kind, seen in ((case, body.kind, other), (other, OTHER_END[body.kind], case)):
        await service.add_entry(
            session, one, "linked" if event == "case_linked" else "unlinked", person.id,
            f"{LINK_NAMES[kind]} {seen.number}", internal=True, kind=kind, other=seen.number,
        )  # fmt: skip
    verb = "Linked" if event == "case_linked" else "No longer linked"
    await service.note_event(
        session, event, case, acting, f"{verb}: {LINK_NAMES[body.kind]} {other.number}",
        other=other.number, kind=body.kind,
    )  # fmt: skip


async def unlink(
    session: AsyncSession, person: Person, acting: Acting, number: str, other_number: str
) -> CaseAnswer:
    """Take back all links between two cases."""
    case, other = await both_to_change(session, person, number, other_number, "other")
    ends = (case.number, other.number)
    rows = await session.exec(
        select(CaseLink).where(col(CaseLink.case_number).in_(ends), col(CaseLink.other).in_(ends))
    )
    links = rows.all()
    if not links:
        raise not_found(
            f"link between {case.number} and {other.number}",
            "The case shows its links; take one of those.",
        )
    for one in links:
        kinds = {kind: kind for kind in OTHER_END}
        kind = kinds[one.kind]  # type: ignore[index]
        kind = kind if one.case_number == case.number else OTHER_END[kind]
        await session.delete(one)
        body = LinkCases(other=other.number, kind=kind)
        await _note(session, person, acting, "case_unlinked", case, body, other)
    await session.flush()
    return await service.answer(
        session, case, person,
        service.receipt_for(case, f"No longer linked with {other.number}"),
    )  # fmt: skip
