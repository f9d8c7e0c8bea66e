"""What Commerce tells of an order: all that it knows, in numbered versions."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from backend.accounts.domains import AccountDomain
from backend.core.fields import Body, Email, one_line
from backend.orders.schemas import OrderStatus

MOST_LINES = 500
LARGEST_NUMBER = 2**31 - 1
YEARS = range(1990, 2201)
Provisioning = Literal[
    "not_started", "on_hold", "awaiting_provisioning_details", "scheduled", "in_progress",
    "failed", "completed",
]  # fmt: skip
# Which statuses an order can have when this moment is told, and those that imply it.
MOMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "booked_at": (
        frozenset(OrderStatus) - {"submitted"}, frozenset(OrderStatus) - {"submitted", "cancelled"}
    ),
    "provisioned_at": (
        frozenset({"provisioned", "closed", "cancelled"}), frozenset({"provisioned"})
    ),
    "closed_at": (frozenset({"closed", "cancelled"}), frozenset({"closed"})),
    "cancelled_at": (frozenset({"cancelled"}), frozenset({"cancelled"})),
}  # fmt: skip


def _in_reach(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"The year {moment.year} can’t be right: {YEARS[0]} to {YEARS[-1]} can.")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
Count = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]


Sku = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=60)]
Name = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=200)]
Place = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=400)]
Tenant = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=120)]
Customer = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=0, max_length=200)
]
Number = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=60)]
Subscription = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=40)
]
Digits = Annotated[str, BeforeValidator(one_line), StringConstraints(pattern=r"^[0-9]{1,20}$")]
Country = Annotated[
    str, BeforeValidator(one_line), StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")
]


class CommercePartner(Body):
    """Who sold the order."""

    domain: AccountDomain
    name: Name | None = None


class CommerceContact(Body):
    """The Fulfillment Contact: who says where the licences go."""

    name: Name
    email: Email


class CommerceLine(Body):
    """One product of the order, as Commerce knows it."""

    number: Count
    sku: Sku
    product: Name
    quantity: Count
    kind: Literal["perpetual", "term", "subscription"] = "perpetual"
    smart_enabled: bool = True
    provisioning: Provisioning = "not_started"
    provisioning_since: Moment | None = None
    provisioning_contact: Email | None = None
    requested_start: Moment | None = None
    set_up_mail_at: Moment | None = None
    onboarded_at: Moment | None = None
    claim_sent_at: Moment | None = None
    claimed_at: Moment | None = None
    tenant_asked_at: Moment | None = None
    tenant: Tenant | None = None
    ea_request_due_at: Moment | None = None
    ea_requested_at: Moment | None = None
    smart_account: AccountDomain | None = Field(
        default=None, description="Domain of the account assigned in Commerce, before the sale"
    )
    virtual_account: Place | None = Field(
        default=None, description="Name of its virtual account; the default one if left out"
    )
    assigned_at: Moment | None = None
    delivered_at: Moment | None = Field(default=None, description="When it was completed")
    subscription_id: Subscription | None = None
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.delivered_at is not None and self.provisioning != "completed":
            raise _contradiction("delivered_at is told of a line that is not completed.")
        if self.virtual_account is not None and self.smart_account is None:
            raise _contradiction("virtual_account is told without the smart_account it is in.")
        return self


class CommerceOrder(Body):
    """An order as it stands in Commerce now. Whatever is left out is not so (any more)."""

    version: Count = Field(description="Grows with every change; an older message changes nothing")
    changed_at: Moment | None = Field(default=None, description="When this version came about")
    web_order_number: Digits | None = None
    customer_order_number: Number | None = None
    type: Literal["standard", "subscription", "stocking", "ea"] = "standard"
    status: OrderStatus
    partner: CommercePartner | None = None
    end_customer: Customer = ""
    country: Country | None = None
    fulfillment_contact: CommerceContact | None = None
    placed_at: Moment
    booked_at: Moment | None = None
    provisioned_at: Moment | None = None
    closed_at: Moment | None = None
    cancelled_at: Moment | None = None
    holds: dict[Literal["credit", "deal", "export"], Moment] = Field(
        default_factory=dict, description="The reviews that hold it, and since when"
    )
    lines: list[CommerceLine] = Field(min_length=1, max_length=MOST_LINES)

    @field_validator("lines")
    @classmethod
    def _are_numbered(cls, lines: list[CommerceLine]) -> list[CommerceLine]:
        counted = Counter(line.number for line in lines)
        twice = sorted(number for number, count in counted.items() if count > 1)
        if twice:
            said = ", ".join(str(one) for one in twice[:5])
            raise PydanticCustomError(
                "duplicate_line", "Line {numbers} is there more than once.", {"numbers": said}
            )
        return lines

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name, (possible, _) in MOMENTS.items():
            if getattr(self, name) is not None and self.status not in possible:
                raise _contradiction(f"{name} is told of an order that is {self.status}.")
        return self

    def moment(self, name: str) -> datetime | None:
        """A moment of the order; where its status implies one that is not told, the version's."""
        told: datetime | None = getattr(self, name)
        if told is not None or self.status not in MOMENTS[name][1]:
            return told
        return self.placed_at if name == "booked_at" else self.since

    @property
    def since(self) -> datetime:
        """When this version came about, as far as it is told."""
        return self.changed_at or self.placed_at


def _contradiction(message: str) -> PydanticCustomError:
    return PydanticCustomError("contradiction", "{message}", {"message": message})


class CommerceAnswer(BaseModel):
    """What became of a message."""

    order_number: str
    version: int = Field(description="The version that holds now")
    applied: bool = Field(description="False for a version that is older, or was there already")
