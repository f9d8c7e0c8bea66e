"""Cases are threads: a head that lists need, and entries that say all that happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id
from backend.core.search import SearchWords


class Counter(SQLModel, table=True):
    """Gapless numbers that people read out; a database sequence would leave gaps."""

    name: str = Field(primary_key=True, max_length=40)
    value: int


class Case(SQLModel, table=True):
    """A request that a person at the desk looks after."""

    __tablename__ = "support_case"
    __table_args__ = (
        Index("case_by_queue", "queue", "status", "created_at", "number"),
        Index("case_by_due", "queue", "status", "due_at", "number"),
        Index("case_by_assignee", "assignee", "status"),
    )

    number: str = Field(primary_key=True, max_length=20)
    kind: str = Field(max_length=20)
    category: str = Field(max_length=30)
    portal: str | None = Field(default=None, max_length=20)
    severity: int = 3
    status: str = Field(default="new", max_length=20)
    queue: str = Field(max_length=30)
    requester: str = Field(foreign_key="person.id", max_length=254, index=True)
    assignee: str | None = Field(default=None, foreign_key="person.id", max_length=254)
    title: str = Field(max_length=200)
    description: str = Field(default="", max_length=5000)
    smart_account_id: int | None = Field(default=None, foreign_key="smart_account.id", index=True)
    order_number: str | None = Field(default=None, max_length=20)
    phone: str | None = Field(default=None, max_length=40)
    conversation: str | None = Field(default=None, max_length=64, index=True)
    merged_into: str | None = Field(
        default=None, foreign_key="support_case.number", max_length=20, index=True
    )
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the first of the running clocks breaks; nothing while none runs. With `due_clock` and
    `alert_at` it repeats what follows from the thread, so that lists can sort by it."""
    due_clock: str | None = Field(default=None, max_length=20)
    alert_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When the desk is to be told of a clock next."""


class CaseAlert(SQLModel, table=True):
    """The desk was told, once, that a clock of a case is about to break or that it broke."""

    __tablename__ = "case_alert"

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    clock_name: str = Field(primary_key=True, max_length=20)
    due_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    kind: str = Field(primary_key=True, max_length=10)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class AppliedPolicy(SQLModel, table=True):
    """By which rules what `Case` keeps of them was computed: here its due moments."""

    __tablename__ = "applied_policy"

    name: str = Field(primary_key=True, max_length=40)
    fingerprint: str = Field(max_length=64)


class CaseEntry(SQLModel, table=True):
    """One entry of the thread. `internal` entries are the desk's own."""

    __tablename__ = "case_entry"
    __table_args__ = (Index("entry_of_case", "case_number", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    case_number: str = Field(foreign_key="support_case.number", max_length=20)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    type: str = Field(max_length=20)
    author: str = Field(max_length=254)
    internal: bool = False
    text: str = Field(default="", max_length=5000)
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Attachment(SQLModel, table=True):
    """A file that belongs to a case; its bytes lie under `STATE_DIR/files`."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    case_number: str = Field(foreign_key="support_case.number", max_length=20, index=True)
    filename: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    size: int
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class Engagement(SQLModel, table=True):
    """What a training or demo case is about, and when it takes place once scheduled."""

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    kind: str = Field(max_length=20)
    portal: str = Field(max_length=20)
    topics: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    time_zone: str = Field(max_length=64)
    attendees: int
    attendee_emails: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    language: str = Field(max_length=35)
    notes: str | None = Field(default=None, max_length=2000)
    scheduled_start: datetime | None = Field(default=None, sa_type=UtcDateTime)
    scheduled_end: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trainer: str | None = Field(default=None, max_length=200)
    meeting_url: str | None = Field(default=None, max_length=500)
    invitation_sequence: int = 0


class EngagementWindow(SQLModel, table=True):
    """A time that would suit the requester, in order of preference."""

    __tablename__ = "engagement_window"

    case_number: str = Field(primary_key=True, foreign_key="engagement.case_number", max_length=20)
    position: int = Field(primary_key=True)
    start: datetime = Field(sa_type=UtcDateTime, index=True)
    end: datetime = Field(sa_type=UtcDateTime)


class CaseWords(SearchWords, table=True):
    """The words by which a case is found: by everybody who may see it, and (`internal`, only
    while there is anything internal) by the desk, for which everything is in it.

    Nobody writes these rows: they follow from the case (`indexing.py`).
    """

    __tablename__ = "case_words"
    __table_args__ = (
        UniqueConstraint("case_number", "internal"),
        # The condition keeps SQLite, which has an FTS5 table for this, from storing them twice.
        Index("words_of_cases", "words", postgresql_using="gin", sqlite_where=text("0")),
    )

    case_number: str = Field(foreign_key="support_case.number", ondelete="CASCADE", max_length=20)
    internal: bool = False


class DeskView(SQLModel, table=True):
    """Filters of the queue under a name: an agent's own, or a lead's for everybody."""

    __tablename__ = "desk_view"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index(
            "shared_view",
            "key",
            unique=True,
            sqlite_where=text("shared"),
            postgresql_where=text("shared"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    owner: str = Field(foreign_key="person.id", max_length=254)
    name: str = Field(max_length=60)
    key: str = Field(max_length=60)
    shared: bool = False
    filters: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class DeskAgent(SQLModel, table=True):
    """How an agent works: whether cases may be given to them, and what the console does."""

    __tablename__ = "desk_agent"

    person: str = Field(primary_key=True, foreign_key="person.id", max_length=254)
    takes_cases: bool = True
    away_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    default_view: str | None = Field(
        default=None, foreign_key="desk_view.id", ondelete="SET NULL", max_length=32
    )
    shortcuts: bool = True
