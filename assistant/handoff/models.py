"""What is kept of hand-overs, of who is at the desk, and of what agents tell each other."""

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class Handover(SQLModel, table=True):
    """One way to a person: asked for, perhaps taken, ended. At most one is open a conversation.

    `end` says how: `handed_back`, `closed`, `left` (the person went back to the assistant) or
    `case` (they left a case instead). `offered_at` is when a waiting person was offered one.
    """

    __table_args__ = (
        Index(
            "open_handover",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("handovers_taken", "taken_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", index=True, max_length=64)
    reason: str = Field(max_length=30)
    agent: str | None = Field(default=None, max_length=254)
    begins_after: int = Field(default=0, description="The message that was said last before it")
    asked_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    end: str | None = Field(default=None, max_length=20)
    settled: str | None = Field(default=None, sa_type=Text)


class Presence(SQLModel, table=True):
    """An agent at the console: there until `until` unless away; the open console puts it off."""

    __tablename__ = "desk_presence"

    person: str = Field(foreign_key="person.id", primary_key=True, max_length=254)
    away: bool = False
    until: datetime = Field(sa_type=UtcDateTime)


class Whisper(SQLModel, table=True):
    """What agents tell each other beside a chat. Not among its messages, so that nothing which
    shows messages to the person can show one. It stands after message `after`.
    """

    __table_args__ = (Index("whispers_of_a_chat", "conversation_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", max_length=64)
    author: str = Field(max_length=254)
    text: str = Field(sa_type=Text)
    after: int
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
