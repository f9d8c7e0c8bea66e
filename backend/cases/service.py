"""What happens to cases. One function a verb: permission → transition → row → entry → event."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import repository as accounts
from backend.cases import due, presentation, repository
from backend.cases.desk import desk
from backend.cases.invitation import next_invitation
from backend.cases.models import Case, CaseEntry
from backend.cases.schemas import (
    CATEGORY_NAMES,
    ENDED,
    SEVERITY_NAMES,
    STATUS_NAMES,
    CaseAnswer,
    OpenCase,
    Status,
)
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt

PLEASE_CALL = "Please call the support line as well: severity 1 and 2 are worked on by phone."


async def find_to_change(session: AsyncSession, person: Person, number: str) -> Case:
    """Like `find`, and nobody else changes the case until this transaction ends."""
    return await find(session, person, number, lock=True)


async def find(session: AsyncSession, person: Person, number: str, *, lock: bool = False) -> Case:
    """The case, if the person may see it; 404 otherwise, in the same words as for none."""
    case = await repository.readable(session, person, number, lock=lock)
    if case is None:
        raise not_found(
            f"case {number}", "Check the number, or list your cases with GET /api/v1/cases."
        )
    return case


async def add_entry(
    session: AsyncSession,
    case: Case,
    type_: str,
    author: str,
    text: str = "",
    *,
    internal: bool = False,
    touches: bool = True,
    **details: object,
) -> CaseEntry:
    """Append to the thread; its due moments follow, and the case counts as updated unless it
    happened by itself (`touches`).
    """
    entry = CaseEntry(
        case_number=case.number,
        type=type_,
        author=author,
        text=text,
        internal=internal,
        details=details,
    )
    if touches:
        case.updated_at = entry.at
    session.add(entry)
    session.add(case)
    await session.flush()
    if type_ in due.CHANGES_DUE:
        await due.refresh(session, case)
    return entry


async def note_event(
    session: AsyncSession, type_: str, case: Case, acting: Acting, text: str, **details: object
) -> None:
    """Write the event; whatever follows from its type (mail, chat) is enqueued with it."""
    await record(
        session,
        type_,
        acting,
        subject=case.number,
        text=text,
        smart_account_id=case.smart_account_id,
        details={
            "case": case.number,
            "title": case.title,
            "status": case.status,
            "requester": case.requester,
            "conversation": case.conversation,
            **details,
        },
    )


async def answer(
    session: AsyncSession,
    case: Case,
    viewer: Person,
    receipt: Receipt,
    *,
    already_exists: bool = False,
) -> CaseAnswer:
    """The case and the receipt, as every write about cases answers."""
    shown = await presentation.whole(session, case, viewer)
    return CaseAnswer(**shown.model_dump(), receipt=receipt, already_exists=already_exists)


def receipt_for(case: Case, title: str, *lines: tuple[str, str | None]) -> Receipt:
    """A receipt that names the case; lines without a value are left out."""
    return Receipt(
        title=title,
        reference=case.number,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )


async def open_case(
    session: AsyncSession, person: Person, acting: Acting, body: OpenCase
) -> CaseAnswer:
    """Open a case for anything but a training session, routed by the desk's rules."""
    phone = body.phone or person.phone
    if body.severity <= 2 and not phone:
        raise invalid(
            [
                FieldError(
                    field="phone",
                    code="missing",
                    message="Severity 1 and 2 need a phone number, so that the desk can call you.",
                )
            ]
        )
    account = None
    if body.smart_account:
        account = await accounts.by_domain(session, body.smart_account)
        if account is None:
            raise invalid(
                [
                    FieldError(
                        field="smart_account",
                        code="unknown",
                        message=f"There is no Smart Account with the domain {body.smart_account}. "
                        "Check the spelling or leave it out.",
                    )
                ]
            )
    queue = desk().route(
        kind="support", category=body.category, portal=body.portal, severity=body.severity
    )
    case = Case(
        number=await repository.next_number(session),
        kind="support",
        queue=queue,
        requester=person.id,
        conversation=acting.conversation,
        phone=phone,
        smart_account_id=account.id if account else None,
        **body.model_dump(
            include={"category", "portal", "severity", "title", "description", "order_number"}
        ),
    )
    session.add(case)
    await session.flush()
    await add_entry(session, case, "opened", person.id, body.description)
    await note_event(session, "case_opened", case, acting, f"Case opened: {case.title}")
    return await answer(
        session,
        case,
        person,
        receipt_for(
            case,
            "Case opened",
            ("Subject", case.title),
            ("About", CATEGORY_NAMES[body.category]),
            ("Severity", SEVERITY_NAMES[case.severity]),
            ("Order", case.order_number),
            ("Smart Account", account.domain if account else None),
            ("Phone", phone if case.severity <= 2 else None),
            ("Goes to", desk().queues[queue]),
            ("Also", PLEASE_CALL if case.severity <= 2 else None),
        ),
    )


