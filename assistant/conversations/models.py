"""Conversations as they are kept: the database is the truth, everything else a wake-up."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id, new_secret_id
from backend.core.search import SearchWords


def _json(*, nullable: bool = False) -> Any:
    return Column(JSON, nullable=nullable)


_HIGHEST = 2**31 - 1


def number_of(message_id: str | None) -> int | None:
    """The `seq` behind a message's public id; None for anything that can be none."""
    if not message_id or not message_id.isdecimal() or int(message_id) > _HIGHEST:
        return None
    return int(message_id)


class Conversation(SQLModel, table=True):
    """One person's talk on one portal. `turn_token` until `turn_until` is the turn's lease."""

    __table_args__ = (
        UniqueConstraint("person", "external_key"),
        Index("conversation_by_person", "person", "created_at"),
        Index("conversation_by_time", "created_at", "portal"),
    )

    id: str = Field(default_factory=new_secret_id, primary_key=True, max_length=64)
    person: str = Field(foreign_key="person.id", max_length=254)
    portal: str = Field(max_length=20)
    engine: str = Field(max_length=20)
    status: str = Field(default="bot", max_length=20, index=True)
    reason: str | None = Field(default=None, max_length=30)
    agent: str | None = Field(default=None, max_length=254)
    external_key: str | None = Field(default=None, max_length=200)
    last_seq: int = 0
    turn_token: str | None = Field(default=None, max_length=32)
    turn_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fresh_session: bool = True
    handed_off_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it first left the assistant for a person. With its reason it outlives handing back."""
    handed_off_reason: str | None = Field(default=None, max_length=30)
    rating_asked: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the person was asked how it went, which happens once."""
    form: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """One message. `seq` numbers them within the conversation, without gaps, in commit order."""

    __table_args__ = (
        UniqueConstraint("conversation_id", "client_message_id"),
        Index(
            "waiting_message",
            "conversation_id",
            "seq",
            sqlite_where=text("waiting"),
            postgresql_where=text("waiting"),
        ),
        # Statistics read a period from this index alone.
        Index("message_by_time", "at", "role", "engine", "intent"),
    )

    conversation_id: str = Field(foreign_key="conversation.id", primary_key=True, max_length=64)
    seq: int = Field(primary_key=True)
    role: str = Field(max_length=10)
    engine: str | None = Field(default=None, max_length=20)
    author: str | None = Field(default=None, max_length=254)
    text: str = Field(sa_type=Text)
    payload: str | None = Field(default=None, max_length=2000)
    file_id: str | None = Field(default=None, max_length=32)
    client_message_id: str | None = Field(default=None, max_length=100)
    waiting: bool = False
    in_reply_to: int | None = Field(default=None)
    event_id: str | None = Field(default=None, max_length=32, unique=True)
    buttons: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    ask: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    card: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    sources: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    case: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    proposal_id: str | None = Field(default=None, max_length=32)
    why: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    intent: str | None = Field(default=None, max_length=60)
    """The intent in `why`, where it can be counted."""
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class MessageWords(SearchWords, table=True):
    """The words by which a message is found; number 0 is whose conversation it is.

    Nobody writes these rows: they follow from the messages (`indexing.py`).
    """

    __tablename__ = "message_words"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        # The condition keeps SQLite, which has an FTS5 table for this, from storing them twice.
        Index("words_of_messages", "words", postgresql_using="gin", sqlite_where=text("0")),
    )

    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", max_length=64)
    seq: int


class Offer(SQLModel, table=True):
    """A payload that a conversation offered; no other is accepted there."""

    conversation_id: str = Field(foreign_key="conversation.id", primary_key=True, max_length=64)
    digest: str = Field(primary_key=True, max_length=64)
    title: str = Field(max_length=300)
    engine: str | None = Field(default=None, max_length=20)


class Proposal(SQLModel, table=True):
    """A write that waits for the person's own confirmation; its id is the idempotency key.

    `confirmed_in` is the message that confirmed it in words, which the receipt then answers.
    """

    __table_args__ = (
        Index(
            "open_proposal",
            "conversation_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", index=True, max_length=64)
    person: str = Field(max_length=254)
    operation: str = Field(max_length=80)
    arguments: dict[str, Any] = Field(sa_column=_json())
    arguments_hash: str = Field(max_length=64)
    preview: dict[str, Any] = Field(sa_column=_json())
    status: str = Field(default="open", max_length=20)
    engine: str = Field(max_length=20)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed_in: int | None = Field(default=None)
    result: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))


class Feedback(SQLModel, table=True):
    """What the conversation's person thinks: a thumb and why, of one answer (`message_seq`), or
    a rating of the whole. A changed mind changes the row.
    """

    __table_args__ = (
        UniqueConstraint("conversation_id", "message_seq"),
        Index(
            "rating_of_conversation",
            "conversation_id",
            unique=True,
            sqlite_where=text("message_seq IS NULL"),
            postgresql_where=text("message_seq IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", index=True, max_length=64)
    message_seq: int | None = None
    thumb: str | None = Field(default=None, max_length=4)
    rating: int | None = None
    reasons: list[str] = Field(default_factory=list, sa_column=_json())
    comment: str | None = Field(default=None, max_length=2000)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)


class ConversationFile(SQLModel, table=True):
    """A file that a person put into the chat; its bytes lie under `STATE_DIR/files`."""

    __tablename__ = "conversation_file"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", index=True, max_length=64)
    filename: str = Field(max_length=200)
    size: int
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
