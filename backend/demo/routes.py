"""Demo mode only: who can be tried, the mails written, and a clock that can be moved."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlmodel import col, func, select

from backend.core import clock, jobs, timers
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Organization, Person
from backend.core.problems import RESPONSES
from backend.demo.models import DemoClock
from backend.notifications.mails import links_in
from backend.notifications.models import Mail
from backend.people.routes import demo_only

router = APIRouter(
    prefix="/demo", tags=["demo"], dependencies=[Depends(demo_only)], responses=RESPONSES
)
MOST_SECONDS = 366 * 24 * 3600
FARTHEST_SECONDS = 50 * MOST_SECONDS
DRAIN_SECONDS = 5.0


class DemoPerson(BaseModel):
    """Somebody to try the product as."""

    email: str
    name: str
    organization: str
    kind: str
    note: str


class DemoPeople(BaseModel):
    """Everybody in the demo world."""

    items: list[DemoPerson]


class OutboxMail(BaseModel):
    """A mail as it was written."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    links: list[str]
    attachments: list[dict[str, Any]]
    at: datetime


class Outbox(BaseModel):
    """Mails, newest first."""

    items: list[OutboxMail]


class Advance(BaseModel):
    """How far to move the clock."""

    advance: float = Field(ge=0, le=MOST_SECONDS, description="Seconds to move it ahead")


class ClockNow(BaseModel):
    """The product's present moment."""

    now: datetime


@router.get("/people")
async def list_demo_people() -> DemoPeople:
    """Everybody you can sign in as."""
    async with database().read() as session:
        rows = await session.exec(
            select(Person, Organization.name).join(
                Organization, col(Organization.domain) == Person.organization_domain
            )
        )
        return DemoPeople(
            items=[
                DemoPerson(email=p.email, name=p.name, organization=name, kind=p.kind, note=p.note)
                for p, name in rows.all()
            ]
        )


@router.get("/outbox", operation_id="read_outbox")
async def read_outbox(
    to: Annotated[str | None, Query(max_length=254, description="Only this address")] = None,
) -> Outbox:
    """The mails that were written, newest first, once what is queued has been done."""
    await jobs.drained(database(), DRAIN_SECONDS)
    async with database().read() as session:
        statement = select(Mail).outerjoin(Event, col(Event.id) == Mail.event_id)
        if to:  # by what they tell of: two jobs may write their mails the other way round
            statement = statement.where(col(Mail.to) == to.lower())
            statement = statement.order_by(func.coalesce(Event.at, Mail.at).desc())
        statement = statement.order_by(col(Mail.at).desc(), col(Mail.id)).limit(200)
        mails = (await session.exec(statement)).all()
    return Outbox(
        items=[
            OutboxMail(
                **mail.model_dump(
                    include={"id", "to", "subject", "text", "html", "attachments", "at"}
                ),
                links=links_in(mail.text),
            )
            for mail in mails
        ]
    )


@router.post("/clock")
async def move_clock(body: Advance) -> ClockNow:
    """Move this product's clock ahead and do what is due by then."""
    async with database().write() as session:
        row = await session.get(DemoClock, 1) or DemoClock()
        row.seconds_ahead = min(row.seconds_ahead + body.advance, FARTHEST_SECONDS)
        session.add(row)
        ahead = row.seconds_ahead
    clock.set_offset(ahead)
    await timers.run_due()
    await jobs.drained(database(), DRAIN_SECONDS)
    return ClockNow(now=clock.now())


async def restore_clock() -> None:
    """After a start, the clock is where the demo had moved it."""
    async with database().read() as session:
        row = await session.get(DemoClock, 1)
    clock.set_offset(row.seconds_ahead if row else 0)
