"""The bodies of the calls about endpoints, and endpoints and deliveries as leads see them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from backend.core.fields import Body, one_line
from backend.core.receipts import Receipt
from backend.webhooks.addresses import checked_url
from backend.webhooks.messages import MESSAGES
from backend.webhooks.models import URL_LENGTH

MOST_ENDPOINTS = 20
Message = Literal[
    "case.opened", "case.scheduled", "case.rescheduled", "case.claimed", "case.assigned",
    "case.merged", "case.took_over", "case.status_changed", "case.closed", "case.cancelled",
    "case.updated", "case.replied", "case.noted", "case.noted_internally",
    "case.attachment_added", "case.known_outside",
]  # fmt: skip
DeliveryStatus = Literal["waiting", "delivered", "dead"]
Url = Annotated[
    str,
    BeforeValidator(one_line),
    StringConstraints(min_length=1, max_length=URL_LENGTH),
    AfterValidator(checked_url),
]
Description = Annotated[str, BeforeValidator(one_line), StringConstraints(max_length=200)]


class CreateWebhook(Body):
    """Whom to tell of cases, and of what."""

    url: Url = Field(
        description="Where messages are posted: https, a public address, no password in it"
    )
    description: Description = Field(default="", description="What it is, for your colleagues")
    event_types: list[Message] = Field(
        default_factory=list,
        max_length=len(MESSAGES),
        description="Which messages it gets; none named means all",
    )
    is_observer: bool = Field(
        default=False,
        description="True for a system that only watches, such as a data warehouse: it also "
        "hears what the case system told us. Never for the case system itself.",
    )


class ChangeWebhook(Body):
    """What changes; only what is named does."""

    url: Url | None = Field(default=None, description="Where messages are posted from now on")
    description: Description | None = Field(default=None, description="What it is")
    event_types: list[Message] | None = Field(
        default=None, max_length=len(MESSAGES), description="Which messages; empty means all"
    )
    is_observer: bool | None = Field(default=None, description="Whether it only watches")
    active: bool | None = Field(
        default=None,
        description="False: it is told of nothing. True: it is told again, and what waited while "
        "it was paused goes out",
    )


class WebhookPublic(BaseModel):
    """An endpoint and how it is."""

    id: str | None
    url: str
    description: str
    event_types: list[str]
    is_observer: bool
    active: bool
    health: Literal["working", "untried", "failing", "paused", "off"] = Field(
        description="`failing` since the first of the failures without a success between; "
        "`paused` by us, until somebody makes it active again; `off` by a lead"
    )
    paused_because: Literal["failing", "gone"] | None
    failing_since: datetime | None
    last_success_at: datetime | None
    quiet_until: datetime | None = Field(description="Until when it asked to be left alone")
    old_secret_until: datetime | None = Field(
        description="Until when messages are signed with the secret before this one as well"
    )
    waiting: int = Field(description="Messages that are still to arrive")
    dead: int = Field(description="Messages that were given up; they can be sent again")
    created_at: datetime


class WebhookAnswer(WebhookPublic):
    """An endpoint and the receipt of the write; `secret` is in no later answer."""

    secret: str | None = Field(
        default=None, description="What signs its messages. Shown this once: keep it now."
    )
    receipt: Receipt


class DeliveryPublic(BaseModel):
    """One message and what became of it."""

    id: str = Field(description="Its `webhook-id`, the same for every attempt")
    type: str
    case: str | None
    sequence: int = Field(description="Which event of its case; 0 for a test")
    status: DeliveryStatus
    attempts: int
    replays: int = Field(description="How often somebody had it sent again")
    created_at: datetime
    due_at: datetime | None = Field(description="When it is tried next")
    last_at: datetime | None
    delivered_at: datetime | None
    answer_status: int | None
    answer: str = Field(description="The beginning of what the receiver answered")
    error: str
    duration_ms: int | None


class DeliveryAnswer(DeliveryPublic):
    """A message and the receipt of having it sent again."""

    receipt: Receipt


class TestAnswer(BaseModel):
    """A test that is on its way."""

    id: str | None = Field(description="The event of the test")
    status: Literal["waiting"] = "waiting"
    receipt: Receipt
