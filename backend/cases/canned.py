"""Canned replies: answers written for many cases, with variables that each case fills in."""

import re
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository, service
from backend.cases.desk import desk
from backend.cases.desk_models import CannedReply
from backend.cases.models import Case
from backend.cases.page_schemas import (
    CannedReplyAnswer,
    CannedReplyBody,
    CannedReplyPublic,
    FilledReply,
)
from backend.cases.schemas import Status
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.portals import PORTAL_NAMES, Portal
from backend.core.problems import FieldError, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.core.settings import settings

VARIABLES = {
    "requester.name": "the requester’s name",
    "requester.first_name": "the requester’s first name",
    "requester.email": "the requester’s e-mail address",
    "agent.name": "your name",
    "agent.first_name": "your first name",
    "case.number": "the case’s number",
    "case.title": "the case’s title",
    "case.queue": "the queue it is in",
    "case.order_number": "the order it is about",
    "case.smart_account": "the domain of the Smart Account it is about",
    "case.portal": "the portal it happens in",
}
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def variables_in(text: str) -> list[str]:
    """The names between double braces, in order, each once."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def refuse_unknown(text: str) -> None:
    """422 that names the variables which do not exist."""
    unknown = [name for name in variables_in(text) if name not in VARIABLES]
    if unknown:
        raise invalid([
            FieldError(
                field="text", code="unknown_variable",
                message=f"There is no variable {{{{{name}}}}}. There are: {', '.join(VARIABLES)}.",
            )
            for name in unknown
        ])  # fmt: skip


def refuse_unfilled(text: str) -> None:
    """422 for an answer in which one of our variables still stands as it was written."""
    left = [name for name in variables_in(text) if name in VARIABLES]
    if left:
        raise invalid([
            FieldError(
                field="text", code="unfilled_variable",
                message=f"{{{{{name}}}}} is not filled in: write {VARIABLES[name]} instead.",
            )
            for name in left
        ])  # fmt: skip


async def fill(session: AsyncSession, case: Case, agent: Person, text: str) -> str:
    """The text with what this case and these people say. 422 names what does not exist, and what
    exists and has no value here.
    """
    refuse_unknown(text)
    values = await _values(session, case, agent)
    missing = [name for name in variables_in(text) if not values[name]]
    if missing:
        raise invalid([
            FieldError(
                field="text", code="missing_variable",
                message=f"{{{{{name}}}}} has no value here: case {case.number} doesn’t say "
                f"{VARIABLES[name]}.",
            )
            for name in missing
        ])  # fmt: skip
    return _VARIABLE.sub(lambda found: values[found[1]] or "", text)


async def _values(session: AsyncSession, case: Case, agent: Person) -> dict[str, str | None]:
    requester = await session.get_one(Person, case.requester)
    domains = await repository.domains(session, [case.smart_account_id])
    return {
        "requester.name": requester.name,
        "requester.first_name": _first(requester.name),
        "requester.email": requester.email,
        "agent.name": agent.name,
        "agent.first_name": _first(agent.name),
        "case.number": case.number,
        "case.title": case.title,
        "case.queue": desk().queues[case.queue],
        "case.order_number": case.order_number,
        "case.smart_account": domains.get(case.smart_account_id or 0),
        "case.portal": PORTAL_NAMES[Portal(case.portal)] if case.portal else None,
    }


def _first(name: str) -> str:
    return name.split()[0] if name.split() else name


# --- Those that the product comes with ---------------------------------------------------------


class Shipped(BaseModel):
    """A reply of `data/support/replies.yml`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80)
    text: str = Field(max_length=5000)


