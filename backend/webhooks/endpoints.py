"""What leads do with endpoints. One function a verb: permission → row → event."""

from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import is_dry_run
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import conflict, forbidden, not_found
from backend.core.receipts import Line, Receipt
from backend.webhooks import repository
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint
from backend.webhooks.pump import start_sending
from backend.webhooks.schemas import (
    MOST_ENDPOINTS,
    ChangeWebhook,
    CreateWebhook,
    DeliveryAnswer,
    DeliveryPublic,
    TestAnswer,
    WebhookAnswer,
    WebhookPublic,
)
from backend.webhooks.signing import new_secret, seal

# How long both secrets sign after a rotation.
BOTH_SECRETS = timedelta(hours=24)
_LIST = "GET /api/v1/webhooks lists all endpoints."


def require_lead(person: Person) -> None:
    """403 for whoever doesn't look after the systems outside."""
    if not desk_allows(person, DeskAction.MANAGE_WEBHOOKS):
        raise forbidden(
            "Only a lead of the support desk looks after systems outside.",
            "Ask your lead to set it up.",
        )


async def endpoint_of(
    session: AsyncSession, person: Person, webhook_id: str, *, lock: bool = False
) -> WebhookEndpoint:
    """The endpoint; 404 for whoever isn't a lead, in the same words as for none."""
    found = None
    if desk_allows(person, DeskAction.MANAGE_WEBHOOKS):
        found = (
            await repository.endpoint_to_change(session, webhook_id)
            if lock
            else await session.get(WebhookEndpoint, webhook_id)
        )
    if found is None:
        raise not_found("endpoint of that id", _LIST)
    return found


async def shown(session: AsyncSession, endpoints: list[WebhookEndpoint]) -> list[WebhookPublic]:
    """Endpoints with their health and counts."""
    counted = await repository.counts(session, [one.id for one in endpoints])
    return [
        WebhookPublic.model_validate(
            one.model_dump()
            | {
                "health": _health(one),
                "waiting": counted.get((one.id, "waiting"), 0),
                "dead": counted.get((one.id, "dead"), 0),
                "old_secret_until": _both_until(one),
                "quiet_until": one.quiet_until
                if one.quiet_until and one.quiet_until > clock.now()
                else None,
            }
        )
        for one in endpoints
    ]


def _both_until(endpoint: WebhookEndpoint) -> Any:
    until = endpoint.old_secret_until
    return until if until and until > clock.now() else None


def _health(endpoint: WebhookEndpoint) -> str:
    if not endpoint.active:
        return "off"
    if endpoint.paused_because:
        return "paused"
    if endpoint.failing_since:
        return "failing"
    return "working" if endpoint.last_success_at else "untried"


async def _answer(
    session: AsyncSession, endpoint: WebhookEndpoint, title: str, *lines: tuple[str, str],
    secret: str | None = None,
) -> WebhookAnswer:  # fmt: skip
    (public,) = await shown(session, [endpoint])
    receipt = Receipt(
        title=title,
        reference=endpoint.url,
        lines=[Line(label=label, value=value) for label, value in lines],
    )
    kept = None if is_dry_run(session) else secret
    return WebhookAnswer(**public.model_dump(), secret=kept, receipt=receipt)


async def _note(
    session: AsyncSession, type_: str, acting: Acting, endpoint: WebhookEndpoint, text: str
) -> Event:
    return await record(
        session, type_, acting, subject=endpoint.id, text=text, details={"endpoint": endpoint.id}
    )


async def create(
    session: AsyncSession, person: Person, acting: Acting, body: CreateWebhook
) -> WebhookAnswer:
    """Set up an endpoint; its secret is in this answer and in none after it."""
    require_lead(person)
    if await repository.how_many(session) >= MOST_ENDPOINTS:
        raise conflict(
            "too-many-webhooks",
            "There are enough endpoints",
            f"There are {MOST_ENDPOINTS} already, and no more are possible.",
            "Delete one that nobody needs any more.",
        )
    secret = new_secret()
    endpoint = WebhookEndpoint(**body.model_dump(), secret=seal(secret), created_by=person.id)
    session.add(endpoint)
    await session.flush()
    await _note(session, "webhook_created", acting, endpoint, f"Cases are told to {endpoint.url}")
    return await _answer(session, endpoint, "Endpoint added", ("Address", endpoint.url),
                         secret=secret)  # fmt: skip


