"""The outbox: every mail that the product wrote."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class Mail(SQLModel, table=True):
    """One mail to one address. Unique on event, kind and address: a repeated job adds none."""

    __table_args__ = (UniqueConstraint("event_id", "kind", "to"),)

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
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
