"""Addresses that took no mail, and do again once they are proved anew."""

from sqlalchemy import delete
from sqlmodel import col

from backend.core.database import database
from backend.core.events import Event
from backend.core.jobs import job
from backend.notifications.models import BouncedAddress


@job("trust_address_again", after=("email_changed",))
async def trust_address_again(event_id: str) -> None:
    """A code that was mailed to the address came back: it takes mail."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        email = event.details["email"]
        await session.exec(delete(BouncedAddress).where(col(BouncedAddress.email) == email))
