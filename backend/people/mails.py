"""Mails about a person's address: the code to a new one, the news to the former one."""

from backend.accounts.configuration import configuration
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person
from backend.core.jobs import job
from backend.notifications.mails import put_in_outbox
from backend.people import repository
from backend.people.codes import code_of
from backend.people.models import EmailCode


@job("mail_email_code", after=("email_code_requested",))
async def mail_email_code(event_id: str) -> None:
    """Mail the code; if the address is somebody else's, tell them instead of giving a code."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        code = await session.get(EmailCode, event.details["code"])
        person = await session.get_one(Person, event.actor)
        if code is None or person.email_pending != code.email:
            return
        taken = await repository.is_somebody_elses(session, code.email, person.id)
        kind = "account_email_taken" if taken else "account_email_code"
        facts = {
            "person": person,
            "email": code.email,
            "code": code_of(code),
            "minutes": configuration().email_codes.minutes,
        }
        await put_in_outbox(session, event.id, kind, code.email, facts)


@job("mail_email_changed", after=("email_changed",))
async def mail_email_changed(event_id: str) -> None:
    """Tell the former address, so that nobody loses a profile without noticing."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        person = await session.get_one(Person, event.actor)
        facts = {"person": person, **event.details}
        await put_in_outbox(
            session, event.id, "account_email_changed", event.details["former"], facts
        )
