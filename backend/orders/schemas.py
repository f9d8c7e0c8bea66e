"""What calls about orders take and answer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from backend.accounts.domains import AccountDomain
from backend.core.client import ACCEPTED_BY_CONFIRMING
from backend.core.fields import Body, Email, clean
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt
from backend.orders.delays import Severity
from backend.orders.visibility import Way

MOST_AT_ONCE = 500
TERMS_VERSION = 1
TERMS = (
    "The licences go to the Smart Account and virtual account named here, and the company of that "
    "account uses them under the vendor’s licence terms. You declare that you may decide this for "
    "the order. Once licences are delivered they can’t go to another Smart Account."
)


def normal_number(value: str) -> str:
    """An order number as people write it (`SO 4100-005`, `#4100005`): its digits."""
    return "".join(c for c in value if c.isdigit()) or value


OrderNumber = Annotated[
    str, BeforeValidator(clean), AfterValidator(normal_number), Field(max_length=40)
]


class AssignmentStatus(StrEnum):
    """Where an order's licences go."""

    UNASSIGNED = "unassigned"
    ASSIGNED_PENDING_SA = "assigned_pending_sa"
    ASSIGNED = "assigned"
    HELD_BY_PARTNER = "held_by_partner"
    NOT_APPLICABLE = "not_applicable"


class OrderStatus(StrEnum):
    """How far an order is, as Commerce says."""

    SUBMITTED = "submitted"
    BOOKED = "booked"
    IN_FULFILMENT = "in_fulfilment"
    PROVISION_PENDING = "provision_pending"
    PROVISIONED = "provisioned"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Assignment(BaseModel):
    """The account, by its domain, and the virtual account, by its name, that licences are for.
    All null where the reader may only know that there is one.
    """

    smart_account: str | None
    name: str | None
    virtual_account: str | None


class Partner(BaseModel):
    """Who sold the order."""

    name: str
    domain: str


class DelayPublic(BaseModel):
    """Why an order waits, since when, who has to act, and what to do."""

    code: str
    title: str
    severity: Severity
    since: datetime
    age_days: int
    who: str = Field(description="Who has to act, in words, with names where you may know them")
    next_step: str
    operation: str | None = Field(default=None, description="The operation that helps you")
    link: str | None = Field(default=None, description="Where it is done, if not here")
    lines: list[int]


class OrderDelays(BaseModel):
    """Why one order waits: everything that holds at present, blocking reasons first."""

    number: str
    status: str
    assignment_status: AssignmentStatus
    closed_without_provisioning: bool
    text: str = Field(description="The same in a sentence")
    items: list[DelayPublic]
    next: str | None = Field(default=None, description="Always null: there are few")


class WayPublic(BaseModel):
    """One reason why you see this order."""

    way: Way
    text: str


class TimelineStep(BaseModel):
    """A step on an order's way; `at` is null for what is still to come."""

    step: Literal["placed", "booked", "assigned", "held", "provisioning", "provisioned", "closed",
                  "cancelled"]  # fmt: skip
    title: str
    at: datetime | None
    done: bool


class LinePublic(BaseModel):
    """One product of an order."""

    number: int
    sku: str
    product: str
    quantity: int
    kind: Literal["perpetual", "term", "subscription"]
    smart_enabled: bool
    provisioning: str
    provisioning_contact: str | None
    requested_start: datetime | None
    assignment: Assignment | None
    delivered_at: datetime | None
    subscription_id: str | None
    ends_at: datetime | None


class OrderPublic(BaseModel):
    """One order as whoever asks may see it. `assignment` is null while its lines differ."""

    number: str
    web_order_number: str | None
    customer_order_number: str | None
    type: Literal["standard", "subscription", "stocking", "ea"]
    status: Literal["submitted", "booked", "in_fulfilment", "provision_pending", "provisioned",
                    "closed", "cancelled"]  # fmt: skip
    assignment_status: AssignmentStatus
    assignment: Assignment | None
    fulfillment_contact: PersonRef | None
    partner: Partner | None
    end_customer: str
    country: str | None
    placed_at: datetime
    booked_at: datetime | None
    lines: list[LinePublic]
    delays: list[DelayPublic]
    closed_without_provisioning: bool = Field(
        description="Closed in Commerce although something was never set up"
    )
    visible_because: list[WayPublic]
    timeline: list[TimelineStep]
    following: bool
    you_may: list[str] = Field(description="The operations that this order lets you do now")


class OrderAnswer(OrderPublic):
    """The order after a write, with what was done."""

    receipt: Receipt


class Summary(BaseModel):
    """How many orders you see, by what people ask for first."""

    total: int
    unassigned: int
    delayed: int
    by_status: dict[str, int]
    by_assignment: dict[AssignmentStatus, int]


def _accepted(value: bool) -> bool:
    if not value:
        raise ValueError(
            "Whoever assigns an order accepts the terms of it. Send `accept_terms: true` once the "
            f"person has: {TERMS}"
        )
    return value


# Confirming sets it; no engine does.
AcceptTerms = Annotated[
    bool,
    AfterValidator(_accepted),
    Field(
        validate_default=True,
        description=f"The person accepts, by true: {TERMS}",
        json_schema_extra={
            ACCEPTED_BY_CONFIRMING: {"terms": TERMS, "button": "Accept the terms and assign"}
        },
    ),
]


