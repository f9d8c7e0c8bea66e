"""Who asked for access to what, by which rules it is decided, and who decides for whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id

_WHOLE_AND_PENDING = text("status = 'pending' AND scope = 'account'")


class AccessRequest(SQLModel, table=True):
    """A person's wish for a role in a Smart Account; what was granted may differ from it."""

    __tablename__ = "access_request"
    __table_args__ = (
        Index(
            "one_pending_request_a_role", "smart_account_id", "requester", "role", unique=True,
            sqlite_where=_WHOLE_AND_PENDING, postgresql_where=_WHOLE_AND_PENDING,
        ),
        Index("access_requests_of_an_account", "smart_account_id", "status", "created_at"),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id")
    requester: str = Field(foreign_key="person.id", max_length=254, index=True)
    scope: str = Field(max_length=20)
    role: str = Field(max_length=20)
    include_nested: bool = False
    justification: str = Field(default="", max_length=500)
    status: str = Field(default="pending", max_length=20)
    granted: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, max_length=254)
    on_behalf_of: str | None = Field(default=None, max_length=254)
    rule: str | None = Field(default=None, max_length=32)
    route_to: str | None = Field(default=None, max_length=254)
    reason: str | None = Field(default=None, max_length=500)


class AccessRequestPlace(SQLModel, table=True):
    """A virtual account that a request asks for."""

    __tablename__ = "access_request_place"

    request_id: str = Field(foreign_key="access_request.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", primary_key=True, max_length=32, index=True
    )


class AccessRule(SQLModel, table=True):
    """One of an account's ordered rules for incoming requests; the first that matches decides."""

    __tablename__ = "access_rule"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    position: int
    match: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    action: str = Field(max_length=20)
    role: str | None = Field(default=None, max_length=20)
    reason: str | None = Field(default=None, max_length=500)
    route_to: str | None = Field(default=None, max_length=254)
    created_by: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class ApprovalDelegation(SQLModel, table=True):
    """Somebody decides requests in another's place, from `starts` until `ends`."""

    __tablename__ = "approval_delegation"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    delegator: str = Field(foreign_key="person.id", max_length=254)
    delegate: str = Field(foreign_key="person.id", max_length=254, index=True)
    scope: str = Field(max_length=20)
    starts: datetime = Field(sa_type=UtcDateTime)
    ends: datetime = Field(sa_type=UtcDateTime, index=True)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DelegationPlace(SQLModel, table=True):
    """A virtual account to which a delegation is confined."""

    __tablename__ = "delegation_place"

    delegation_id: str = Field(
        foreign_key="approval_delegation.id", primary_key=True, max_length=32
    )
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", primary_key=True, max_length=32, index=True
    )
