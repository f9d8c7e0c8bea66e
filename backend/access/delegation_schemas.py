"""The bodies of the calls about delegations, and a delegation as people see it."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from backend.access.schemas import Places, Scope, counted, of_the_scope
from backend.core.fields import Body, Email
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt

_DAY = re.compile(r"\s*(\d{4}-\d\d-\d\d)\s*")


def _whole_day(value: Any) -> Any:
    """A day on which something ends is meant with all its hours."""
    day = _DAY.fullmatch(value) if isinstance(value, str) else None
    return f"{day[1]}T23:59:59" if day else value


class DelegateApprovals(Body):
    """Somebody decides requests in your place."""

    delegate: Email = Field(
        description="E-mail of a member of the account who is more than a viewer"
    )
    scope: Scope = Field(description="Requests of the entire account, or of virtual accounts")
    virtual_accounts: Places | None = Field(
        default=None, validate_default=True,
        description="Names of the virtual accounts, with what is nested in them, 1 to 25, when "
        "the scope is virtual_accounts",
    )  # fmt: skip
    starts: datetime | None = Field(
        default=None, description="When it begins, ISO 8601; at once if left out"
    )
    ends: Annotated[datetime, BeforeValidator(_whole_day)] = Field(
        description="When it ends, ISO 8601, at most 90 days after it begins; a day includes all "
        "its hours"
    )

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


class DelegationPublic(BaseModel):
    """A delegation of approvals."""

    id: str | None
    smart_account: str
    delegator: PersonRef
    delegate: PersonRef
    scope: Scope
    virtual_accounts: list[str]
    starts: datetime
    ends: datetime
    status: Literal["scheduled", "active", "ended"]
    created_at: datetime
    ended_at: datetime | None


class DelegationAnswer(DelegationPublic):
    """A delegation and the receipt of the write that answers with it."""

    receipt: Receipt