class Macro(BaseModel):
    """Several things at once: what is done when a macro of `data/support/replies.yml` is run.

    `assignee` is `me` or `nobody`.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80)
    reply: str | None = None
    note: str | None = Field(default=None, max_length=5000)
    status: Status | None = None
    severity: int | None = Field(default=None, ge=1, le=4)
    queue: str | None = None
    assignee: str | None = Field(default=None, pattern="^(me|nobody)$")
    add_tags: list[str] = Field(default_factory=list)
    remove_tags: list[str] = Field(default_factory=list)


class Prepared(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    replies: dict[str, Shipped]
    macros: dict[str, Macro]

    @model_validator(mode="after")
    def _complete(self) -> "Prepared":
        texts = [r.text for r in self.replies.values()] + [
            m.note or "" for m in self.macros.values()
        ]
        unknown = {name for text in texts for name in variables_in(text)} - set(VARIABLES)
        unknown |= {m.reply for m in self.macros.values() if m.reply} - set(self.replies)
        unknown |= {m.queue for m in self.macros.values() if m.queue} - set(desk().queues)
        if unknown:
            raise ValueError(f"prepared answers name what does not exist: {sorted(unknown)}")
        if set(self.replies) & set(self.macros):
            raise ValueError("a reply and a macro have the same name")
        return self


@lru_cache
def prepared() -> Prepared:
    """The replies and macros of the file, read once."""
    path = settings().data_dir / "support" / "replies.yml"
    return Prepared.model_validate(yaml.safe_load(path.read_text()))


# --- Those that the desk writes -----------------------------------------------------------------


def require_agent(person: Person) -> None:
    """403 for whoever does not work on cases."""
    if not desk_allows(person, DeskAction.WORK_CASES):
        raise forbidden(
            "Only support agents work with canned replies.", "Ask somebody of the desk."
        )


async def all_replies(session: AsyncSession) -> list[CannedReplyPublic]:
    """Every canned reply by name."""
    rows = await session.exec(select(CannedReply))
    own = [_public(row) for row in rows.all()]
    shipped = [
        CannedReplyPublic(id=key, name=one.name, text=one.text, shipped=True)
        for key, one in prepared().replies.items()
    ]
    return sorted(own + shipped, key=lambda one: one.name.lower())


def _public(row: CannedReply) -> CannedReplyPublic:
    return CannedReplyPublic(id=row.id, name=row.name, text=row.text, shipped=False)


async def text_of(session: AsyncSession, agent: Person, reply_id: str) -> tuple[str, str]:
    """Name and text of a reply; 404 for none."""
    shipped = prepared().replies.get(reply_id)
    if shipped:
        return shipped.name, shipped.text
    row = await _own(session, agent, reply_id)
    return row.name, row.text


async def _own(
    session: AsyncSession, agent: Person, reply_id: str, *, lock: bool = False
) -> CannedReply:
    """One that the desk wrote; 404 for none, and for whoever does not work on cases."""
    row = await session.get(CannedReply, reply_id, with_for_update=lock or None)
    if row is None or not desk_allows(agent, DeskAction.WORK_CASES):
        raise not_found("canned reply of the desk’s with that id", "List them to see which exist.")
    return row


async def filled(session: AsyncSession, person: Person, number: str, reply_id: str) -> FilledReply:
    """A canned reply as it would be sent in this case."""
    case = await service.find(session, person, number)
    service.require_desk(person, case)
    name, text = await text_of(session, person, reply_id)
    return FilledReply(name=name, text=await fill(session, case, person, text))


async def create(
    session: AsyncSession, person: Person, acting: Acting, body: CannedReplyBody
) -> CannedReplyAnswer:
    """Keep an answer for other cases."""
    require_agent(person)
    refuse_unknown(body.text)
    await _refuse_name(session, body.name)
    row = CannedReply(name=body.name, text=body.text, by=person.id)
    session.add(row)
    return await _done(session, row, acting, "canned_reply_created", "Canned reply kept")


async def change(
    session: AsyncSession, person: Person, acting: Acting, reply_id: str, body: CannedReplyBody
) -> CannedReplyAnswer:
    """Change a canned reply of the desk’s."""
    row = await _own(session, person, reply_id, lock=True)
    refuse_unknown(body.text)
    if body.name != row.name:
        await _refuse_name(session, body.name)
    row.name, row.text, row.by, row.updated_at = body.name, body.text, person.id, clock.now()
    session.add(row)
    return await _done(session, row, acting, "canned_reply_changed", "Canned reply changed")


async def delete(
    session: AsyncSession, person: Person, acting: Acting, reply_id: str
) -> CannedReplyAnswer:
    """Drop a canned reply of the desk’s; answers that were sent with it stay."""
    row = await _own(session, person, reply_id, lock=True)
    await session.delete(row)
    return await _done(session, row, acting, "canned_reply_deleted", "Canned reply deleted")


async def _refuse_name(session: AsyncSession, name: str) -> None:
    shipped = {one.name.lower() for one in prepared().replies.values()}
    rows = await session.exec(select(CannedReply.id).where(col(CannedReply.name) == name))
    if rows.first() or name.lower() in shipped:
        raise conflict(
            "name-taken",
            "There is a canned reply of that name",
            f"One is called “{name}” already.",
            "Choose another name, or change that one.",
        )


async def _done(
    session: AsyncSession, row: CannedReply, acting: Acting, event: str, title: str
) -> CannedReplyAnswer:
    await session.flush()
    await record(session, event, acting, subject=row.name, text=f"{title}: {row.name}")
    receipt = Receipt(title=title, lines=[Line(label="Name", value=row.name)])
    return CannedReplyAnswer(**_public(row).model_dump(), receipt=receipt)
