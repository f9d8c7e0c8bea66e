"""The outbox, how far each mail is, addresses that do not take mail, and mails that came in."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id
from backend.core.settings import settings


class MailState(StrEnum):
    """How far a mail is on its way to a mail server."""

    KEPT = "kept"
    """Readable in the outbox only: no mail server was set when it was written."""
    WAITING = "waiting"
    """To be handed over at `next_try_at`; until then, after a claim, by whoever claimed it."""
    HANDING_OVER = "handing_over"
    """The server has all of it but the end; only the process that is at it may know more."""
    SENT = "sent"
    """The server took responsibility for it (250)."""
    UNCONFIRMED = "unconfirmed"
    """It may have arrived: the connection or the process ended before the server's answer."""
    FAILED = "failed"
    """The server refused it for good, or for three days; or it can’t be written as a mail."""
    BOUNCED = "bounced"
    """The address does not take mail, as the server or a later report said."""


def _first_state() -> str:
    return MailState.WAITING if settings().smtp_url else MailState.KEPT


class Mail(SQLModel, table=True):
    """One mail to one address. Unique on event, kind and address: a repeated job adds none.

    `headers` are further header fields by name, such as `Reply-To` or `List-Unsubscribe`. A claim
    is one more of `attempts`, so that whoever claimed it before can tell that it is no longer his.
    """

    __table_args__ = (
        UniqueConstraint("event_id", "kind", "to"),
        Index("mail_to_hand_over", "state", "next_try_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    event_id: str = Field(foreign_key="event.id", max_length=32)
    kind: str = Field(max_length=40)
    to: str = Field(max_length=254, index=True)
    subject: str = Field(max_length=200)
    text: str = Field(sa_type=Text)
    html: str = Field(sa_type=Text)
    attachments: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    headers: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    case_number: str | None = Field(default=None, max_length=20, index=True)
    state: str = Field(default_factory=_first_state, max_length=20)
    attempts: int = 0
    next_try_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    claimed_by: str | None = Field(default=None, max_length=40)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, max_length=500)


class BouncedAddress(SQLModel, table=True):
    """An address that does not take mail: none is sent there until it is verified again, or
    somebody of the desk has it tried again.
    """

    __tablename__ = "bounced_address"

    email: str = Field(primary_key=True, max_length=254)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    reason: str = Field(max_length=500)


class InboundState(StrEnum):
    """What became of a mail that came in."""

    THREAD = "thread"
    """It stands in the case’s thread."""
    NOTED = "noted"
    """An internal note: a machine wrote it, or it is a calendar’s answer."""
    QUARANTINED = "quarantined"
    """Its sender is not the requester; only the desk sees it."""
    REFUSED = "refused"
    """It could not be taken, and its sender was told why."""
    IGNORED = "ignored"
    """A forged address, a loop, or nothing in it."""
    REPORT = "report"
    """A report that one of our mails could not be delivered."""


class InboundMail(SQLModel, table=True):
    """A mail that came in; its bytes lie among the files under `id`, if `kept`."""

    __tablename__ = "inbound_mail"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    fingerprint: str = Field(max_length=64, unique=True)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    sender: str = Field(default="", max_length=254)
    subject: str = Field(default="", max_length=200)
    size: int = 0
    kept: bool = False
    state: str = Field(default=InboundState.IGNORED, max_length=20, index=True)
    reason: str = Field(default="", max_length=500)
    case_number: str | None = Field(default=None, max_length=20, index=True)
