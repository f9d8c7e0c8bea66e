"""What support agents do with cases: take, change, answer. One function a verb."""

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import canned, repository, service
from backend.cases.desk import desk
from backend.cases.models import Case
from backend.cases.schemas import (
    SEVERITY_NAMES,
    STATUS_NAMES,
    TRANSITIONS,
    CaseAnswer,
    Reply,
    Status,
    UpdateCase,
)
from backend.core.events import Acting
from backend.core.identity import Person, by_address, people, person_ref
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, conflict, invalid

# What an answer should not be written past: words, files and whoever took the case over.
WORTH_READING = frozenset({
    "reply", "note", "attachment", "scheduled", "rescheduled", "status", "cancelled", "assigned",
    "merged",
})  # fmt: skip


async def claim(session: AsyncSession, person: Person, acting: Acting, number: str) -> CaseAnswer:
    """Take a case. Of two agents at once one gets it, the other a 409 with the name."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    service.require_open(case)
    if case.assignee and case.assignee != person.id:
        holder = await session.get_one(Person, case.assignee)
        raise conflict(
            "case-taken",
            "Somebody else has this case",
            f"{holder.name} ({holder.email}) already works on it.",
            "Pick another case, or ask for it to be handed over.",
        )
    if case.assignee is None:
        case.assignee = person.id
        await service.add_entry(session, case, "assigned", person.id, assignee=person.id)
        await _set_status_if_new(session, case, person, Status.ACKNOWLEDGED)
        await service.note_event(session, "case_claimed", case, acting, f"Claimed by {person.name}")
    return await service.answer(
        session,
        case,
        person,
        service.receipt_for(case, "You have this case", ("Subject", case.title)),
    )


async def _set_status_if_new(
    session: AsyncSession, case: Case, person: Person, status: Status
) -> None:
    if case.status == Status.NEW:
        case.status = status
        await service.add_entry(session, case, "status", person.id, status=status)


async def update(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: UpdateCase
) -> CaseAnswer:
    """Change status, severity, queue or assignee; each change is an entry and an event."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    changes = await change(session, person, acting, case, body)
    title = "Case updated" if changes else "Nothing to change"
    return await service.answer(session, case, person, service.receipt_for(case, title, *changes))


async def change(
    session: AsyncSession, person: Person, acting: Acting, case: Case, body: UpdateCase
) -> list[tuple[str, str]]:
    """The same to a case that is ours to change; what changed, for a receipt."""
    changes: list[tuple[str, str]] = []
    if body.status and body.status != case.status:
        _refuse_transition(case, body.status)
        case.status = body.status
        changes.append(("Status", STATUS_NAMES[body.status]))
        await service.add_entry(session, case, "status", person.id, status=body.status)
        closed = body.status is Status.CLOSED
        await service.note_event(
            session,
            "case_closed" if closed else "case_status_changed",
            case,
            acting,
            f"Status: {STATUS_NAMES[body.status]}",
        )
    if body.severity and body.severity != case.severity:
        case.severity = body.severity
        changes.append(("Severity", SEVERITY_NAMES[body.severity]))
        await service.add_entry(
            session, case, "severity", person.id, internal=True, severity=body.severity
        )
    if "assignee" in body.model_fields_set:
        changes += await _assign(session, case, person, body.assignee, body.queue)
    if body.queue and body.queue != case.queue:
        changes.append(await _move(session, case, person, body.queue))
    if changes:
        await service.note_event(
            session,
            "case_updated",
            case,
            acting,
            "; ".join(f"{label}: {value}" for label, value in changes),
            changed=[label for label, _ in changes],
        )
    return changes


def _refuse_transition(case: Case, status: Status) -> None:
    if case.merged_into:
        service.require_open(case)
    if status not in TRANSITIONS[Status(case.status)]:
        raise conflict(
            "status",
            "The status can’t change that way",
            f"A case that is {case.status.replace('_', ' ')} can’t become "
            f"{status.replace('_', ' ')}.",
            "Possible now: "
            + (", ".join(sorted(TRANSITIONS[Status(case.status)])) or "nothing; it has ended")
            + ".",
        )


