"""The bodies of the calls about access requests, and a request as people see it. Fields check
themselves one by one, so that a dry run with a partial body says at once what is wrong and what
is still to ask.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from backend.core.fields import Body, clean, one_line
from backend.core.identity import PersonRef
from backend.core.policy import ROLE_NAMES, Role
from backend.core.receipts import Receipt
from backend.core.wording import shown
from backend.users.models import SA_ROLES, VA_ROLES
from backend.virtual_accounts.names import Named, key_of

MOST_PLACES = 25
# What delegates and rules grant at most.
CEILING = Role.VA_ADMIN


class Scope(StrEnum):
    """How far a role reaches."""

    ACCOUNT = "account"
    VIRTUAL_ACCOUNTS = "virtual_accounts"


ROLES_OF = {Scope.ACCOUNT: SA_ROLES, Scope.VIRTUAL_ACCOUNTS: VA_ROLES}
SCOPE_NAMES = {
    Scope.ACCOUNT: "the entire account",
    Scope.VIRTUAL_ACCOUNTS: "selected virtual accounts",
}


class Status(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    PARTIALLY_APPROVED = "partially_approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# A request is decided once, or not at all; every other change is refused.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    status: frozenset(Status) - {Status.PENDING} if status is Status.PENDING else frozenset()
    for status in Status
}
STATUS_NAMES = {
    Status.PENDING: "Waiting for a decision",
    Status.APPROVED: "Approved",
    Status.PARTIALLY_APPROVED: "Partially approved",
    Status.DECLINED: "Declined",
    Status.CANCELLED: "Cancelled",
    Status.EXPIRED: "Expired",
}

AccountName = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=253)
]
Reason = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=500)]
Places = Annotated[list[Named], Field(max_length=MOST_PLACES)]


def fits(role: Role, scope: Scope) -> bool:
    """Whether a role of this kind can be held with this scope."""
    return role in ROLES_OF[scope]


def misfit(role: Role, scope: Scope) -> str:
    """What to say of a role that does not fit its scope."""
    names = ", ".join(ROLE_NAMES[one] for one in reversed(ROLES_OF[scope]))
    return f"{ROLE_NAMES[role]} is no role for {SCOPE_NAMES[scope]}. It is one of: {names}."


def counted(value: Any) -> Any:
    """Refuse too many before anything else is looked at, with the number."""
    if isinstance(value, list) and len(value) > MOST_PLACES:
        raise ValueError(
            f"You named {len(value)} virtual accounts. One request can ask for at most "
            f"{MOST_PLACES}; make another one for the rest."
        )
    return value


def different(places: list[str]) -> list[str]:
    """Refuse a virtual account that is named twice, in whatever case."""
    seen: set[str] = set()
    for place in places:
        if key_of(place) in seen:
            raise ValueError(f"{shown(place)} is named twice. Name each virtual account once.")
        seen.add(key_of(place))
    return places


def needed(name: str) -> PydanticCustomError:
    """A field that is needed only because of another one."""
    return PydanticCustomError("missing", f"{name} is missing")


def of_the_scope(scope: Scope | None, places: list[str] | None) -> list[str] | None:
    """Virtual accounts are named where selected ones are meant, and only there."""
    if scope is Scope.ACCOUNT and places:
        raise ValueError(
            "Virtual accounts can’t be named for the entire account. Leave them out, or "
            "choose the scope virtual_accounts."
        )
    if scope is Scope.VIRTUAL_ACCOUNTS and places is None:
        raise needed("virtual accounts")
    if scope is Scope.VIRTUAL_ACCOUNTS and not places:
        raise ValueError(f"You named no virtual account. Name at least one, at most {MOST_PLACES}.")
    return different(places) if places else None


class RequestAccess(Body):
    """A wish for a role in a Smart Account."""

    smart_account: AccountName = Field(
        description="Domain of the Smart Account, like company.example, or its exact name"
    )
    scope: Scope = Field(description="The entire account, or selected virtual accounts")
    role: Role = Field(
        description="sa_… roles for the entire account, va_… roles for selected virtual accounts"
    )
    virtual_accounts: Places | None = Field(
        default=None, validate_default=True,
        description="Names of the virtual accounts, 1 to 25, when the scope is virtual_accounts",
    )  # fmt: skip
    include_nested: bool = Field(
        default=False, description="Also what is nested in these virtual accounts"
    )
    justification: Reason | None = Field(
        default=None, description="Why you need it, for whoever decides"
    )

    @field_validator("role")
    @classmethod
    def _fits_the_scope(cls, role: Role, info: ValidationInfo) -> Role:
        scope = info.data.get("scope")
        if scope is not None and not fits(role, scope):
            raise ValueError(misfit(role, scope))
        return role

    @field_validator("virtual_accounts", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        return counted(value)

    @field_validator("virtual_accounts")
    @classmethod
    def _belong_to_the_scope(
        cls, places: list[str] | None, info: ValidationInfo
    ) -> list[str] | None:
        return of_the_scope(info.data.get("scope"), places)


class ApproveAccessRequest(Body):
    """What is granted, where it differs from what was asked; as asked when nothing is named."""

    scope: Scope | None = Field(default=None, description="Another scope than the one asked for")
    role: Role | None = Field(default=None, description="Another role than the one asked for")
    virtual_accounts: Places | None = Field(
        default=None, description="Names of the virtual accounts that are granted, when not all"
    )
    include_nested: bool | None = Field(
        default=None, description="Whether what is nested in them is granted too; as asked if not"
    )

    @field_validator("virtual_accounts", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        return counted(value)

    @field_validator("virtual_accounts")
    @classmethod
    def _different(cls, places: list[str] | None) -> list[str] | None:
        if places is not None and not places:
            raise ValueError(
                "Name at least one virtual account to grant, or decline the request instead."
            )
        return different(places) if places else None


class DeclineAccessRequest(Body):
    """Why a request is declined."""

    reason: Reason | None = Field(default=None, description="Why; the person who asked reads it")


class Granted(BaseModel):
    """What somebody was given."""

    scope: Scope
    role: Role
    virtual_accounts: list[str]
    include_nested: bool = False


class AccessRequestPublic(BaseModel):
    """A request for access."""

    id: str | None
    smart_account: str = Field(description="Domain of the Smart Account")
    smart_account_name: str
    requester: PersonRef
    scope: Scope
    role: Role
    virtual_accounts: list[str]
    include_nested: bool
    justification: str
    status: Status
    granted: Granted | None = Field(description="What was given; null unless it was approved")
    deciders: list[PersonRef] = Field(
        description="Who can decide it now; nobody once it is decided"
    )
    may_decide: bool = Field(description="Whether you can decide it now")
    decided_by: PersonRef | None = Field(description="Null when a rule decided, or time")
    decided_at: datetime | None
    on_behalf_of: PersonRef | None = Field(
        description="In whose place it was decided, by a delegate or by that person's rule"
    )
    rule: str | None = Field(description="Id of the rule that decided or routed it")
    reason: str | None
    created_at: datetime
    expires_at: datetime
    reminded_at: datetime | None


class AccessRequestAnswer(AccessRequestPublic):
    """A request and the receipt of the write that answers with it."""

    receipt: Receipt
