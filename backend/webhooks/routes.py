"""The calls about endpoints outside and what they were told. For leads of the desk."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query
from sqlmodel import col, select

from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.webhooks import endpoints, repository
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint
from backend.webhooks.schemas import (
    ChangeWebhook,
    CreateWebhook,
    DeliveryAnswer,
    DeliveryPublic,
    DeliveryStatus,
    TestAnswer,
    WebhookAnswer,
    WebhookPublic,
)

router = APIRouter(
    prefix="/webhooks", tags=["webhooks"], route_class=UnitOfWorkRoute, responses=RESPONSES
)
WebhookId = Annotated[str, Path(max_length=32, description="From the list of endpoints")]
DeliveryId = Annotated[str, Path(max_length=40, description="From the list of deliveries")]


def _rehearsal(
    dry_run: Annotated[
        bool, Header(alias="Dry-Run", description="Check and show what would happen; nothing stays")
    ] = False,
) -> None:
    """Only documents the header. There is no Idempotency-Key here: an answer that is kept for
    it would keep the secret in the clear.
    """


SECRETIVE = [Depends(_rehearsal)]


def _tried(model: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, "description": "A dry run: what would happen"}}


@router.get("", operation_id="list_webhooks")
async def list_webhooks(
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[WebhookPublic]:
    """List the endpoints that are told of cases, with how each is. For leads of the desk."""
    endpoints.require_lead(person)
    rows, following = await newest_first(
        session, select(WebhookEndpoint), col(WebhookEndpoint.created_at),
        col(WebhookEndpoint.id), cursor, limit,
    )  # fmt: skip
    return Page(items=await endpoints.shown(session, rows), next=following)


@router.post(
    "", operation_id="create_webhook", status_code=201, dependencies=SECRETIVE,
    responses=_tried(WebhookAnswer),
)  # fmt: skip
async def create_webhook(
    body: CreateWebhook, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> WebhookAnswer:
    """Have another system told of every case event, as signed messages after the Standard
    Webhooks specification. The secret is shown in this answer only. For leads of the desk.
    """
    return await endpoints.create(session, person, acting, body)


@router.patch("/{webhook_id}", operation_id="change_webhook", dependencies=WRITE_HEADERS)
async def change_webhook(
    webhook_id: WebhookId,
    body: ChangeWebhook,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> WebhookAnswer:
    """Change an endpoint's address or messages, or make it active or not. For leads."""
    return await endpoints.change(session, person, acting, webhook_id, body)


@router.delete("/{webhook_id}", operation_id="delete_webhook", dependencies=WRITE_HEADERS)
async def delete_webhook(
    webhook_id: WebhookId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> WebhookAnswer:
    """Remove an endpoint and the messages that wait for it. For leads of the desk."""
    return await endpoints.delete(session, person, acting, webhook_id)


@router.post(
    "/{webhook_id}/rotate-secret", operation_id="rotate_webhook_secret", dependencies=SECRETIVE
)
async def rotate_webhook_secret(
    webhook_id: WebhookId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> WebhookAnswer:
    """Give an endpoint a new secret, shown in this answer only. For a day both sign. For leads."""
    return await endpoints.rotate(session, person, acting, webhook_id)


@router.post(
    "/{webhook_id}/test", operation_id="test_webhook", status_code=202,
    dependencies=WRITE_HEADERS, responses=_tried(TestAnswer),
)  # fmt: skip
async def test_webhook(
    webhook_id: WebhookId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> TestAnswer:
    """Send an endpoint a message about nothing, to see whether it arrives. For leads."""
    return await endpoints.test(session, person, acting, webhook_id)


@router.get("/{webhook_id}/deliveries", operation_id="list_webhook_deliveries")
async def list_webhook_deliveries(
    webhook_id: WebhookId,
    person: CurrentPerson,
    session: SessionDep,
    status: Annotated[DeliveryStatus | None, Query(description="Only these")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[DeliveryPublic]:
    """List the messages for an endpoint with what became of each, newest first. For leads."""
    endpoint = await endpoints.endpoint_of(session, person, webhook_id)
    rows, following = await newest_first(
        session, repository.deliveries_of(endpoint.id, status),
        col(WebhookDelivery.created_at), col(WebhookDelivery.id), cursor, limit,
    )  # fmt: skip
    return Page(items=[endpoints.delivery_shown(one) for one in rows], next=following)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    operation_id="replay_webhook_delivery",
    dependencies=WRITE_HEADERS,
)
async def replay_webhook_delivery(
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> DeliveryAnswer:
    """Send a message once more under the same webhook-id, also one that has arrived. For leads."""
    return await endpoints.replay(session, person, acting, webhook_id, delivery_id)
