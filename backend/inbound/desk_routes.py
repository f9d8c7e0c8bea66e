"""What the desk sees of mails that came in; of cases, only those of one’s own queues."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from backend.cases.repository import numbers_readable_by
from backend.core import files
from backend.core.auth import CurrentPerson
from backend.core.identity import Person
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.problems import RESPONSES, not_found
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.notifications.desk_routes import MailId, require_desk
from backend.notifications.models import InboundMail, InboundState

router = APIRouter(tags=["mails"], route_class=UnitOfWorkRoute, responses=RESPONSES)


class InboundHead(BaseModel):
    """A mail that came in."""

    id: str
    at: datetime
    sender: str
    subject: str
    size: int
    state: InboundState
    reason: str
    case_number: str | None
    kept: bool = Field(description="Whether the original can be downloaded")


def _may_be_read_by(person: Person) -> ColumnElement[bool]:
    number = col(InboundMail.case_number)
    return or_(number.is_(None), number.in_(numbers_readable_by(person)))


@router.get("/inbound-mails", operation_id="list_inbound_mails")
async def list_inbound_mails(
    person: CurrentPerson,
    session: SessionDep,
    state: Annotated[InboundState | None, Query(description="Only this state")] = None,
    case: Annotated[str | None, Query(max_length=20, description="Only this case’s")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[InboundHead]:
    """List the mails that came in, newest first, and what became of each. For support agents."""
    require_desk(person)
    statement = select(InboundMail).where(_may_be_read_by(person))
    if state:
        statement = statement.where(col(InboundMail.state) == state)
    if case:
        statement = statement.where(col(InboundMail.case_number) == case)
    mails, following = await newest_first(
        session, statement, col(InboundMail.at), col(InboundMail.id), cursor, limit
    )
    items = [InboundHead.model_validate(mail.model_dump()) for mail in mails]
    return Page(items=items, next=following)


@router.get(
    "/inbound-mails/{mail_id}/original", response_class=Response,
    responses={200: {"content": {"message/rfc822": {}}, "description": "The mail as it came in"}},
)  # fmt: skip
async def download_original(
    mail_id: MailId, person: CurrentPerson, session: SessionDep
) -> Response:
    """Save a mail as it came in, with everything that was cut from it. For support agents."""
    require_desk(person)
    found = select(InboundMail).where(InboundMail.id == mail_id, _may_be_read_by(person))
    mail = (await session.exec(found)).one_or_none()
    if mail is None or not mail.kept:
        raise not_found("original of that mail", "The list says which mails are kept.")
    name = f"{mail.at:%Y-%m-%d} {mail.sender or 'mail'}.eml"
    return files.download(name, "message/rfc822", files.kept(mail.id, name))
