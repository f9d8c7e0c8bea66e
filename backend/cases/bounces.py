"""A mail about a case that could not be delivered: the desk sees it where it works."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service
from backend.cases.models import Case, CaseEntry
from backend.core.database import database, lock_row
from backend.core.events import Acting, Event
from backend.core.jobs import job

BY_MAIL = "Mail"


@job("note_bounce_on_case", after=("mail_bounced",))
async def note_bounce_on_case(event_id: str) -> None:
    """Add an internal note, once for each mail."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        told = event.details
        if not told.get("case"):
            return
        await lock_row(session, Case, told["case"])
        case = await session.get(Case, told["case"])
        if case is None or await _is_noted(session, case.number, told["mail"]):
            return
        text = f"Our mail to {told['to']} could not be delivered: {told['words']}"
        entry = await service.add_entry(
            session, case, "mail_bounced", BY_MAIL, text, internal=True, mail=told["mail"]
        )
        await service.note_event(
            session, "case_noted_internally", case, Acting(person=BY_MAIL, via="mail"), text,
            entry=entry.id,
        )  # fmt: skip


async def _is_noted(session: AsyncSession, number: str, mail_id: str) -> bool:
    entries = await session.exec(
        select(CaseEntry).where(CaseEntry.case_number == number, CaseEntry.type == "mail_bounced")
    )
    return any(entry.details.get("mail") == mail_id for entry in entries.all())