async def change(
    session: AsyncSession, person: Person, acting: Acting, webhook_id: str, body: ChangeWebhook
) -> WebhookAnswer:
    """Change what is named. Making it active (again) ends a pause, and what waited goes out."""
    endpoint = await endpoint_of(session, person, webhook_id, lock=True)
    told = {k: v for k, v in body.model_dump(exclude_unset=True).items() if v is not None}
    resumes = body.active is True and (endpoint.paused_because or not endpoint.active)
    for name, value in told.items():
        setattr(endpoint, name, value)
    if resumes:
        endpoint.paused_because, endpoint.paused_at = None, None
        endpoint.failing_since, endpoint.quiet_until = None, None
    session.add(endpoint)
    if not told:
        return await _answer(session, endpoint, "Nothing to change")
    what = ", ".join(name.replace("_", " ") for name in told)
    event = await _note(session, "webhook_changed", acting, endpoint, f"Changed: {what}")
    await start_sending(session, endpoint, event.id)
    return await _answer(session, endpoint, "Endpoint changed", ("Changed", what))


async def delete(
    session: AsyncSession, person: Person, acting: Acting, webhook_id: str
) -> WebhookAnswer:
    """Remove an endpoint and its messages, also those that have not arrived."""
    endpoint = await endpoint_of(session, person, webhook_id, lock=True)
    answer = await _answer(session, endpoint, "Endpoint deleted", ("Address", endpoint.url))
    await repository.forget_deliveries(session, endpoint.id)
    await session.delete(endpoint)
    await _note(session, "webhook_deleted", acting, endpoint, f"No more messages to {endpoint.url}")
    return answer


async def rotate(
    session: AsyncSession, person: Person, acting: Acting, webhook_id: str
) -> WebhookAnswer:
    """A new secret. The one before it signs as well for a day, so nothing is refused meanwhile."""
    endpoint = await endpoint_of(session, person, webhook_id, lock=True)
    secret = new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, clock.now() + BOTH_SECRETS
    endpoint.secret = seal(secret)
    session.add(endpoint)
    await _note(session, "webhook_secret_rotated", acting, endpoint, "The secret was rotated")
    until = f"{endpoint.old_secret_until:%Y-%m-%d %H:%M} UTC"
    return await _answer(
        session, endpoint, "New secret", ("Both secrets sign until", until), secret=secret
    )


async def test(
    session: AsyncSession, person: Person, acting: Acting, webhook_id: str
) -> TestAnswer:
    """Send a message about nothing, to see whether it arrives; also to a paused endpoint."""
    endpoint = await endpoint_of(session, person, webhook_id, lock=True)
    event = await _note(session, "webhook_tested", acting, endpoint, "A test is sent")
    receipt = Receipt(
        title="A test is on its way",
        reference=endpoint.url,
        lines=[Line(label="What came of it", value="stands in the list of deliveries")],
    )
    return TestAnswer(id=event.id, receipt=receipt)


def delivery_shown(row: WebhookDelivery) -> DeliveryPublic:
    """A message as leads see it; its body, which has people's words, stays with us."""
    told = row.model_dump(exclude={"body"})
    due = row.due_at if row.status == "waiting" else None
    return DeliveryPublic.model_validate(told | {"case": row.case_number, "due_at": due})


async def replay(
    session: AsyncSession, person: Person, acting: Acting, webhook_id: str, delivery_id: str
) -> DeliveryAnswer:
    """Send a message again, under the same `webhook-id`: dead, waiting, or delivered before."""
    endpoint = await endpoint_of(session, person, webhook_id, lock=True)
    row = await session.get(WebhookDelivery, delivery_id)
    if row is None or row.endpoint_id != endpoint.id:
        raise not_found(
            "message of that id", f"GET /api/v1/webhooks/{endpoint.id}/deliveries lists them."
        )
    arrived = row.delivered_at
    row.status, row.attempts, row.due_at = "waiting", 0, clock.now()
    row.replays += 1
    session.add(row)
    event = await record(
        session, "webhook_replayed", acting, subject=endpoint.id,
        text=f"Message {row.id} is sent again", details={"delivery": row.id},
    )  # fmt: skip
    await start_sending(session, endpoint, event.id)
    lines = [Line(label="Message", value=row.type)]
    if arrived is not None:
        lines.append(Line(
            label="Note",
            value=f"It had arrived on {arrived:%Y-%m-%d at %H:%M} UTC. It goes out with the same "
            "webhook-id, so a receiver that remembers those takes it once.",
        ))  # fmt: skip
    if not endpoint.active or endpoint.paused_because:
        lines.append(Line(label="But", value="it waits until the endpoint is active again."))
    receipt = Receipt(title="Sent again", reference=row.case_number or row.id, lines=lines)
    return DeliveryAnswer(**delivery_shown(row).model_dump(), receipt=receipt)
