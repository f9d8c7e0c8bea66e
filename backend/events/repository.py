"""Queries about an account's history. Lists start from what the person may read."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.core.events import Event, EventPlace


def of_account(smart_account_id: int, reach: Collection[str] | None) -> SelectOfScalar[Event]:
    """Everything of an account (None), or what is about one of these virtual accounts (ids)."""
    statement = select(Event).where(col(Event.smart_account_id) == smart_account_id)
    if reach is None:
        return statement
    about = select(EventPlace.event_id).where(
        col(EventPlace.event_id) == col(Event.id), col(EventPlace.virtual_account_id).in_(reach)
    )
    return statement.where(about.exists())


def filtered(
    statement: SelectOfScalar[Event], *, type_: str | None, actor: str | None,
    since: datetime | None, until: datetime | None,
) -> SelectOfScalar[Event]:  # fmt: skip
    """Only of this type, by this person (or in this person's place), from and until then."""
    if type_:
        statement = statement.where(col(Event.type) == type_)
    if actor:
        statement = statement.where(col(Event.actor) == actor)
    if since:
        statement = statement.where(col(Event.at) >= since)
    if until:
        statement = statement.where(col(Event.at) <= until)
    return statement
