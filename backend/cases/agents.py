"""How an agent works: whether cases may be given to them, what their queue opens with."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import repository
from backend.cases.models import Case, DeskAgent
from backend.cases.rules import assignment_rules
from backend.cases.schemas import OPEN
from backend.cases.view_schemas import AgentAnswer, AgentPublic, ChangeAgent
from backend.core import clock
from backend.core.database import insert_into, lock_row
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, forbidden, invalid
from backend.core.receipts import Line, Receipt

LONGEST_ABSENCE = timedelta(days=366)


async def of(session: AsyncSession, person: Person) -> DeskAgent:
    """How this agent works; what was never said is as the model has it."""
    return await session.get(DeskAgent, person.id) or DeskAgent(person=person.id)


async def of_many(session: AsyncSession, ids: list[str]) -> dict[str, DeskAgent]:
    """The same for many, by id."""
    rows = await session.exec(select(DeskAgent).where(col(DeskAgent.person).in_(ids)))
    known = {agent.person: agent for agent in rows.all()}
    return {one: known.get(one) or DeskAgent(person=one) for one in ids}


async def loads(session: AsyncSession, ids: list[str]) -> dict[str, int]:
    """How many cases that have not ended each of these people has."""
    rows = await session.exec(
        select(Case.assignee, func.count())
        .where(col(Case.assignee).in_(ids), col(Case.status).in_(OPEN))
        .group_by(col(Case.assignee))
    )
    return dict.fromkeys(ids, 0) | {str(one): number for one, number in rows.all()}


async def shown(session: AsyncSession, person: Person) -> AgentPublic:
    """How the person works, for themselves."""
    require_agent(person)
    return await _public(session, person, await of(session, person))


def require_agent(person: Person) -> None:
    """403 for whoever does not work on cases."""
    if not desk_allows(person, DeskAction.WORK_CASES):
        raise forbidden(
            "These are settings of the support desk’s agents.", "Your own are under GET /api/v1/me."
        )


async def _public(session: AsyncSession, person: Person, agent: DeskAgent) -> AgentPublic:
    return AgentPublic(
        **agent.model_dump(include={"takes_cases", "away_until", "default_view", "shortcuts"}),
        open_cases=(await loads(session, [person.id]))[person.id],
        capacity=assignment_rules().skills_of(person.email).capacity,
    )


async def change(
    session: AsyncSession, person: Person, acting: Acting, body: ChangeAgent
) -> AgentAnswer:
    """Change how one works; each change is an event."""
    require_agent(person)
    agent = await locked(session, person.id)
    told = body.model_dump(exclude_unset=True)
    if body.away_until is not None:
        told["away_until"] = _moment(person, body)
    if body.default_view is not None:
        await _require_view(session, person, body.default_view)
    changes = {
        name: value
        for name, value in told.items()
        if getattr(agent, name) != value
        and not (value is None and name in {"takes_cases", "shortcuts"})
    }
    for name, value in changes.items():
        setattr(agent, name, value)
    session.add(agent)
    await session.flush()
    lines = [Line(label=_LABELS[name], value=_said(value)) for name, value in changes.items()]
    if changes:
        text = "; ".join(f"{line.label}: {line.value}" for line in lines)
        await record(session, "desk_agent_changed", acting, subject=person.id, text=text)
    public = await _public(session, person, agent)
    title = "Changed" if changes else "Nothing to change"
    receipt = Receipt(title=title, reference=person.email, lines=lines)
    return AgentAnswer(**public.model_dump(), receipt=receipt)


async def _require_view(session: AsyncSession, person: Person, view_id: str) -> None:
    if await repository.view(session, person, view_id) is None:
        message = "There is no such view. Take an id from GET /api/v1/desk/views."
        raise invalid([FieldError(field="default_view", code="unknown", message=message)])


async def locked(session: AsyncSession, person_id: str) -> DeskAgent:
    """The agent's row, ours until the transaction ends."""
    await session.exec(
        insert_into(session, DeskAgent)
        .values(person=person_id, takes_cases=True, shortcuts=True)
        .on_conflict_do_nothing()
    )
    await lock_row(session, DeskAgent, person_id)
    return await session.get_one(DeskAgent, person_id)


def _moment(person: Person, body: ChangeAgent) -> object:
    until = body.away_until
    if until is None:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=ZoneInfo(person.time_zone or "UTC"))
    if not clock.now() < until <= clock.now() + LONGEST_ABSENCE:
        message = "The end of an absence lies in the future, and within a year."
        raise invalid([FieldError(field="away_until", code="range", message=message)])
    return until


_LABELS = {
    "takes_cases": "Takes cases by rule", "away_until": "Away until",
    "default_view": "Queue opens with", "shortcuts": "Keys in the list",
}  # fmt: skip


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value is not None else "–"
