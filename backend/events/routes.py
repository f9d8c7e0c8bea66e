"""The calls about an account's history."""

from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, BeforeValidator
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.events import Event
from backend.core.identity import by_address
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES, FieldError, invalid
from backend.core.tables import as_csv
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.core.wording import shown
from backend.events import repository, service
from backend.events.schemas import EventPublic

router = APIRouter(
    prefix="/smart-accounts/{smart_account}", tags=["events"], route_class=UnitOfWorkRoute,
    responses=RESPONSES,
)  # fmt: skip
CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "The table", "content": {"text/csv": {"schema": {"type": "string"}}}}
}
_DATE_LENGTH = len("2027-03-09")


def _whole(said: Any, moment: time) -> Any:
    """A date alone means its begin or its end. A `+` that was not escaped arrives as a blank."""
    if not isinstance(said, str):
        return said
    said = said.strip()
    if len(said) == _DATE_LENGTH:
        return f"{said}T{moment.isoformat()}"
    return said.replace(" ", "+") if "T" in said else said


def _in_utc(moment: datetime) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"{shown(moment)} is out of reach. Name a date of our time.") from exc


Since = Annotated[
    datetime, BeforeValidator(lambda said: _whole(said, time.min)), AfterValidator(_in_utc)
]
Until = Annotated[
    datetime, BeforeValidator(lambda said: _whole(said, time.max)), AfterValidator(_in_utc)
]
Account = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]


class Filter(BaseModel):
    """Which events are wanted."""

    type: str | None
    actor: str | None
    since: datetime | None
    until: datetime | None


def _filter(
    type: Annotated[  # noqa: A002 - the contract's name
        str | None, Query(max_length=60, description="Only this type, like `user_added`")
    ] = None,
    actor: Annotated[
        str | None, Query(max_length=254, description="Only what this person did, by e-mail")
    ] = None,
    since: Annotated[
        Since | None, Query(description="From this moment or day on, UTC without a zone")
    ] = None,
    until: Annotated[
        Until | None, Query(description="Up to this moment or the end of this day")
    ] = None,
) -> Filter:
    if since and until and since > until:
        raise invalid(
            [
                FieldError(
                    field="until",
                    code="before_since",
                    message=f"{until:%Y-%m-%d %H:%M} is before {since:%Y-%m-%d %H:%M}, from "
                    "which on events were asked for. Name a later end.",
                )
            ]
        )
    return Filter(type=type, actor=actor, since=since, until=until)


Wanted = Annotated[Filter, Depends(_filter)]


async def _narrowed(
    session: AsyncSession, statement: SelectOfScalar[Event], wanted: Filter
) -> SelectOfScalar[Event]:
    actor = wanted.actor.strip().lower() if wanted.actor else None
    person = await by_address(session, actor) if actor else None
    return repository.filtered(
        statement, type_=wanted.type, actor=person.id if person else actor, since=wanted.since,
        until=wanted.until,
    )  # fmt: skip


@router.get("/events", operation_id="list_events")
async def list_events(
    smart_account: Account,
    wanted: Wanted,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[EventPublic]:
    """List what happened in a Smart Account, newest first: who, what, when, through which face.
    Whoever has roles in some virtual accounts sees what is about those.
    """
    _, statement = await service.readable(session, person, smart_account)
    statement = await _narrowed(session, statement, wanted)
    items, following = await service.page(session, statement, cursor, limit)
    return Page(items=items, next=following)


@router.get("/events.csv", response_class=StreamingResponse, responses=CSV)
async def export_events(
    smart_account: Account, wanted: Wanted, person: CurrentPerson, session: SessionDep
) -> StreamingResponse:
    """Download the same history as CSV, whole."""
    found, statement = await service.readable(session, person, smart_account)
    statement = await _narrowed(session, statement, wanted)
    return as_csv(f"events-{found.account.domain}.csv", service.HEADS, service.rows(statement))
