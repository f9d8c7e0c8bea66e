"""Many people at once, in one transaction: each row is added, or says why not."""

from collections import Counter
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import as_member, require_admin_notice
from backend.core.events import Acting, Event, EventPlace, record
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.receipts import Line, Receipt
from backend.users.adding import Book, Outcome, named_places, open_book, say
from backend.users.candidates import NOT_OF_THE_COMPANY
from backend.users.rights import shown
from backend.users.rows import Row, Told
from backend.users.schemas import BulkAnswer, RowResult

MOST_LINES = 12


async def add_users(
    session: AsyncSession, person: Person, acting: Acting, account: str, told: Told
) -> BulkAnswer:
    """Give every row's person the row's role beside those held. A row that can't be is said with
    its reason and keeps no other from being added. Raises a 422 `Problem` for a virtual account
    that there is not, when it was named for all of them.
    """
    rows = told.rows
    found = await as_member(session, person, account, lock=True)
    book = await open_book(session, found, [row.wanted.email for row in rows if row.wanted])
    await require_admin_notice(session, found)
    named_places(book.tree, found, told.places, include_nested=False)
    seen: dict[Any, int] = {}
    results, outcomes = [], []
    for row in rows:
        result, outcome = _one(book, row, seen)
        results.append(result)
        if outcome:
            outcomes.append(outcome)
    await book.roll.write()
    if outcomes:
        await _note(session, book, acting, outcomes, len(rows))
    return _answer(book, results)


def _one(book: Book, row: Row, seen: dict[Any, int]) -> tuple[RowResult, Outcome | None]:
    """What becomes of a row, and the outcome if anything was given."""

    def result(status: Any, detail: str) -> RowResult:
        return RowResult(row=row.number, identifier=row.identifier, status=status, detail=detail)

    if row.wanted is None:
        return result("failed", row.wrong), None
    try:
        outcome = book.add(row.wanted)
    except Problem as problem:
        codes = {error.code for error in problem.body.errors or ()}
        skipped = NOT_OF_THE_COMPANY in codes
        return result("skipped" if skipped else "failed", problem.body.detail), None
    who, role = shown(outcome.person), say(book.tree, outcome.role, outcome.places)
    same = (outcome.person.id, outcome.role, *sorted(outcome.places.items()))
    first = seen.setdefault(same, row.number)
    if outcome.status == "skipped":
        twice = f"The same as row {first}." if first != row.number else ""
        return result("skipped", twice or f"{who} is already {outcome.has}."), None
    also = "" if outcome.status == "added" else "also "
    return result(outcome.status, f"{who} is now {also}{role}."), outcome


async def _note(
    session: AsyncSession, book: Book, acting: Acting, outcomes: list[Outcome], rows: int
) -> None:
    """An event a person, as for one alone, and one of the whole: from that one follow the mails,
    in one job instead of hundreds.
    """
    account = book.found.account
    events = []
    for outcome in outcomes:
        first = outcome.status == "added"
        now = say(book.tree, outcome.role, outcome.places)
        event = Event(
            type="user_added" if first else "user_role_added", actor=acting.person,
            via=acting.via, conversation=acting.conversation, subject=outcome.person.id,
            text=f"{shown(outcome.person)} is {'now' if first else 'now also'} {now}."[:1000],
            smart_account_id=account.id,
            details={"person": outcome.person.id, "now": now, "first": first},
        )  # fmt: skip
        events.append((event, outcome))
    session.add_all(event for event, _ in events)
    await session.flush()
    session.add_all(
        EventPlace(event_id=event.id, virtual_account_id=place)
        for event, outcome in events
        for place in outcome.places
    )
    await record(
        session, "users_added_in_bulk", acting,
        subject=account.domain,
        text=f"{len(outcomes)} of {rows} rows gave somebody a role.",
        smart_account_id=account.id,
        details={"events": [event.id for event, _ in events]},
    )  # fmt: skip


def _answer(book: Book, results: list[RowResult]) -> BulkAnswer:
    counts = Counter(result.status for result in results)
    account = book.found.account
    told = [(status, counts[status]) for status in ("added", "changed", "skipped", "failed")]
    wrong = [result for result in results if result.status in {"skipped", "failed"}]
    lines = [Line(label="Smart Account", value=f"{account.name} ({account.domain})")]
    lines += [Line(label=status.capitalize(), value=str(n)) for status, n in told if n]
    lines += [
        Line(label=f"Row {result.row}", value=f"{result.identifier}: {result.detail}")
        for result in wrong[:MOST_LINES]
    ]
    if len(wrong) > MOST_LINES:
        lines.append(Line(label="And", value=f"{len(wrong) - MOST_LINES} more rows"))
    return BulkAnswer(
        results=results,
        **{status: counts[status] for status in ("added", "changed", "skipped", "failed")},
        receipt=Receipt(title="Users added", reference=account.domain, lines=lines),
    )
