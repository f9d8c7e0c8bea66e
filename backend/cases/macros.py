"""Macros: an answer and several changes at once, all of them or none."""

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import canned, repository, service, work
from backend.cases.desk import desk
from backend.cases.desk_models import CaseTag
from backend.cases.models import Case
from backend.cases.page_schemas import MOST_TAGS, RunMacro
from backend.cases.schemas import SEVERITY_NAMES, CaseAnswer, Status, UpdateCase
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import FieldError, invalid, not_found

# What the desk calls a status (the requester reads other words).
STATUS_WORDS = {
    Status.ACKNOWLEDGED: "Acknowledged",
    Status.IN_PROGRESS: "In progress",
    Status.CUSTOMER_PENDING: "Waiting for customer",
    Status.CLOSED: "Closed",
}


def steps_of(macro: canned.Macro) -> list[str]:
    """What a macro does, step by step, for whoever is about to run it."""
    assignees = {"me": "take the case", "nobody": "release the case"}
    steps = [
        macro.reply and f"send “{canned.prepared().replies[macro.reply].name}”",
        macro.note and "add an internal note",
        macro.assignee and assignees[macro.assignee],
        macro.severity and f"set the severity to {SEVERITY_NAMES[macro.severity]}",
        macro.add_tags and f"add {_listed(macro.add_tags)}",
        macro.remove_tags and f"remove {_listed(macro.remove_tags)}",
        macro.status and f"set the status to {STATUS_WORDS.get(macro.status, macro.status)}",
        macro.queue and f"move it to {desk().queues[macro.queue]}",
    ]
    return [step for step in steps if step]


def _listed(tags: list[str]) -> str:
    return ("the tags " if tags[1:] else "the tag ") + ", ".join(tags)


async def run(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: RunMacro
) -> CaseAnswer:
    """Do all that the macro says, in the transaction of this call; refused whole when one step is.

    `body.text` is its answer as the agent has changed it.
    """
    macro = canned.prepared().macros.get(body.macro)
    if macro is None:
        raise not_found(f"macro {body.macro}", "The desk’s page of a case lists them.")
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    await work.refuse_if_changed(session, person, case, body.expected_entry)
    done: list[tuple[str, str | None]] = []
    if macro.assignee:
        assignee = person.email if macro.assignee == "me" else None
        done += await work.change(session, person, acting, case, UpdateCase(assignee=assignee))
    if macro.reply:
        _, text = await canned.text_of(session, person, macro.reply)
        said = await canned.fill(session, case, person, text if body.text is None else body.text)
        await work.say(session, person, acting, case, said)
        done.append(("Answer", said[:200]))
    if macro.note:
        note = await canned.fill(session, case, person, macro.note)
        await service.note_internally(session, person, acting, case, note)
        done.append(("Internal note", note[:200]))
    if macro.severity:
        body_ = UpdateCase(severity=macro.severity)
        done += await work.change(session, person, acting, case, body_)
    tags = set(await repository.tags_of(session, case.number))
    if macro.add_tags or macro.remove_tags:
        wanted = (tags | set(macro.add_tags)) - set(macro.remove_tags)
        done += await put_tags(session, person, acting, case, wanted)
    if macro.status:
        done += await work.change(session, person, acting, case, UpdateCase(status=macro.status))
    if macro.queue:
        # Last: in another queue it may be nobody’s here.
        done += await work.change(session, person, acting, case, UpdateCase(queue=macro.queue))
    await service.note_event(
        session, "case_macro_run", case, acting, f"Macro: {macro.name}", macro=body.macro
    )
    return await service.answer(
        session, case, person, service.receipt_for(case, f"Done: {macro.name}", *done)
    )


async def put_tags(
    session: AsyncSession, person: Person, acting: Acting, case: Case, wanted: set[str]
) -> list[tuple[str, str | None]]:
    """Make these the tags of the case; what changed, for a receipt."""
    before = set(await repository.tags_of(session, case.number))
    if wanted == before:
        return []
    if len(wanted) > MOST_TAGS:
        raise invalid([
            FieldError(
                field="tags", code="too_many",
                message=f"A case has {MOST_TAGS} tags at most; these are {len(wanted)}.",
            )
        ])  # fmt: skip
    await session.exec(
        delete(CaseTag).where(
            col(CaseTag.case_number) == case.number, col(CaseTag.tag).in_(before - wanted)
        )
    )
    session.add_all(CaseTag(case_number=case.number, tag=tag) for tag in sorted(wanted - before))
    said = ", ".join(sorted(wanted)) or "none"
    await service.add_entry(
        session, case, "tags", person.id, said, internal=True,
        added=sorted(wanted - before), removed=sorted(before - wanted),
    )  # fmt: skip
    await service.note_event(session, "case_tagged", case, acting, f"Tags: {said}")
    return [("Tags", said)]


async def set_tags(
    session: AsyncSession, person: Person, acting: Acting, number: str, tags: list[str]
) -> CaseAnswer:
    """Put exactly these tags on a case."""
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    changed = await put_tags(session, person, acting, case, set(tags))
    title = "Tags changed" if changed else "Nothing to change"
    return await service.answer(session, case, person, service.receipt_for(case, title, *changed))
