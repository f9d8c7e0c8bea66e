"""Systems outside: who is told of cases, every message to them, and what they told of ours."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id

URL_LENGTH = 500
EXCERPT_LENGTH = 500


def _message_id() -> str:
    """A `webhook-id`: the same for every attempt and every replay of a message."""
    return f"msg_{new_id()}"


class WebhookEndpoint(SQLModel, table=True):
    """A receiver of signed messages. Its secrets are sealed (`backend.webhooks.signing`)."""

    __tablename__ = "webhook_endpoint"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    url: str = Field(max_length=URL_LENGTH)
    description: str = Field(default="", max_length=200)
    # Which messages it gets; none named means all.
    event_types: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    # An observer also hears what the case system itself told us; the case system never does.
    is_observer: bool = False
    active: bool = True
    secret: str = Field(sa_type=Text)
    old_secret: str | None = Field(default=None, sa_type=Text)
    old_secret_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_by: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    quiet_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # `failing`: no answer for days; `gone`: it said 410. Somebody has to look at it.
    paused_because: str | None = Field(default=None, max_length=20)
    paused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Who sends to it now, so that one process does: the run's name, until when it counts.
    sender: str | None = Field(default=None, max_length=80)
    sender_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One message for one endpoint, with what became of the last attempt."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("deliveries_due", "endpoint_id", "status", "due_at"),
        Index("deliveries_of_a_case", "endpoint_id", "case_number", "sequence"),
        Index("deliveries_by_age", "endpoint_id", "created_at", "id"),
    )

    id: str = Field(default_factory=_message_id, primary_key=True, max_length=40)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id", max_length=32)
    event_id: str = Field(foreign_key="event.id", max_length=32)
    type: str = Field(max_length=60)
    case_number: str | None = Field(default=None, max_length=20)
    sequence: int = 0
    body: str = Field(sa_type=Text)
    status: str = Field(default="waiting", max_length=20)
    attempts: int = 0
    replays: int = 0
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    due_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_status: int | None = None
    answer: str = Field(default="", max_length=EXCERPT_LENGTH)
    error: str = Field(default="", max_length=300)
    duration_ms: int | None = None


class CaseSystemLink(SQLModel, table=True):
    """A case of ours as the case system knows it: the newest version that it told."""

    __tablename__ = "case_system_link"

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    reference: str | None = Field(default=None, max_length=60)
    version: int = 0
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    engineer: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))


class CaseSystemUpdate(SQLModel, table=True):
    """An update that was taken, so that the same one is not taken twice."""

    __tablename__ = "case_system_update"

    event_id: str = Field(primary_key=True, max_length=100)
    case_number: str = Field(foreign_key="support_case.number", max_length=20, index=True)
    fingerprint: str = Field(max_length=64)
    version: int
    applied: bool
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