class AssignOrder(Body):
    """Where an order's licences go, for all lines or some of them."""

    smart_account: AccountDomain = Field(description="Domain of the Smart Account; it is active")
    virtual_account: Annotated[str, BeforeValidator(clean)] | None = Field(
        default=None,
        max_length=100,
        description="Name or path of the virtual account; the account's default if left out",
    )
    lines: list[Annotated[int, Field(ge=1)]] | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Numbers of the lines; all that can be assigned if left out",
    )
    accept_terms: AcceptTerms = False


class AssignOrders(Body):
    """The same for many orders at once; each has a result of its own."""

    orders: list[OrderNumber] = Field(min_length=1, max_length=MOST_AT_ONCE)
    smart_account: AccountDomain = Field(description="Domain of the Smart Account; it is active")
    virtual_account: Annotated[str, BeforeValidator(clean)] | None = Field(
        default=None,
        max_length=100,
        description="Name or path of the virtual account; the account's default if left out",
    )
    accept_terms: AcceptTerms = False


class AssignmentResult(BaseModel):
    """What became of one of many orders."""

    number: str
    status: Literal["assigned", "unchanged", "failed"]
    detail: str


class AssignOrdersAnswer(BaseModel):
    """What became of each, and how many of which kind."""

    results: list[AssignmentResult]
    assigned: int
    unchanged: int
    failed: int
    receipt: Receipt


class DelegateOrder(Body):
    """Who may assign one order in the Fulfillment Contact's place."""

    email: Email = Field(description="E-mail address of the delegate")
    message: Annotated[str, BeforeValidator(clean)] = Field(default="", max_length=500)


class OrderDelegationPublic(BaseModel):
    """A delegation of one order. `link` is in the answer of its making alone."""

    id: str | None
    order_number: str
    email: str
    status: Literal["sent", "redeemed", "revoked", "expired"]
    delegator: PersonRef
    message: str
    created_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    link: str | None = None


class OrderDelegationAnswer(OrderDelegationPublic):
    """The delegation after a write, with what was done."""

    warnings: list[str] = Field(
        default_factory=list, description="What should be read before it is confirmed"
    )
    receipt: Receipt


class RedeemDelegation(Body):
    """The token of a delegation's link."""

    token: str = Field(min_length=8, max_length=200)


class ShareOrder(Body):
    """Who else sees and assigns the order (order-based access)."""

    emails: list[Email] = Field(min_length=1, max_length=20)


class OrderSharePublic(BaseModel):
    """Somebody an order is shared with."""

    email: str
    shared_by: PersonRef
    shared_at: datetime


class OrderSharesAnswer(BaseModel):
    """Everybody the order is shared with now, and what was done."""

    items: list[OrderSharePublic]
    receipt: Receipt


class ChangeProvisioningContact(Body):
    """Who sets the subscription lines of an order up."""

    email: Email = Field(description="E-mail address of the new provisioning contact")
    lines: list[Annotated[int, Field(ge=1)]] | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Numbers of the lines; all subscription lines that are open if left out",
    )


class LicensePublic(BaseModel):
    """Licences in a virtual account."""

    id: str
    virtual_account: str
    order_number: str
    line: int
    sku: str
    product: str
    quantity: int
    kind: Literal["perpetual", "term", "subscription"]
    status: Literal["active", "expired", "future"]
    starts_at: datetime
    ends_at: datetime | None
    subscription_id: str | None


class LineLicenses(BaseModel):
    """Where the licences of one line lie, or why they are nowhere yet."""

    line: int
    sku: str
    product: str
    quantity: int
    delivered_at: datetime | None
    assignment: Assignment | None = Field(
        description="Where they lie, or will lie once they are delivered"
    )
    portal: str = Field(description="Code of the portal in which they are found")
    text: str
    delays: list[str] = Field(description="Codes of the reasons why they are not there yet")


class OrderLicenses(BaseModel):
    """Where the licences of an order lie, line by line."""

    number: str
    delivered: int = Field(description="How many lines have been delivered")
    text: str = Field(description="The same in a sentence")
    items: list[LineLicenses]
    next: str | None = Field(default=None, description="Always null: there are few")


class OrderFilters(Body):
    """Which orders of those that you see; what is left out narrows nothing."""

    q: str | None = Field(
        default=None,
        max_length=200,
        description="The beginning of an order number, the customer's own number, or words of the "
        "customer, a product or its number",
    )
    assignment: AssignmentStatus | None = Field(
        default=None, description="Only those whose licences stand like this"
    )
    delayed: bool | None = Field(
        default=None, description="Only those that wait for something, or only the others"
    )
    status: OrderStatus | None = Field(default=None, description="Only this status")


class ExportOrders(Body):
    """A list of orders as a file."""

    format: Literal["csv", "xlsx"] = Field(description="CSV, or a workbook for Excel")
    filters: OrderFilters = Field(default_factory=OrderFilters)


class OrderExportPublic(BaseModel):
    """A file that is being made, or that waits to be fetched until it expires."""

    id: str | None = Field(
        description="Also the file's: GET /order-exports/{export_id}/file; null in a dry run"
    )
    status: Literal["queued", "running", "ready", "failed"]
    format: Literal["csv", "xlsx"]
    filters: OrderFilters
    done: int = Field(description="How many orders are written")
    total: int | None = Field(description="How many there are; null before that is known")
    size: int | None = Field(description="Bytes of the file, once it is ready")
    problem: str | None = Field(description="Why it failed, and what to do")
    created_at: datetime
    expires_at: datetime


class OrderExportAnswer(OrderExportPublic):
    """The download that was begun, with what was done."""

    receipt: Receipt
