"""What the desk looks through to teach the assistant: messages that it was unsure of, in groups of
those that mean alike, and what somebody said that they mean.

No table here holds a person's words as they were: texts are masked before they are kept.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class ReviewGroup(SQLModel, table=True):
    """Messages that mean alike. `open` counts those that nobody has labelled yet."""

    __tablename__ = "review_group"
    __table_args__ = (
        Index("review_group_by_size", "open", "newest_at", "id"),
        Index("review_group_by_time", "newest_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    text: str = Field(sa_type=Text)
    """The masked words of its first message: what the group is called."""
    centre: bytes = Field(sa_type=LargeBinary)
    """The mean direction of all its messages: float32, not normalised, little-endian."""
    size: int = 0
    open: int = 0
    newest_at: datetime = Field(sa_type=UtcDateTime)


class ReviewLabelling(SQLModel, table=True):
    """Somebody said what some messages of a group mean; without an intent, that they teach nothing.

    Nothing of it is deleted: taking it back is noted beside it.
    """

    __tablename__ = "review_labelling"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    group_id: str = Field(foreign_key="review_group.id", max_length=32, index=True)
    intent: str | None = Field(default=None, max_length=60)
    messages: int
    by: str = Field(max_length=254)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    undone_by: str | None = Field(default=None, max_length=254)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ReviewItem(SQLModel, table=True):
    """One message to look through. `text` is there once it is masked and grouped."""

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_seq"),
        Index(
            "review_item_to_group",
            "at",
            sqlite_where=text("group_id IS NULL"),
            postgresql_where=text("group_id IS NULL"),
        ),
        Index("review_item_of_group", "group_id", "at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", max_length=64)
    message_seq: int
    cause: str = Field(max_length=20)
    intent: str | None = Field(default=None, max_length=60)
    confidence: float | None = None
    guesses: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """What the engine thought of, `{name, confidence}`, best first."""
    text: str | None = Field(default=None, sa_type=Text)
    entities: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """What somebody marked in `text`: `{start, end, entity}`."""
    group_id: str | None = Field(default=None, foreign_key="review_group.id", max_length=32)
    labelling_id: str | None = Field(
        default=None, foreign_key="review_labelling.id", max_length=32, index=True
    )
    at: datetime = Field(sa_type=UtcDateTime)


class ReviewTurn(SQLModel, table=True):
    """One row that whoever groups messages locks, so that two never make the same group twice."""

    __tablename__ = "review_turn"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
