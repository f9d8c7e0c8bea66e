"""Mails about accounts that follow from other events than those of requests."""

from backend.accounts.models import SmartAccount
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person, people
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox


@job("mail_upgrade_possible", after=("upgrade_became_possible",))
async def mail_upgrade_possible(event_id: str) -> None:
    """Tell an SMB account's administrator that it can be upgraded now."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        person = await session.get_one(Person, event.details["person"])
        facts = {"person": person, "banner": event.details["banner"]}
        await put_in_outbox(session, event.id, "account_upgrade_possible", person.email, facts)


@job("mail_administrator_replaced", after=("administrator_replaced",))
async def mail_administrator_replaced(event_id: str) -> None:
    """Tell the new administrator and the former one, who may not have left after all."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        account = await session.get_one(SmartAccount, event.smart_account_id)
        told = event.details
        known = await people(session, [told["former"], told["successor"]])
        facts = {
            "account": account,
            "successor": known[told["successor"]],
            "former": known.get(told["former"]),
            "case": told["case"],
            "support": settings().support_address,
        }
        for person in known.values():
            await put_in_outbox(
                session, event.id, "account_administrator_replaced", person.email,
                facts | {"to": person},
            )  # fmt: skip
