"""Smart Accounts: a company's repository of licences, known by its domain identifier."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.sql.elements import conv
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id

# A customer who has not accepted by then has to be asked anew.
ACCEPT_DAYS = 90
PENDING = ("pending_acceptance", "pending_approval", "pending_domain_approval")
ENDED = ("active", "declined", "expired", "cancelled")
_IS_PENDING = text(
    "status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')"
)
_IS_ACCEPTED = text("accepted_at IS NOT NULL")


def _one_of(table: str, column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=conv(f"ck_{table}_{column}"))


class SmartAccount(SQLModel, table=True):
    """One account. The domain is its public identifier; `id` is the number people quote.

    A notice's number is the version that was accepted last, 0 for none. An account whose request
    ends without success is deleted, so that its domain is free again; the request stays.
    """

    __tablename__ = "smart_account"
    __table_args__ = (
        _one_of("smart_account", "status", "active", "pending"),
        _one_of("smart_account", "type", "customer", "holding"),
        _one_of("smart_account", "visibility", "unrestricted", "restricted"),
        _one_of("smart_account", "case_visibility", "all", "admins", "owner"),
    )

    id: int = Field(primary_key=True)
    domain: str = Field(max_length=253, unique=True)
    domain_path: str = Field(
        max_length=254, index=True, description="Labels from the top, each with a dot: `com.acme.`"
    )
    name: str = Field(max_length=100, index=True)
    key: str = Field(max_length=100, index=True, description="The name, case folded")
    type: str = Field(default="customer", max_length=20)
    status: str = Field(default="active", max_length=20)
    is_smb: bool = False
    visibility: str = Field(default="unrestricted", max_length=20)
    case_visibility: str = Field(default="owner", max_length=20)
    policies: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    headquarters: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    primary_contact: str | None = Field(default=None, max_length=254)
    smart_licensing_notice: int = 0
    admin_notice: int = 0
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


class SmartAccountAlias(SQLModel, table=True):
    """A domain that an account had before its upgrade; calls with it still answer."""

    __tablename__ = "smart_account_alias"

    domain: str = Field(primary_key=True, max_length=253)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)


class Location(SQLModel, table=True):
    """A place of the company; virtual accounts name it in `location`."""

    __table_args__ = (UniqueConstraint("smart_account_id", "name"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    name: str = Field(max_length=120)
    address: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class SmartAccountRequest(SQLModel, table=True):
    """Somebody's wish for an account: a new one, one for a customer, or an upgrade.

    `over_account_id` is the account above or below whose administrators decide. What was approved
    but waits for its acceptance says so in `approved_at`; addresses invited later may undo that.
    """

    __tablename__ = "smart_account_request"
    __table_args__ = (
        Index(
            "one_pending_request_a_domain", "domain", unique=True,
            sqlite_where=_IS_PENDING, postgresql_where=_IS_PENDING,
        ),
        Index(
            "one_pending_request_an_account", "smart_account_id", unique=True,
            sqlite_where=_IS_PENDING, postgresql_where=_IS_PENDING,
        ),
        _one_of("smart_account_request", "kind", "create", "customer", "upgrade"),
        _one_of("smart_account_request", "status", *PENDING, *ENDED),
        _one_of("smart_account_request", "visibility", "unrestricted", "restricted"),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    kind: str = Field(max_length=20)
    status: str = Field(max_length=30, index=True)
    name: str = Field(max_length=100)
    domain: str = Field(max_length=253, index=True)
    requester: str = Field(foreign_key="person.id", max_length=254, index=True)
    headquarters: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    visibility: str = Field(default="unrestricted", max_length=20)
    authority: str | None = Field(default=None, max_length=20)
    note: str = Field(default="", max_length=1000)
    note_to_customer: str = Field(default="", max_length=1000)
    smart_account_id: int | None = Field(
        default=None, foreign_key="smart_account.id", index=True, ondelete="SET NULL"
    )
    over_account_id: int | None = Field(
        default=None, foreign_key="smart_account.id", index=True, ondelete="SET NULL"
    )
    reminders: int = Field(default=0, description="How many have gone out")
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str | None = Field(default=None, max_length=254)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, max_length=254)
    reason: str | None = Field(default=None, max_length=1000)


class SmartAccountInvitation(SQLModel, table=True):
    """An address that may accept a requested account; the first to accept wins.

    `invited_at` is empty until the mail goes out, which may need an approval first.
    """

    __tablename__ = "smart_account_invitation"
    __table_args__ = (
        Index(
            "one_accepted_invitation", "request_id", unique=True,
            sqlite_where=_IS_ACCEPTED, postgresql_where=_IS_ACCEPTED,
        ),
    )  # fmt: skip

    request_id: str = Field(foreign_key="smart_account_request.id", primary_key=True, max_length=32)
    email: str = Field(primary_key=True, max_length=254, index=True)
    invited_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_by: str | None = Field(default=None, foreign_key="person.id", max_length=254)
