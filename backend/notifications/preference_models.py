"""What people chose to be mailed, what waits for a summary, and extra addresses of accounts."""

from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class NotificationPreference(SQLModel, table=True):
    """What a person chose; whoever has no row has the defaults.

    `categories` holds only what was chosen. `time_zone` is None for that of the profile.
    """

    __tablename__ = "notification_preference"

    person: str = Field(primary_key=True, foreign_key="person.id", max_length=254)
    categories: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    hour: int
    time_zone: str | None = Field(default=None, max_length=64)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class NotificationRecipient(SQLModel, table=True):
    """An address that gets an account’s news beside its people, once it is confirmed."""

    __tablename__ = "notification_recipient"
    __table_args__ = (UniqueConstraint("smart_account_id", "email"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id")
    email: str = Field(max_length=254, index=True)
    categories: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    hour: int
    time_zone: str = Field(max_length=64)
    added_by: str = Field(foreign_key="person.id", max_length=254)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    mailed: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """When confirmations were asked for, ISO 8601, within the last hour of the last one."""
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DigestItem(SQLModel, table=True):
    """News that waits for a summary; unique on event, kind and reader, like mails.

    `reader` is a person’s id, or that of an extra address. Which summary it comes in is decided
    by what the reader has chosen when that is written.
    """

    __tablename__ = "digest_item"
    __table_args__ = (
        UniqueConstraint("event_id", "kind", "reader"),
        Index(
            "digest_items_that_wait",
            "reader",
            "category",
            "at",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    reader: str = Field(max_length=254)
    is_recipient: bool = False
    event_id: str = Field(foreign_key="event.id", max_length=32)
    kind: str = Field(max_length=60)
    category: str = Field(max_length=20)
    smart_account_id: int | None = Field(default=None, foreign_key="smart_account.id")
    line: str = Field(sa_type=Text)
    link: str | None = Field(default=None, max_length=500)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When it came in a summary, or was dropped; kept for a while, so that a job which is done
    again does not tell it again."""


class Digest(SQLModel, table=True):
    """A summary that was written: at most one of a kind for a reader and period."""

    __tablename__ = "digest"

    reader: str = Field(primary_key=True, max_length=254)
    kind: str = Field(primary_key=True, max_length=10)
    period: date = Field(primary_key=True)
    items: int
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)


class MailTold(SQLModel, table=True):
    """When these words last went to this address, so that they do not go twice in a row."""

    __tablename__ = "mail_told"

    key: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class LicenseAlert(SQLModel, table=True):
    """That an account was told of a licence’s end when so many days were left."""

    __tablename__ = "license_alert"

    license_id: str = Field(
        primary_key=True, foreign_key="license.id", ondelete="CASCADE", max_length=32
    )
    ends_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    days: int = Field(primary_key=True)
