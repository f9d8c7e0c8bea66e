"""Cases given by rule in the running product: once, fairly with several at once, and said so."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from backend.cases import agents, assigning, rules
from backend.cases.models import Case
from backend.cases.rules import AssignmentRules
from backend.core import jobs
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person
from tests.conftest import Newcomer, SignedIn

CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}
ALWAYS = {"days": list(range(7)), "from": 0, "to": 24}


def give(name: str) -> AssignmentRules:
    """Orders are given to anybody with room, by a rule of this name."""
    return AssignmentRules.model_validate(
        {
            "rules": [{"name": name, "queue": "orders", "active": True}],
            "default": {"capacity": 10_000, "hours": ALWAYS},
        }
    )


@pytest.fixture
def by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are given by rule, for one test."""
    active = give("Orders in turn")
    for module in (rules, assigning, agents):
        monkeypatch.setattr(module, "assignment_rules", lambda: active)


async def opened(owner: httpx.AsyncClient, **fields: Any) -> str:
    answer = await owner.post("/cases", json=CASE | fields)
    return str(answer.raise_for_status().json()["number"])


async def settled() -> None:
    assert await jobs.drained(database(), 20)


async def assigned(number: str) -> str | None:
    async with database().read() as session:
        return (await session.get_one(Case, number)).assignee


async def test_that_without_a_rule_cases_wait_for_somebody(newcomer: Newcomer) -> None:
    number = await opened(await newcomer())
    await settled()
    assert await assigned(number) is None


async def test_that_a_new_case_is_given_and_the_rule_named(
    newcomer: Newcomer, person: SignedIn, by_rule: None
) -> None:
    owner = await newcomer()
    number, other = await opened(owner), await opened(owner, category="smart_account")
    await settled()
    got = await assigned(number)
    assert got is not None
    assert await assigned(other) is None
    async with database().read() as session:
        events = await session.exec(
            select(Event).where(Event.subject == number, Event.type == "case_assigned")
        )
        [event] = events.all()
        agent = await session.get_one(Person, got)
    assert (event.via, event.rule, event.actor) == ("rule", "Orders in turn", "Support desk")
    assert event.text == f"Given to {agent.name} ({agent.email}) by the rule “Orders in turn”"
    seen = (await (await person(got)).get(f"/cases/{number}")).json()
    assert seen["assignee"]["email"] == agent.email
    assert seen["status"] == "new"
    [entry] = [e for e in seen["thread"] if e["type"] == "assigned"]
    assert entry["internal"]
    mine = (await owner.get(f"/cases/{number}")).json()
    assert [e["type"] for e in mine["thread"]] == ["opened"]


async def test_that_a_case_moved_into_the_queue_is_given_but_a_released_one_is_not(
    newcomer: Newcomer, person: SignedIn, by_rule: None
) -> None:
    lee = await person("lee@support.example")
    number = await opened(await newcomer(), category="smart_account")
    await lee.patch(f"/cases/{number}", json={"queue": "orders"})
    await settled()
    assert await assigned(number) is not None
    await lee.patch(f"/cases/{number}", json={"assignee": None})
    await settled()
    assert await assigned(number) is None
    await assigning.assign_waiting_cases()
    assert await assigned(number) is not None


async def test_that_several_at_once_are_shared_out_evenly(
    newcomer: Newcomer, by_rule: None
) -> None:
    """Each sees what the others were given: nobody gets two while somebody has less."""
    owner = await newcomer()
    names = ["lee@support.example", "mia@support.example", "mo@support.example"]
    async with database().read() as session:
        before = await agents.loads(session, names)
    numbers = await asyncio.gather(*(opened(owner) for _ in range(9)))
    await settled()
    given_to = Counter([await assigned(number) for number in numbers])
    assert None not in given_to
    after = {name: before[name] + given_to[name] for name in names}
    for name in names:
        if given_to[name]:
            assert after[name] <= min(after.values()) + 1


async def test_that_two_who_give_the_same_case_give_it_once(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await opened(await newcomer())
    await settled()
    active = give("Again")
    monkeypatch.setattr(assigning, "assignment_rules", lambda: active)

    async def once() -> Person | None:
        async with database().write() as session:
            return await assigning.assign(session, number)

    outcomes = await asyncio.gather(*(once() for _ in range(4)))
    assert sum(outcome is not None for outcome in outcomes) == 1
    async with database().read() as session:
        events = await session.exec(
            select(Event.id).where(Event.subject == number, col(Event.type) == "case_assigned")
        )
        assert len(events.all()) == 1


async def test_that_whoever_is_away_gets_nothing(
    newcomer: Newcomer, person: SignedIn, by_rule: None
) -> None:
    agents_ = [await person(f"{name}@support.example") for name in ("lee", "mia", "mo")]
    try:
        for agent in agents_:
            await agent.patch("/desk/me", json={"takes_cases": False})
        number = await opened(await newcomer())
        await settled()
        assert await assigned(number) is None
        await agents_[1].patch("/desk/me", json={"takes_cases": True})
        await assigning.assign_waiting_cases()
        assert await assigned(number) == "mia@support.example"
    finally:
        for agent in agents_:
            await agent.patch("/desk/me", json={"takes_cases": True})
