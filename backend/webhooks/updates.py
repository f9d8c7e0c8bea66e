"""The way back: what the case system tells of a case of ours.

Each of its messages counts once, by its own id. How the case stands is taken from the newest
version alone; what was said (a reply, a note) is taken from each message, since it is in no other.

It can't go round in circles: everything that comes from there carries its origin, and what has
that origin is never sent there (`pump._receivers`).
"""

import hashlib
from typing import Any

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service
from backend.cases.models import Case
from backend.cases.schemas import (
    ENDED,
    SEVERITY_NAMES,
    STATUS_NAMES,
    TRANSITIONS,
    Status,
)
from backend.core import clock
from backend.core.database import LOCK, insert_into
from backend.core.events import Acting
from backend.core.problems import Problem, conflict, not_found
from backend.webhooks.mapping import case_system
from backend.webhooks.messages import ORIGIN
from backend.webhooks.models import CaseSystemLink, CaseSystemUpdate
from backend.webhooks.update_schemas import CaseUpdate, UpdateAnswer


def _acting() -> Acting:
    """Who did it: the system by its name, which is no address, so it is nobody of ours."""
    return Acting(person=case_system().name, via="feed")


async def put(session: AsyncSession, number: str, told: CaseUpdate) -> UpdateAnswer:
    """Take an update. 404 `Problem` for a case that we don't have, 409 for what the case's state
    forbids; then nothing of it is taken, and the same message may come again.
    """
    case = await session.get(Case, number, with_for_update=LOCK, populate_existing=True)
    if case is None:
        raise not_found(f"case {number}", "Send the number that we gave as the caller’s ticket id.")
    link = await session.get(CaseSystemLink, number) or CaseSystemLink(case_number=number)
    if not await _is_first(session, case, link, told):
        return _answer(case, link, applied=False, repeated=True)
    newer = told.version > link.version
    if newer:
        link.version = told.version
        session.add(link)
        await _learn(session, case, link, told)
        await _change(session, case, told)
    if told.note is not None:
        await _note(session, case, told.note)
    if told.reply is not None:
        await _reply(session, case, told.reply)
    if newer and told.new_status in ENDED:
        await _set_status(session, case, told.new_status)
    return _answer(case, link, applied=newer, repeated=False)


def _answer(case: Case, link: CaseSystemLink, *, applied: bool, repeated: bool) -> UpdateAnswer:
    return UpdateAnswer.model_validate({
        "case_number": case.number, "reference": link.reference, "version": link.version,
        "applied": applied, "repeated": repeated, "status": case.status,
        "severity": case.severity,
    })  # fmt: skip


async def _is_first(
    session: AsyncSession, case: Case, link: CaseSystemLink, told: CaseUpdate
) -> bool:
    """Insert first, so that of two at once one wins. 422 when an id comes with other content."""
    fingerprint = hashlib.sha256(f"{case.number} {told.model_dump_json()}".encode()).hexdigest()
    claimed = await session.exec(
        insert_into(session, CaseSystemUpdate)
        .values(
            CaseSystemUpdate(
                event_id=told.event_id,
                case_number=case.number,
                fingerprint=fingerprint,
                version=told.version,
                applied=told.version > link.version,
            ).model_dump()
        )
        .on_conflict_do_nothing()
        .returning(col(CaseSystemUpdate.event_id))
    )
    if claimed.first() is not None:
        return True
    before = await session.get_one(CaseSystemUpdate, told.event_id)
    if before.fingerprint != fingerprint:
        raise Problem(
            422, "event-id-reused", "This event_id was used for something else",
            f"{told.event_id} came before with other content, for case {before.case_number}.",
            "Give every message an id of its own.",
        )  # fmt: skip
    return False


async def _event(session: AsyncSession, type_: str, case: Case, text: str, **more: Any) -> None:
    await service.note_event(session, type_, case, _acting(), text, origin=ORIGIN, **more)


async def _learn(session: AsyncSession, case: Case, link: CaseSystemLink, told: CaseUpdate) -> None:
    """Their number, that they have it, and who works on it."""
    name = case_system().name
    if told.engineer is not None:
        link.engineer = told.engineer.model_dump(exclude_none=True)
    if told.acknowledged and link.acknowledged_at is None:
        link.acknowledged_at = clock.now()
    if told.reference is None or told.reference == link.reference:
        return
    link.reference = case.external_reference = told.reference
    entry = await service.add_entry(
        session, case, "reference", name, f"{name} has this case as {told.reference}.",
        reference=told.reference,
    )  # fmt: skip
    await _event(session, "case_known_outside", case, entry.text, entry=entry.id)


async def _change(session: AsyncSession, case: Case, told: CaseUpdate) -> None:
    """Severity and a status that doesn't end the case; what ends it comes after what was said."""
    if told.new_severity is not None and told.new_severity != case.severity:
        _require_not_ended(case, "severity")
        case.severity = told.new_severity
        await service.add_entry(
            session, case, "severity", case_system().name, internal=True, severity=case.severity
        )
        await _event(session, "case_updated", case, f"Severity: {SEVERITY_NAMES[case.severity]}")
    status = told.new_status
    if told.acknowledged and status is None and case.status == Status.NEW:
        status = Status.ACKNOWLEDGED
    if status is not None and status not in ENDED:
        await _set_status(session, case, status)


async def _set_status(session: AsyncSession, case: Case, status: Status | None) -> None:
    if status is None or status == case.status:
        return
    possible = TRANSITIONS[Status(case.status)]
    if status not in possible:
        raise conflict(
            "status",
            "The status can’t change that way",
            f"Case {case.number} is {_words(case.status)} and can’t become {_words(status)}.",
            f"Possible now: {', '.join(_their_words(possible)) or 'nothing; it has ended'}.",
        )
    case.status = status
    await service.add_entry(session, case, "status", case_system().name, status=status)
    type_ = "case_closed" if status is Status.CLOSED else "case_status_changed"
    await _event(session, type_, case, f"Status: {STATUS_NAMES[status]}")


def _words(status: str) -> str:
    return status.replace("_", " ")


def _their_words(possible: frozenset[Status]) -> list[str]:
    return sorted(case_system().statuses[one] for one in possible)


def _require_not_ended(case: Case, what: str) -> None:
    if case.status in ENDED:
        possible = _their_words(TRANSITIONS[Status(case.status)])
        way = f"Set the status to {', '.join(possible)} first" if possible else "It has ended"
        raise conflict(
            "case-ended", "This case has ended",
            f"Case {case.number} is {_words(case.status)}, so its {what} can’t change.",
            f"{way}, or tell us in a note.",
        )  # fmt: skip


async def _note(session: AsyncSession, case: Case, said: str) -> None:
    """For the desk only; also on a case that has ended."""
    name = case_system().name
    entry = await service.add_entry(session, case, "note", name, said, internal=True)
    await _event(session, "case_noted_internally", case, f"Internal note by {name}", entry=entry.id)


async def _reply(session: AsyncSession, case: Case, said: str) -> None:
    """For the requester: in the thread, in the chat it came from, and by mail."""
    name = case_system().name
    _require_not_ended(case, "thread")
    if case.status in {Status.NEW, Status.ACKNOWLEDGED}:
        await _set_status(session, case, Status.IN_PROGRESS)
    entry = await service.add_entry(session, case, "reply", name, said)
    await _event(
        session, "case_replied", case, f"Answered by {name}", entry=entry.id, said=entry.text
    )
