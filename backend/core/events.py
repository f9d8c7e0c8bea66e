"""The event history: every write says who did what, when, through which face."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock, jobs
from backend.core.auth import CurrentClaims
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class Event(SQLModel, table=True):
    """Something that happened. Never changed afterwards; jobs and histories read from it."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    type: str = Field(max_length=60, index=True)
    actor: str = Field(max_length=254)
    on_behalf_of: str | None = Field(default=None, max_length=254)
    via: str = Field(max_length=20)
    rule: str | None = Field(default=None, max_length=80)
    text: str = Field(max_length=1000)
    subject: str = Field(max_length=100, index=True)
    smart_account_id: int | None = Field(default=None, index=True)
    conversation: str | None = Field(default=None, max_length=64)
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Acting(BaseModel):
    """Who acts and how, as events note it."""

    person: str
    via: str = "rest"
    conversation: str | None = None


def _acting(claims: CurrentClaims) -> Acting:
    return Acting(person=claims.person, via=claims.via, conversation=claims.conversation)


ActingDep = Annotated[Acting, Depends(_acting)]


async def record(
    session: AsyncSession, type_: str, acting: Acting, *, subject: str, text: str, **more: Any
) -> Event:
    """Append an event in the caller's transaction, with the jobs that follow from its type."""
    event = Event(
        type=type_,
        actor=acting.person,
        via=acting.via,
        conversation=acting.conversation,
        subject=subject,
        text=text,
        **more,
    )
    session.add(event)
    await session.flush()
    for name in jobs.following(type_):
        await jobs.enqueue(session, name, event.id)
    return event
