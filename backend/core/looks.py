"""Who looked at what: each time that support opens something of a person's, it is written down.

One row an hour for each viewer and thing: a page that brings itself up to date is one look.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import UtcDateTime, database, insert_into
from backend.core.ids import new_id

Kind = Literal["case", "transcript", "order"]


class LookedAt(SQLModel, table=True):
    """Somebody of support saw a case, a transcript or an order of `person`."""

    __tablename__ = "looked_at"
    __table_args__ = (
        Index("looks_in_an_hour", "viewer", "kind", "subject", "hour", unique=True),
        Index("looks_at_a_case", "case_number", "at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    viewer: str = Field(max_length=254)
    kind: str = Field(max_length=20)
    subject: str = Field(max_length=64)
    person: str = Field(max_length=254, index=True)
    case_number: str | None = Field(default=None, max_length=20)
    hour: datetime = Field(sa_type=UtcDateTime)
    at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)


async def note_look(
    session: AsyncSession, viewer: str, kind: Kind, subject: str, *, person: str,
    case_number: str | None = None,
) -> None:  # fmt: skip
    """Write it down before it is shown. `session` is the read's own; nobody is logged for what
    is theirs.
    """
    if viewer == person:
        return
    now = clock.now()
    look = LookedAt(
        viewer=viewer, kind=kind, subject=subject[:64], person=person, case_number=case_number,
        hour=now.replace(minute=0, second=0, microsecond=0), at=now,
    )  # fmt: skip
    there = await session.exec(
        select(LookedAt.id).where(
            LookedAt.viewer == viewer, LookedAt.kind == kind, LookedAt.subject == look.subject,
            col(LookedAt.hour) == look.hour,
        )
    )  # fmt: skip
    if there.first() is not None:
        return
    async with database().write() as own:
        await own.exec(
            insert_into(own, LookedAt).values(look.model_dump()).on_conflict_do_nothing()
        )
