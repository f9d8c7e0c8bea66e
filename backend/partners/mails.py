"""Mails about who manages a partner's orders."""

from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Organization, Person
from backend.core.jobs import job
from backend.notifications.mails import put_in_outbox
from backend.partners.models import OrderFulfillmentManager


@job("mail_order_fulfillment_manager", after=("order_fulfillment_manager_granted",))
async def mail_order_fulfillment_manager(event_id: str) -> None:
    """Tell somebody what they may do now, unless it was taken from them meanwhile."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        partner, person = event.details["partner"], event.details["person"]
        if await session.get(OrderFulfillmentManager, (partner, person)) is None:
            return
        manager = await session.get_one(Person, person)
        facts = {
            "partner": await session.get_one(Organization, partner),
            "person": manager,
            "actor": await session.get_one(Person, event.actor),
        }
        await put_in_outbox(session, event.id, "order_fulfillment_manager", manager.email, facts)
