"""Who asked for access to what, by which rules it is decided, and who decides for whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id

# In words that a partial index is recognised by: SQLite does so for these very words alone.
IS_PENDING = text("status = 'pending'")
IS_RUNNING = text("ended_at IS NULL")
_WHOLE_AND_PENDING = text("status = 'pending' AND scope = 'account'")
_ROLE_FITS = (
    "(scope = 'account' AND role IN ('sa_admin', 'sa_approver', 'sa_user', 'sa_viewer'))"
    " OR (scope = 'virtual_accounts' AND role IN ('va_admin', 'va_user', 'va_viewer'))"
)


class AccessRequest(SQLModel, table=True):
    """A person's wish for a role in a Smart Account; what was granted may differ from it.

    `named` are the virtual accounts asked for, id to name: history outlives what it is about.
    """

    __tablename__ = "access_request"
    __table_args__ = (
        CheckConstraint(_ROLE_FITS, name="ck_access_request_role_fits_the_scope"),
        CheckConstraint(
            "status IN ('pending', 'approved', 'partially_approved', 'declined', 'cancelled',"
            " 'expired')",
            name="ck_access_request_status",
        ),
        CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name="ck_access_request_decided_once"
        ),
        CheckConstraint(
            "(status IN ('approved', 'partially_approved')) = (granted IS NOT NULL)",
            name="ck_access_request_granted_when_approved",
        ),
        Index(
            "one_pending_request_a_role", "smart_account_id", "requester", "role", unique=True,
            sqlite_where=_WHOLE_AND_PENDING, postgresql_where=_WHOLE_AND_PENDING,
        ),
        Index("access_requests_of_an_account", "smart_account_id", "status", "created_at", "id"),
        Index("access_requests_of_a_person", "requester", "created_at", "id"),
        Index(
            "pending_requests_by_age", "created_at",
            sqlite_where=IS_PENDING, postgresql_where=IS_PENDING,
        ),
        Index(
            "pending_requests_by_end", "expires_at",
            sqlite_where=IS_PENDING, postgresql_where=IS_PENDING,
        ),
        Index(
            "pending_requests_by_route", "route_to",
            sqlite_where=IS_PENDING, postgresql_where=IS_PENDING,
        ),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id")
    requester: str = Field(foreign_key="person.id", max_length=254)
    scope: str = Field(max_length=20)
    role: str = Field(max_length=20)
    include_nested: bool = False
    named: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    justification: str = Field(default="", max_length=500)
    status: str = Field(default="pending", max_length=20)
    granted: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ageing_reminders: int = Field(default=0, description="How often it was old enough for one")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, max_length=254, index=True)
    on_behalf_of: str | None = Field(default=None, max_length=254)
    rule: str | None = Field(default=None, max_length=32)
    route_to: str | None = Field(default=None, max_length=254)
    reason: str | None = Field(default=None, max_length=500)


class AccessRequestPlace(SQLModel, table=True):
    """A virtual account that a request asks for."""

    __tablename__ = "access_request_place"

    request_id: str = Field(foreign_key="access_request.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", ondelete="CASCADE", primary_key=True, max_length=32,
        index=True,
    )  # fmt: skip


class AccessRule(SQLModel, table=True):
    """One of an account's ordered rules for incoming requests; the first that matches decides."""

    __tablename__ = "access_rule"
    __table_args__ = (
        UniqueConstraint("smart_account_id", "position"),
        CheckConstraint("action IN ('approve', 'decline', 'route')", name="ck_access_rule_action"),
        CheckConstraint(
            "role IS NULL OR action = 'approve'", name="ck_access_rule_role_of_an_approval"
        ),
        CheckConstraint(
            "role IS NULL OR role NOT IN ('sa_admin', 'sa_approver')",
            name="ck_access_rule_no_administrators",
        ),
        CheckConstraint(
            "(action = 'route') = (route_to IS NOT NULL)", name="ck_access_rule_route_to_somebody"
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id")
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
    __table_args__ = (
        CheckConstraint(
            "scope IN ('account', 'virtual_accounts')", name="ck_approval_delegation_scope"
        ),
        CheckConstraint(
            "delegate <> delegator", name="ck_approval_delegation_to_somebody_else"
        ),
        CheckConstraint("ends > starts", name="ck_approval_delegation_ends_after_it_starts"),
        Index(
            "running_delegations_by_end", "ends",
            sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING,
        ),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    delegator: str = Field(foreign_key="person.id", max_length=254, index=True)
    delegate: str = Field(foreign_key="person.id", max_length=254, index=True)
    scope: str = Field(max_length=20)
    starts: datetime = Field(sa_type=UtcDateTime)
    ends: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DelegationPlace(SQLModel, table=True):
    """A virtual account to which a delegation is confined."""

    __tablename__ = "delegation_place"

    delegation_id: str = Field(
        foreign_key="approval_delegation.id", primary_key=True, max_length=32
    )
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", ondelete="CASCADE", primary_key=True, max_length=32,
        index=True,
    )  # fmt: skip
