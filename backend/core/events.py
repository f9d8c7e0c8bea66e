"""The event history: every write says who did what, when, through which face."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock, jobs
from backend.core.auth import CurrentClaims
from backend.core.database import UtcDateTime
from backend.core.ids import new_id

SUBJECT_LENGTH, TEXT_LENGTH = 254, 1000


class Event(SQLModel, table=True):
    """Something that happened. Never changed afterwards; jobs and histories read from it."""

    __table_args__ = (
        Index("events_of_an_account", "smart_account_id", "at", "id"),
        Index("events_of_a_type", "smart_account_id", "type", "at", "id"),
        Index("events_of_an_actor", "smart_account_id", "actor", "at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    type: str = Field(max_length=60, index=True)
    actor: str = Field(max_length=254)
    on_behalf_of: str | None = Field(default=None, max_length=254)
    via: str = Field(max_length=20)
    rule: str | None = Field(default=None, max_length=80)
    text: str = Field(max_length=TEXT_LENGTH)
    subject: str = Field(max_length=SUBJECT_LENGTH, index=True)
    smart_account_id: int | None = Field(default=None)
    conversation: str | None = Field(default=None, max_length=64)
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class EventPlace(SQLModel, table=True):
    """A virtual account that an event is about: whoever has a role there may read it."""

    __tablename__ = "event_place"

    event_id: str = Field(foreign_key="event.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(primary_key=True, max_length=32, index=True)


class Acting(BaseModel):
    """Who acts and how, as events note it."""

    person: str
    via: str = "rest"
    conversation: str | None = None


def _acting(claims: CurrentClaims) -> Acting:
    return Acting(person=claims.person, via=claims.via, conversation=claims.conversation)


ActingDep = Annotated[Acting, Depends(_acting)]


async def record(
    session: AsyncSession,
    type_: str,
    acting: Acting,
    *,
    subject: str,
    text: str,
    virtual_accounts: Iterable[str] = (),
    **more: Any,
) -> Event:
    """Append an event in the caller's transaction, with the jobs that follow from its type.

    `virtual_accounts` are the ids of those it is about; `more` are other fields of `Event`.
    """
    event = Event(
        type=type_,
        actor=acting.person,
        via=acting.via,
        conversation=acting.conversation,
        subject=subject[:SUBJECT_LENGTH],
        text=text[:TEXT_LENGTH],
        **more,
    )
    session.add(event)
    await session.flush()
    session.add_all(
        EventPlace(event_id=event.id, virtual_account_id=place)
        for place in dict.fromkeys(virtual_accounts)
    )
    for name in jobs.following(type_):
        await jobs.enqueue(session, name, event.id)
    return event
