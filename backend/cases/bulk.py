"""One change for many cases, in one transaction: each is changed, or says why not."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service, work
from backend.cases.bulk_schemas import CaseResult, CasesChanged, Change, ChangeCases
from backend.cases.schemas import ENDED, CaseAnswer, Reply, Status, UpdateCase
from backend.cases.views import require_agent
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.receipts import Line, Receipt

MOST_LINES = 12
NAMES = {
    Change.CLAIM: "Claimed", Change.ASSIGN: "Assigned", Change.MOVE: "Moved",
    Change.SEVERITY: "Severity changed", Change.STATUS: "Status changed", Change.CLOSE: "Closed",
}  # fmt: skip


async def change_cases(
    session: AsyncSession, person: Person, acting: Acting, body: ChangeCases
) -> CasesChanged:
    """Change each case under a savepoint of its own. Their rows are locked in the order of their
    numbers, so that two agents with the same cases never wait for each other crosswise.
    """
    require_agent(person)
    found = {
        number: await _one(session, person, acting, number, body)
        for number in sorted(set(body.numbers))
    }
    results = [found[number] for number in dict.fromkeys(body.numbers)]
    counts = Counter(result.status for result in results)
    return CasesChanged(
        results=results, changed=counts["changed"], skipped=counts["skipped"],
        failed=counts["failed"], receipt=_receipt(body.change, results, counts),
    )  # fmt: skip


async def _one(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: ChangeCases
) -> CaseResult:
    try:
        async with session.begin_nested():
            return await _changed(session, person, acting, number, body)
    except Problem as problem:
        told = problem.body
        detail = " ".join(error.message for error in told.errors or ()) or told.detail
        return CaseResult(number=number, status="failed", detail=detail, hint=told.hint or "")


async def _changed(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: ChangeCases
) -> CaseResult:
    case = await service.find_to_change(session, person, number)
    service.require_desk(person, case)
    skip = ""
    if body.change is Change.CLAIM and case.assignee == person.id:
        skip = "You have it already."
    elif body.change is Change.CLOSE and case.status in ENDED:
        skip = f"It is {case.status} already."
    if skip:
        return CaseResult(number=number, status="skipped", detail=skip)
    answer = await _do(session, person, acting, number, body)
    if body.change not in (Change.CLAIM, Change.CLOSE) and not answer.receipt.lines:
        return CaseResult(number=number, status="skipped", detail="It is so already.")
    lines = "; ".join(f"{line.label}: {line.value}" for line in answer.receipt.lines)
    return CaseResult(number=number, status="changed", detail=f"{NAMES[body.change]}. {lines}")


async def _do(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: ChangeCases
) -> CaseAnswer:
    if body.change is Change.CLAIM:
        return await work.claim(session, person, acting, number)
    if body.change is Change.CLOSE:
        if body.reply:
            await work.reply(session, person, acting, number, Reply(text=body.reply))
        closing = UpdateCase(status=Status.CLOSED)
        return await work.update(session, person, acting, number, closing)
    wanted: dict[Change, UpdateCase] = {
        Change.ASSIGN: UpdateCase(assignee=body.assignee),
        Change.MOVE: UpdateCase(queue=body.queue),
        Change.SEVERITY: UpdateCase(severity=body.severity),
        Change.STATUS: UpdateCase(status=body.status),
    }
    return await work.update(session, person, acting, number, wanted[body.change])


def _receipt(change: Change, results: list[CaseResult], counts: Mapping[Any, int]) -> Receipt:
    lines = [
        Line(label=status.capitalize(), value=str(counts[status]))
        for status in ("changed", "skipped", "failed")
        if counts[status]
    ]
    wrong = [one for one in results if one.status != "changed"]
    lines += [Line(label=one.number, value=one.detail) for one in wrong[:MOST_LINES]]
    if len(wrong) > MOST_LINES:
        lines.append(Line(label="And", value=f"{len(wrong) - MOST_LINES} more cases"))
    number = counts["changed"]
    title = f"{NAMES[change]}: {number} case{'' if number == 1 else 's'}"
    return Receipt(title=title, reference=None, lines=lines)
