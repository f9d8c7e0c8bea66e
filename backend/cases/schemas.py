"""The bodies of the calls about cases, and a case as people see it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BaseModel, Field, UrlConstraints

from backend.core.fields import Body, Domain, Email, LongText, Phone, Remark, ShortText
from backend.core.identity import PersonRef
from backend.core.portals import Portal
from backend.core.receipts import Receipt


class Category(StrEnum):
    """What a case is about; decides, with the portal, which queue gets it."""

    TRAINING = "training"
    SMART_ACCOUNT = "smart_account"
    ORDERS = "orders"
    SMART_LICENSING = "smart_licensing"
    TRADITIONAL_LICENSING = "traditional_licensing"
    PNP = "pnp"
    MCE = "mce"
    EA = "ea"
    OTHER = "other"


CATEGORY_NAMES = {
    Category.TRAINING: "Training",
    Category.SMART_ACCOUNT: "Smart Account",
    Category.ORDERS: "Orders",
    Category.SMART_LICENSING: "Smart licensing",
    Category.TRADITIONAL_LICENSING: "Traditional licensing (PAK)",
    Category.PNP: "Plug and Play",
    Category.MCE: "My Cisco Entitlements",
    Category.EA: "Enterprise Agreement",
    Category.OTHER: "Something else",
}


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CUSTOMER_PENDING = "customer_pending"
    CLOSED = "closed"
    CANCELLED = "cancelled"


ENDED = frozenset({Status.CLOSED, Status.CANCELLED})
OPEN = tuple(s for s in Status if s not in ENDED)
# What the desk may change a status to; `new` is only ever the beginning, `cancelled` the end.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    status: frozenset(Status) - {Status.NEW, Status.CANCELLED, status} for status in OPEN
} | {Status.CLOSED: frozenset({Status.IN_PROGRESS}), Status.CANCELLED: frozenset()}

STATUS_NAMES = {
    Status.NEW: "New",
    Status.ACKNOWLEDGED: "Acknowledged",
    Status.IN_PROGRESS: "In progress",
    Status.CUSTOMER_PENDING: "Waiting for you",
    Status.CLOSED: "Closed",
    Status.CANCELLED: "Cancelled",
}
SEVERITY_NAMES = {1: "1 · Critical", 2: "2 · Major", 3: "3 · Medium", 4: "4 · Minor"}


class OpenCase(Body):
    """A case for anything but training sessions."""

    category: Category = Field(description="What it is about")
    portal: Portal | None = Field(default=None, description="The portal it happens in")
    severity: int = Field(
        default=3,
        ge=1,
        le=4,
        description="1 critical (production down), 2 major, 3 medium, 4 a question. "
        "1 and 2 need a phone number.",
    )
    title: ShortText = Field(description="What is wrong or needed, in one line")
    description: LongText = Field(
        description="What happened, what was expected, what has been tried"
    )
    order_number: Annotated[str, Field(pattern=r"^\d{7,8}$")] | None = Field(
        default=None, description="The sales or web order number, if it is about an order"
    )
    smart_account: Domain | None = Field(
        default=None, description="Domain of the Smart Account it is about"
    )
    phone: Phone | None = Field(default=None, description="Where to call you")


class UpdateCase(Body):
    """What the desk may change of a case; only what is named changes."""

    status: Status | None = Field(default=None, description="The new status")
    severity: int | None = Field(default=None, ge=1, le=4, description="The new severity")
    queue: str | None = Field(default=None, max_length=30, description="The queue to move it to")
    assignee: Email | None = Field(
        default=None, description="The agent who gets it; null releases it"
    )


class Said(Body):
    """A text for the thread."""

    text: LongText = Field(description="What to add, as you would say it")


class Reply(Said):
    """An answer to the requester."""

    expected_entry: str | None = Field(
        default=None,
        max_length=32,
        description="The id of the last entry of the thread that you have read: if somebody else "
        "has added to it since, the answer is refused",
    )


class CancelCase(Body):
    """Why a case is no longer needed."""

    reason: Remark | None = Field(
        default=None, max_length=500, description="Why it is no longer needed"
    )


class Schedule(Body):
    """When the engagement takes place."""

    start: datetime = Field(description="Begin; without a zone it is in the engagement's zone")
    end: datetime = Field(description="End; without a zone it is in the engagement's zone")
    trainer: ShortText | None = Field(default=None, description="Who gives it")
    meeting_url: Annotated[AnyHttpUrl, UrlConstraints(max_length=500)] | None = Field(
        default=None, description="Where to join online"
    )


class Window(BaseModel):
    """A stretch of time, in UTC."""

    start: datetime
    end: datetime


class EngagementPublic(BaseModel):
    """What a training or demo case is about."""

    kind: Literal["training", "demo"]
    portal: Portal
    topics: list[str]
    windows: list[Window]
    time_zone: str
    attendees: int
    attendee_emails: list[str]
    language: str
    phone: str | None
    notes: str | None
    scheduled: dict[str, Any] | None = Field(
        description="`{start, end, trainer, meeting_url}` once the desk has scheduled it"
    )


ClockName = Literal["first_response", "next_response", "resolution"]
ClockState = Literal["running", "soon", "overdue", "paused", "met", "missed"]


class ClockPublic(BaseModel):
    """One clock of a case."""

    name: ClockName
    state: ClockState = Field(
        description="`running`, `soon` or `overdue` while it runs; `paused` while it stands; "
        "`met` or `missed` once it has ended"
    )
    due: datetime = Field(description="When it breaks; of a paused one: had it gone on")
    left_seconds: int = Field(
        description="Open time that is left of it, below zero by how much it is over"
    )
    ended_at: datetime | None = Field(description="When what it waits for was done")


class ServiceLevelState(BaseModel):
    """The clocks of a case, computed from its thread."""

    first_response_due: datetime
    first_response_at: datetime | None
    next_response_due: datetime | None = Field(
        description="Until when what the requester has written since is to be answered"
    )
    resolution_due: datetime
    state: Literal["running", "paused", "breached", "met"]
    due: datetime | None = Field(description="When the first of the running clocks breaks")
    due_clock: ClockName | None = Field(description="Which clock that is")
    clocks: list[ClockPublic]


class Entry(BaseModel):
    """One entry of a thread."""

    id: str
    at: datetime
    type: str
    author: PersonRef
    internal: bool
    text: str
    details: dict[str, Any]
    case: str | None = Field(default=None, description="The merged case that it comes from")


LinkKind = Literal["related", "blocks", "blocked_by", "caused_by", "causes"]


class Link(BaseModel):
    """Another case that has to do with this one, as seen from here."""

    kind: LinkKind
    number: str
    title: str
    status: Status


class CaseHead(BaseModel):
    """A case as lists show it."""

    number: str | None
    kind: Literal["training", "demo", "support"]
    category: Category
    portal: Portal | None
    severity: int
    status: Status
    queue: str
    requester: PersonRef
    assignee: PersonRef | None
    title: str
    smart_account: str | None
    order_number: str | None
    created_at: datetime
    updated_at: datetime
    sla: ServiceLevelState
    found: str | None = Field(
        default=None,
        description="In a search: where the words stand, as HTML with the hits in `<mark>`",
    )


class CasePublic(CaseHead):
    """A whole case with its thread."""

    description: str
    phone: str | None
    conversation: str | None = Field(description="The chat it came from; support only")
    engagement: EngagementPublic | None
    merged_into: str | None = Field(description="The case that goes on in place of this one")
    merged: list[str] = Field(default=[], description="Cases that go on in this one")
    links: list[Link] = Field(default=[], description="Cases it has to do with that you may see")
    tags: list[str] = Field(default=[], description="The desk’s words on it; support only")
    thread: list[Entry]


class CaseAnswer(CasePublic):
    """A case and the receipt of the write that answers with it."""

    receipt: Receipt
    already_exists: bool = Field(
        default=False, description="True when an equal case was there already and comes back"
    )


class Queue(BaseModel):
    """A queue of the desk."""

    id: str
    name: str
    open: int = Field(
        description="Cases in it that have not ended and that you may see; 999 at most"
    )
    more: bool = Field(default=False, description="Whether there are more than `open` says")
    yours: bool = Field(description="Whether you work on it")


class Queues(BaseModel):
    """The queues somebody works on."""

    items: list[Queue]