def require_desk(person: Person, case: Case) -> None:
    """403 unless the person works on this case's queue."""
    if not desk_allows(person, DeskAction.WORK_CASES, case.queue):
        raise forbidden(
            f"Only a support agent of the queue “{desk().queues[case.queue]}” can do this.",
            "Add a note to the case instead; the desk reads it.",
        )


def require_requester_or_desk(person: Person, case: Case) -> None:
    """403 unless it is the person's own case or the desk's."""
    if person.id != case.requester and not desk_allows(person, DeskAction.WORK_CASES, case.queue):
        raise forbidden(
            "Only who opened this case, or the support desk, can do this.",
            "Ask the requester, or open a case of your own.",
        )


def require_open(case: Case, hint: str = "Open a new case if you still need help.") -> None:
    """409 for a case that has ended; `hint` says what to do instead."""
    if case.merged_into:
        raise conflict(
            "case-merged",
            "This case goes on in another one",
            f"Case {case.number} was merged into {case.merged_into}.",
            f"Go on in case {case.merged_into}.",
        )
    if case.status in ENDED:
        raise conflict(
            "case-ended",
            "This case has ended",
            f"Case {case.number} is {STATUS_NAMES[Status(case.status)].lower()}.",
            hint,
        )


async def add_note(
    session: AsyncSession, person: Person, acting: Acting, number: str, said: str
) -> CaseAnswer:
    """From the requester: part of the thread, reopens a recently closed case. From the desk:
    internal, never shown to the requester.
    """
    case = await find(session, person, number)
    require_requester_or_desk(person, case)
    if person.id == case.requester:
        # Who answers to a case that was merged means the one that goes on.
        number = await repository.where_it_went(session, case.number)
    case = await find_to_change(session, person, number)
    if person.id != case.requester:
        await note_internally(session, person, acting, case, said)
        return await answer(session, case, person, receipt_for(case, "Internal note added"))
    reopened = await _may_reopen(session, case)
    if case.status in (Status.CLOSED, Status.CUSTOMER_PENDING):
        case.status = Status.IN_PROGRESS
        await add_entry(session, case, "status", person.id, status=Status.IN_PROGRESS)
    entry = await add_entry(session, case, "note", person.id, said)
    await note_event(
        session,
        "case_noted",
        case,
        acting,
        f"Note by {person.name}",
        entry=entry.id,
        reopened=reopened,
    )
    title = "Note added, the case is open again" if reopened else "Note added"
    return await answer(session, case, person, receipt_for(case, title, ("Note", said[:200])))


async def note_internally(
    session: AsyncSession, person: Person, acting: Acting, case: Case, said: str
) -> None:
    """A note that only the desk reads."""
    noted = await add_entry(session, case, "note", person.id, said, internal=True)
    await note_event(
        session,
        "case_noted_internally",
        case,
        acting,
        f"Internal note by {person.name}",
        entry=noted.id,
    )


async def _may_reopen(session: AsyncSession, case: Case) -> bool:
    """True for a case closed recently enough; 409 when it ended for good."""
    if case.status == Status.CANCELLED:
        require_open(case)
    if case.status != Status.CLOSED:
        return False
    closed = await repository.closed_at(session, case.number)
    if clock.now() - closed > timedelta(days=desk().reopen_days):
        raise conflict(
            "case-ended",
            "This case has been closed for too long",
            f"Case {case.number} was closed more than {desk().reopen_days} days ago.",
            "Open a new case and mention the old number.",
        )
    return True


async def cancel(
    session: AsyncSession, person: Person, acting: Acting, number: str, reason: str | None
) -> CaseAnswer:
    """End a case that is no longer needed; an invitation that was sent is withdrawn."""
    case = await find_to_change(session, person, number)
    require_requester_or_desk(person, case)
    require_open(case)
    case.status = Status.CANCELLED
    await add_entry(session, case, "cancelled", person.id, reason or "")
    found = await repository.engagement_of(session, case.number)
    withdrawn = next_invitation(found[0]) if found else None
    await note_event(
        session,
        "case_cancelled",
        case,
        acting,
        f"Cancelled by {person.name}",
        invitation=withdrawn,
        reason=reason,
    )
    return await answer(
        session,
        case,
        person,
        receipt_for(
            case,
            "Case cancelled",
            ("Subject", case.title),
            ("Invitation", "withdrawn" if withdrawn else None),
            ("Reason", reason),
        ),
    )
