"""Cases given to somebody by rule: when they come in, and when somebody is there again.

One at a time, whoever does it: who has the fewest cases is read under a lock, so that two cases
that come at once do not both go to the same person.
"""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import agents, service
from backend.cases.models import Case, Counter, Engagement
from backend.cases.rules import AssignmentRule, Candidate, Wanted, assignment_rules, choose
from backend.cases.schemas import OPEN
from backend.core import clock
from backend.core.database import database, insert_into, lock_row
from backend.core.events import Acting, Event, record
from backend.core.identity import Person
from backend.core.jobs import job
from backend.core.policy import DeskAction, desk_allows
from backend.core.timers import timer

# Who acts when a rule does.
THE_DESK = "Support desk"
TURN = "assignment"
MOST_AT_ONCE = 100


@job("assign_case", after=("case_opened", "training_requested", "case_updated"))
async def assign_case(event_id: str) -> None:
    """Give a case that came in, or came into another queue, to somebody."""
    if not assignment_rules().queues:
        return
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        if event.type != "case_updated" or "Queue" in event.details.get("changed", ()):
            await assign(session, event.details["case"])


@timer("assign_waiting_cases")
async def assign_waiting_cases() -> None:
    """Give out what had to wait: nobody was there, or nobody had room."""
    for queue in assignment_rules().queues:
        async with database().read() as session:
            rows = await session.exec(
                select(Case.number)
                .where(
                    Case.queue == queue, col(Case.status).in_(OPEN), col(Case.assignee).is_(None)
                )
                .order_by(col(Case.created_at), col(Case.number))
                .limit(MOST_AT_ONCE)
            )
            waiting = rows.all()
        for number in waiting:
            async with database().write() as session:
                if await assign(session, number) is None:
                    break


async def assign(session: AsyncSession, number: str) -> Person | None:
    """Give an open, unclaimed case to whom its queue's rule says; None if it stays as it is."""
    await session.exec(
        insert_into(session, Counter).values(name=TURN, value=0).on_conflict_do_nothing()
    )
    await lock_row(session, Counter, TURN)
    await lock_row(session, Case, number)
    case = await session.get_one(Case, number)
    rule = assignment_rules().rule_of(case.queue)
    if rule is None or case.assignee is not None or case.status not in OPEN:
        return None
    chosen = choose(
        rule, await _wanted(session, case), await _candidates(session, case.queue), clock.now()
    )
    if chosen is None:
        return None
    return await _give(session, case, await session.get_one(Person, chosen.person), rule)


async def _wanted(session: AsyncSession, case: Case) -> Wanted:
    """The language of the training session, else that of the requester."""
    engagement = await session.get(Engagement, case.number)
    requester = await session.get_one(Person, case.requester)
    return Wanted(engagement.language if engagement else requester.language, case.portal)


async def _candidates(session: AsyncSession, queue: str) -> Sequence[Candidate]:
    """Everybody who works on this queue."""
    rows = await session.exec(select(Person).where(Person.kind == "support"))
    people = [one for one in rows.all() if desk_allows(one, DeskAction.WORK_CASES, queue)]
    ids = [one.id for one in people]
    known, loads = await agents.of_many(session, ids), await agents.loads(session, ids)
    return [
        Candidate(
            person=one.id,
            skills=assignment_rules().skills_of(one.email),
            time_zone=one.time_zone,
            open_cases=loads[one.id],
            takes_cases=known[one.id].takes_cases,
            away_until=known[one.id].away_until,
            last_given_at=known[one.id].last_given_at,
        )
        for one in people
    ]


async def _give(session: AsyncSession, case: Case, agent: Person, rule: AssignmentRule) -> Person:
    case.assignee = agent.id
    await service.add_entry(
        session, case, "assigned", THE_DESK, internal=True, assignee=agent.email, rule=rule.name
    )
    row = await agents.locked(session, agent.id)
    row.last_given_at = clock.now()
    session.add(row)
    await record(
        session, "case_assigned", Acting(person=THE_DESK, via="rule"),
        subject=case.number, smart_account_id=case.smart_account_id, rule=rule.name,
        text=f"Given to {agent.name} ({agent.email}) by the rule “{rule.name}”",
        details={"case": case.number, "title": case.title, "assignee": agent.id},
    )  # fmt: skip
    return agent
