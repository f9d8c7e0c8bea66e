"""What leads are told of systems outside by mail."""

from backend.core.database import database
from backend.core.events import Event
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox
from backend.webhooks import repository
from backend.webhooks.models import WebhookEndpoint


@job("mail_webhook_paused", after=("webhook_paused",))
async def mail_webhook_paused(event_id: str) -> None:
    """Tell the leads that an endpoint is told of nothing until one of them looks at it."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        endpoint = await session.get(WebhookEndpoint, event.details["endpoint"])
        if endpoint is None:
            return
        counted = await repository.counts(session, [endpoint.id])
        facts = {
            "endpoint": endpoint,
            "reason": event.details["reason"],
            "error": event.details["error"],
            "waiting": counted.get((endpoint.id, "waiting"), 0),
            "link": f"{settings().base_url}/console/case-system",
        }
        for lead in await repository.leads(session):
            await put_in_outbox(
                session, event.id, "webhook_paused", lead.email, facts | {"lead": lead}
            )
