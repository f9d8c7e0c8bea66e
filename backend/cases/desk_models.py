"""What the desk keeps about its cases beside their threads."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class CaseLink(SQLModel, table=True):
    """One case has to do with another; told once, shown at both.

    `related` goes both ways: its `case_number` is the one that sorts first.
    """

    __tablename__ = "case_link"
    __table_args__ = (CheckConstraint("case_number <> other", name="ck_case_link_of_two"),)

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    other: str = Field(
        primary_key=True, foreign_key="support_case.number", max_length=20, index=True
    )
    kind: str = Field(primary_key=True, max_length=20)
    by: str = Field(max_length=254)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class CaseTag(SQLModel, table=True):
    """A word of the desk's on a case."""

    __tablename__ = "case_tag"

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    tag: str = Field(primary_key=True, max_length=40, index=True)


class CannedReply(SQLModel, table=True):
    """An answer that the desk has written for many cases; its variables are filled in by each."""

    __tablename__ = "canned_reply"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=80, unique=True)
    text: str = Field(max_length=5000)
    by: str = Field(max_length=254)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class CaseLooker(SQLModel, table=True):
    """Somebody of the desk has a case open, and perhaps writes on it; told again and again."""

    __tablename__ = "case_looker"

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    person: str = Field(primary_key=True, foreign_key="person.id", max_length=254)
    seen_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    writes: bool = False


class CaseSuggestion(SQLModel, table=True):
    """What the words of a case suggest for one of its fields, and why; the desk decides."""

    __tablename__ = "case_suggestion"

    case_number: str = Field(primary_key=True, foreign_key="support_case.number", max_length=20)
    field: str = Field(primary_key=True, max_length=20)
    value: str = Field(max_length=30)
    reason: str = Field(max_length=300)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, max_length=254)
    accepted: bool | None = None