async def _assign(
    session: AsyncSession, case: Case, person: Person, assignee: str | None, queue: str | None
) -> list[tuple[str, str]]:
    """Give the case to the agent with this address, or to nobody; empty when it is so already."""
    agent = None
    if assignee is not None:
        agent = await by_address(session, assignee)
        if agent is None or not desk_allows(agent, DeskAction.WORK_CASES, queue or case.queue):
            raise invalid(
                [
                    FieldError(
                        field="assignee",
                        code="unknown",
                        message=f"{assignee} is not an agent of this queue.",
                    )
                ]
            )
    if case.assignee == (agent.id if agent else None):
        return []
    service.require_open(case)
    case.assignee = agent.id if agent else None
    await service.add_entry(
        session, case, "assigned" if assignee else "released", person.id, assignee=assignee
    )
    return [("Assigned to", assignee or "nobody")]


async def _move(session: AsyncSession, case: Case, person: Person, queue: str) -> tuple[str, str]:
    if queue not in desk().queues:
        raise invalid(
            [
                FieldError(
                    field="queue",
                    code="unknown",
                    message=f"There is no queue {queue}. It is one of: {', '.join(desk().queues)}.",
                )
            ]
        )
    case.queue = queue
    holder = await session.get_one(Person, case.assignee) if case.assignee else None
    if holder and not desk_allows(holder, DeskAction.WORK_CASES, queue):
        case.assignee = None
        await service.add_entry(session, case, "released", person.id)
    await service.add_entry(session, case, "queue", person.id, internal=True, queue=queue)
    return ("Queue", desk().queues[queue])


def _before_answering(case: Case) -> str:
    """What to do first with a case that has ended."""
    if case.status == Status.CLOSED:
        return "Reopen it first: set its status to in progress. Then send the answer."
    return "It was cancelled, which is final: write in another case of the requester’s."


async def reply(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: Reply
) -> CaseAnswer:
    """Answer the requester: in the thread, in the chat it came from, and by mail."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    service.require_open(case, _before_answering(case))
    await refuse_if_changed(session, person, case, body.expected_entry)
    await say(session, person, acting, case, body.text)
    return await service.answer(session, case, person, service.receipt_for(case, "Answer sent"))


async def say(session: AsyncSession, person: Person, acting: Acting, case: Case, said: str) -> None:
    """The answer itself, in a case that is ours to change."""
    service.require_open(case, _before_answering(case))
    canned.refuse_unfilled(said)
    await _set_status_if_new(session, case, person, Status.IN_PROGRESS)
    entry = await service.add_entry(session, case, "reply", person.id, said)
    await service.note_event(
        session,
        "case_replied",
        case,
        acting,
        f"Answered by {person.name}",
        entry=entry.id,
        said=said,
    )


async def refuse_if_changed(
    session: AsyncSession, person: Person, case: Case, expected: str | None
) -> None:
    """409 when somebody else has added to the thread since `expected`, the last entry that the
    person has seen; nothing is checked without one.
    """
    if expected is None:
        return
    entries = await repository.entries_of(session, [case.number], internal=True)
    places = [place for place, entry in enumerate(entries) if entry.id == expected]
    newer = entries[places[0] + 1 :] if places else entries
    others = [entry for entry in newer if entry.author != person.id and entry.type in WORTH_READING]
    if not others:
        return
    known = await people(session, [entry.author for entry in others])
    names = dict.fromkeys(person_ref(entry.author, known).name for entry in others)
    raise conflict(
        "thread-changed",
        "The thread has changed since you read it",
        f"{' and '.join(names)} added to case {case.number} meanwhile.",
        "Read what is new, then send yours again if it still fits.",
    )
