"""The mails' way, for the desk: what was sent, what was not, and why."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import delete, or_
from sqlmodel import col, func, select

from backend.cases.repository import numbers_readable_by
from backend.core import clock
from backend.core.auth import CurrentPerson
from backend.core.database import after_commit, lock_row
from backend.core.events import ActingDep, record
from backend.core.identity import Person
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import RESPONSES, conflict, forbidden, not_found
from backend.core.receipts import Line, Receipt
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.notifications import courier
from backend.notifications.models import (
    BouncedAddress,
    Mail,
    MailState,
)
from backend.notifications.outbox import PROOFS

router = APIRouter(tags=["mails"], route_class=UnitOfWorkRoute, responses=RESPONSES)
_STUCK = (MailState.UNCONFIRMED, MailState.FAILED, MailState.BOUNCED)
_AGAIN = (*_STUCK, MailState.WAITING)
MailId = Annotated[str, Path(max_length=32, description="From the list")]


class MailHead(BaseModel):
    """A mail as the desk sees it: never its words, which may hold somebody’s code or link."""

    id: str
    to: str
    subject: str
    kind: str
    at: datetime
    state: MailState
    attempts: int
    next_try_at: datetime | None = Field(description="When it is tried next, while it waits")
    sent_at: datetime | None
    error: str | None = Field(description="What the mail server said last, if it did not take it")
    case_number: str | None
    may_try_again: bool


class MailAnswer(MailHead):
    """A mail and the receipt of the write."""

    receipt: Receipt


class MailCounts(BaseModel):
    """How many mails are in which state."""

    waiting: int
    unconfirmed: int
    failed: int
    bounced: int


def require_desk(person: Person) -> None:
    """403 unless the person works at the desk."""
    if not desk_allows(person, DeskAction.WORK_CASES):
        raise forbidden(
            "Only support agents look after mails.",
            "Ask the desk what became of a mail: open a case.",
        )


def _head(mail: Mail) -> MailHead:
    waits = mail.state == MailState.WAITING
    told = mail.model_dump(exclude={"subject", "next_try_at"})
    return MailHead(
        **told,
        subject="(a code for a new address)" if mail.kind in PROOFS else mail.subject,
        next_try_at=mail.next_try_at if waits else None,
        may_try_again=mail.state in _STUCK or (waits and mail.error is not None),
    )


@router.get("/mails", operation_id="list_mails")
async def list_mails(
    person: CurrentPerson,
    session: SessionDep,
    to: Annotated[str | None, Query(max_length=254, description="Only this address")] = None,
    state: Annotated[MailState | None, Query(description="Only this state")] = None,
    case: Annotated[str | None, Query(max_length=20, description="Only this case’s")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[MailHead]:
    """List the mails that were written, newest first, and how far each is. For support agents."""
    require_desk(person)
    statement = select(Mail).where(
        or_(col(Mail.case_number).is_(None), col(Mail.case_number).in_(numbers_readable_by(person)))
    )
    for column, wanted in ((Mail.to, to and to.lower()), (Mail.state, state),
                           (Mail.case_number, case)):  # fmt: skip
        if wanted:
            statement = statement.where(col(column) == wanted)
    mails, following = await newest_first(
        session, statement, col(Mail.at), col(Mail.id), cursor, limit
    )
    return Page(items=[_head(mail) for mail in mails], next=following)


@router.get("/mails/counts", operation_id="count_mails")
async def count_mails(person: CurrentPerson, session: SessionDep) -> MailCounts:
    """How many mails wait, may not have arrived, or were refused. For support agents."""
    require_desk(person)
    rows = await session.exec(select(Mail.state, func.count()).group_by(col(Mail.state)))
    counted: dict[str, int] = dict(rows.all())
    return MailCounts(**{name: counted.get(name, 0) for name in MailCounts.model_fields})


@router.post("/mails/{mail_id}/send-again", operation_id="send_mail_again",
             dependencies=WRITE_HEADERS)  # fmt: skip
async def send_mail_again(
    mail_id: MailId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> MailAnswer:
    """Have a mail tried again that was refused, waits, or may not have arrived. It keeps its
    Message-ID, so that a mailbox which has it already can drop it. For support agents.
    """
    require_desk(person)
    await lock_row(session, Mail, mail_id)
    mail = await session.get(Mail, mail_id)
    if mail is None:
        raise not_found("mail of that id", "Look for it in the list of mails.")
    if mail.state not in _AGAIN:
        raise conflict(
            "mail-not-stuck", "This mail needs no second try", _WHY_NOT[MailState(mail.state)],
            "Look at its state again in a moment.",
        )  # fmt: skip
    # What was claimed before is no longer the claimer's.
    mail.attempts += 1
    mail.state, mail.next_try_at, mail.claimed_by = MailState.WAITING, clock.now(), None
    session.add(mail)
    await session.exec(delete(BouncedAddress).where(col(BouncedAddress.email) == mail.to))
    await record(
        session, "mail_sent_again", acting, subject=mail.to,
        text=f"{person.name} has a mail to {mail.to} tried again", details={"mail": mail.id},
    )  # fmt: skip
    after_commit(session, courier.wake)
    receipt = Receipt(
        title="It is tried again", reference=None, lines=[Line(label="To", value=mail.to)]
    )
    return MailAnswer(**_head(mail).model_dump(), receipt=receipt)


_WHY_NOT = {
    MailState.KEPT: "It was written while no mail server was set, and stays in the outbox.",
    MailState.SENT: "The mail server has taken it.",
    MailState.HANDING_OVER: "It is being handed over at this moment.",
}
