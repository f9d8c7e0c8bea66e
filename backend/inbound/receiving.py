"""What becomes of a mail that came in. Whatever it is, whoever brought it hears the same.

A mail counts as the requester’s only with both: an address that we wrote for this case and this
person, and their verified address as the sender. A machine’s mail is never answered, and nobody
gets more than a few answers an hour, so that no two machines can keep writing to each other.
"""

import asyncio
from dataclasses import dataclass
from io import BytesIO

from fastapi import UploadFile
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import attachments, service
from backend.cases.models import Case
from backend.core import files
from backend.core.database import insert_into, is_dry_run
from backend.core.events import Acting
from backend.core.fields import LONGEST_TEXT
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.inbound import answers, attending, bounces
from backend.inbound.letter import Letter, read
from backend.notifications import addresses
from backend.notifications.models import InboundMail, InboundState

VIA = "mail"
# Whom the desk sees as the author of what it is told about mails.
NOBODY = "Mail"
_CUT = "\n[…] The mail was longer; the desk has all of it."


@dataclass(frozen=True)
class Outcome:
    """What a mail became, and why, for the desk."""

    state: InboundState
    reason: str = ""
    case_number: str | None = None
    keep: bool = True


async def receive(session: AsyncSession, raw: bytes, envelope_to: str | None) -> None:
    """Take a mail once, however often it is brought."""
    letter = await asyncio.to_thread(read, raw, envelope_to)
    row = InboundMail(
        fingerprint=letter.fingerprint, sender=letter.sender, subject=letter.subject, size=len(raw)
    )
    if not await _is_new(session, row):
        return
    outcome = await _outcome(session, letter, row)
    row.state, row.reason = outcome.state, outcome.reason[:500]
    row.case_number, row.kept = outcome.case_number, outcome.keep
    session.add(await session.merge(row))
    if row.kept and not is_dry_run(session):
        files.keep(row.id, raw)


async def _is_new(session: AsyncSession, row: InboundMail) -> bool:
    """Whoever comes second at the same moment waits here, and finds that it is known."""
    statement = (
        insert_into(session, InboundMail)
        .values(**row.model_dump())
        .on_conflict_do_nothing(index_elements=[col(InboundMail.fingerprint)])
        .returning(col(InboundMail.id))
    )
    return (await session.exec(statement)).first() is not None


async def _outcome(session: AsyncSession, letter: Letter, row: InboundMail) -> Outcome:
    for address in letter.recipients:
        if mail_id := addresses.mail_named(address):
            said = await bounces.take(session, mail_id, letter.reports)
            return Outcome(InboundState.REPORT if letter.reports else InboundState.IGNORED, said)
    if letter.ours:
        return Outcome(InboundState.IGNORED, "One of our own mails came back.", keep=False)
    for address in letter.recipients:
        if number := addresses.invitation_named(address):
            noted = await attending.take(session, number, letter, row.id)
            state = InboundState.NOTED if noted else InboundState.IGNORED
            return Outcome(state, noted or "No calendar’s answer.", number)
        if claimed := addresses.case_named(address):
            return await _for_case(session, letter, row, address, claimed)
    return Outcome(InboundState.IGNORED, "No address of ours.", keep=False)


async def _for_case(
    session: AsyncSession, letter: Letter, row: InboundMail, address: str, number: str
) -> Outcome:
    case = await session.get(Case, number)
    if case is None or not addresses.is_reply_address(address, number, case.requester):
        return Outcome(InboundState.IGNORED, "A forged address.", keep=False)
    requester = await session.get_one(Person, case.requester)
    acting = Acting(person=requester.id, via=VIA)
    if letter.sender != requester.email:
        reason = f"From {letter.sender or 'nobody'}, who is not the requester."
        await _note(session, requester, number, f"A mail was kept out of the thread. {reason}", row)
        return Outcome(InboundState.QUARANTINED, reason, number)
    if letter.calendar is not None and await attending.take(session, number, letter, row.id):
        return Outcome(InboundState.NOTED, "A calendar’s answer.", number)
    if letter.automatic:
        text = f"An automatic reply came from {letter.sender}:\n\n{letter.said}"
        await _note(session, requester, number, text, row)
        return Outcome(InboundState.NOTED, "Written by a machine.", number)
    return await _into_thread(session, letter, case, requester, acting)


async def _note(
    session: AsyncSession, about: Person, number: str, text: str, row: InboundMail
) -> None:
    """An internal note, for the desk alone."""
    case = await service.find_to_change(session, about, number)
    entry = await service.add_entry(
        session, case, "note", NOBODY, _fitting(text), internal=True, mail=row.id
    )
    await service.note_event(
        session, "case_noted_internally", case, Acting(person=about.id, via=VIA),
        "Noted from a mail", entry=entry.id,
    )  # fmt: skip


async def _into_thread(
    session: AsyncSession, letter: Letter, case: Case, requester: Person, acting: Acting
) -> Outcome:
    """The words as a note of the requester’s, the files as attachments; refusals are answered."""
    if not letter.said and not letter.files:
        return Outcome(InboundState.IGNORED, "Nothing new is said in it.", case.number)
    try:
        # Also for files alone: a note is what opens a closed case again.
        said = _fitting(letter.said) or "(sent files by mail)"
        await service.add_note(session, requester, acting, case.number, said)
    except Problem as problem:
        await answers.say(session, letter, "mail_case_ended", requester, case, problem)
        return Outcome(InboundState.REFUSED, problem.body.detail, case.number)
    refused = []
    for file in letter.files:
        upload = UploadFile(BytesIO(file.content), filename=file.name, size=len(file.content))
        try:
            await attachments.attach(session, requester, acting, case.number, upload)
        except Problem as problem:
            refused.append((file.name, problem.body.detail))
    if refused:
        await answers.say(session, letter, "mail_files_refused", requester, case, None, refused)
    reason = f"{len(refused)} of its files could not be kept." if refused else ""
    return Outcome(InboundState.THREAD, reason, case.number)


def _fitting(said: str) -> str:
    return said if len(said) <= LONGEST_TEXT else said[: LONGEST_TEXT - len(_CUT)] + _CUT
