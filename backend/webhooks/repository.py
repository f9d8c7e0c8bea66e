"""Every query about endpoints and their messages."""

from collections.abc import Iterable

from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.core.database import LOCK
from backend.core.identity import Person
from backend.core.policy import DESK, DeskAction
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint


async def endpoint_to_change(session: AsyncSession, webhook_id: str) -> WebhookEndpoint | None:
    """The endpoint; nobody else changes it until this transaction ends."""
    return await session.get(WebhookEndpoint, webhook_id, with_for_update=LOCK)


async def counts(session: AsyncSession, ids: Iterable[str | None]) -> dict[tuple[str, str], int]:
    """How many messages of these endpoints wait and how many are dead, by (endpoint, status)."""
    rows = await session.exec(
        select(WebhookDelivery.endpoint_id, WebhookDelivery.status, func.count())
        .where(
            col(WebhookDelivery.endpoint_id).in_(list(ids)),
            col(WebhookDelivery.status).in_(("waiting", "dead")),
        )
        .group_by(col(WebhookDelivery.endpoint_id), col(WebhookDelivery.status))
    )
    return {(endpoint, status): count for endpoint, status, count in rows.all()}


async def how_many(session: AsyncSession) -> int:
    """How many endpoints there are."""
    return (await session.exec(select(func.count()).select_from(WebhookEndpoint))).one()


def deliveries_of(webhook_id: str, status: str | None) -> SelectOfScalar[WebhookDelivery]:
    """An endpoint's messages, perhaps only those of one status."""
    statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == webhook_id)
    return statement.where(WebhookDelivery.status == status) if status else statement


async def forget_deliveries(session: AsyncSession, webhook_id: str) -> None:
    """Delete an endpoint's messages."""
    await session.exec(
        delete(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == webhook_id)
    )


async def leads(session: AsyncSession) -> list[Person]:
    """Whoever looks after the systems outside."""
    roles = DESK[DeskAction.MANAGE_WEBHOOKS]
    rows = await session.exec(
        select(Person).where(Person.kind == "support", col(Person.desk_role).in_(roles))
    )
    return list(rows.all())
