"""The due moments that lists sort by, and what the desk is told of clocks."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from backend.cases import repository
from backend.cases.alerts import tell_of_clocks
from backend.cases.clocks import clocks_of, first_due
from backend.cases.desk import DueWarning, desk
from backend.cases.due import POLICY, apply_policy, fingerprint
from backend.cases.models import AppliedPolicy, Case, CaseAlert
from backend.cases.schemas import OPEN
from backend.core import clock, jobs
from backend.core.database import database
from backend.core.events import Event
from backend.core.timers import run_due
from backend.notifications.models import Mail
from tests.conftest import ClockAt, Newcomer, SignedIn

Ahead = Callable[..., None]
TUESDAY = "2027-03-09T09:00"


async def open_case(asker: httpx.AsyncClient, **fields: Any) -> str:
    body = {"category": "orders", "title": "Order is stuck", "description": "It does not move."}
    answer = await asker.post("/cases", json=body | fields)
    return str(answer.raise_for_status().json()["number"])


async def row(number: str) -> Case:
    async with database().read() as session:
        return await session.get_one(Case, number)


async def computed(number: str) -> tuple[Any, Any]:
    """What follows from the thread."""
    async with database().read() as session:
        case = await session.get_one(Case, number)
        entries = await repository.clock_entries(session, [number])
    return first_due(clocks_of(case, entries.get(number, []), desk()))


VERBS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("lee", "POST", "/cases/{}/claim", {}),
    ("lee", "POST", "/cases/{}/replies", {"text": "Here you are."}),
    ("lee", "POST", "/cases/{}/notes", {"text": "For us."}),
    ("asker", "POST", "/cases/{}/notes", {"text": "And this?"}),
    ("lee", "PATCH", "/cases/{}", {"status": "customer_pending"}),
    ("lee", "PATCH", "/cases/{}", {"status": "in_progress"}),
    ("lee", "PATCH", "/cases/{}", {"status": "closed"}),
    ("lee", "PATCH", "/cases/{}", {"severity": 1}),
    ("lee", "PATCH", "/cases/{}", {"severity": 3, "queue": "licensing"}),
    ("lee", "PATCH", "/cases/{}", {"queue": "orders", "status": "acknowledged"}),
]


@pytest.mark.parametrize("seed", range(8))
async def test_that_the_due_moment_of_a_case_is_what_follows_from_its_thread(
    seed: int, newcomer: Newcomer, person: SignedIn, clock_at: ClockAt, clock_ahead: Ahead
) -> None:
    """Whatever is done, in whatever order, also what is refused or only tried."""
    chance = random.Random(seed)
    clock_at(TUESDAY)
    hands = {"asker": await newcomer(), "lee": await person("lee@support.example")}
    number = await open_case(hands["asker"], severity=chance.choice([1, 2, 3, 4]))
    for _ in range(12):
        clock_ahead(minutes=chance.randint(1, 600))
        who, method, path, body = chance.choice(VERBS)
        headers = {"Dry-Run": "true"} if chance.random() < 0.2 else {}
        answer = await hands[who].request(
            method, path.format(number), json=body or None, headers=headers
        )
        assert answer.status_code in {200, 409}, answer.text
        case = await row(number)
        assert (case.due_at, case.due_clock) == await computed(number)
        shown = (await hands["lee"].get(f"/cases/{number}")).json()
        due = case.due_at and case.due_at.isoformat().replace("+00:00", "Z")
        assert (shown["sla"]["due"], shown["sla"]["due_clock"]) == (due, case.due_clock)
        assert (case.due_at is None) == (shown["status"] in {"customer_pending", "closed"})


async def test_that_training_cases_have_a_due_moment_from_the_start(
    newcomer: Newcomer, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    asker = await newcomer(time_zone="UTC")
    answer = await asker.post("/training-engagements", json={
        "kind": "training", "portal": "clc", "topics": ["Orders"], "attendees": 3,
        "windows": [{"start": "2027-03-22T10:00"}], "time_zone": "UTC", "language": "en",
    })  # fmt: skip
    number = answer.raise_for_status().json()["number"]
    case = await row(number)
    assert case.due_at is not None
    assert (case.due_at, case.due_clock) == await computed(number)


# --- What the desk is told --------------------------------------------------------------------


async def told_of(number: str) -> list[tuple[str, str]]:
    async with database().read() as session:
        rows = await session.exec(
            select(Event)
            .where(Event.subject == number, col(Event.type).in_(["case_due_soon", "case_breached"]))
            .order_by(col(Event.at))
        )
        return [(event.type, event.details["clock"]) for event in rows.all()]


async def mails_about(number: str) -> list[tuple[str, str]]:
    async with database().read() as session:
        rows = await session.exec(
            select(Mail.kind, Mail.to)
            .where(
                col(Mail.subject).contains(number),
                col(Mail.kind).in_(["case_due_soon", "case_breached"]),
            )
            .order_by(col(Mail.at))
        )
        return list(rows.all())


async def test_that_a_clock_is_told_of_before_it_breaks_and_when_it_broke_once_each(
    newcomer: Newcomer, person: SignedIn, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    asker, lee = await newcomer(), await person("lee@support.example")
    number = await open_case(asker, severity=2)
    await tell_of_clocks()
    assert await told_of(number) == []
    clock_at("2027-03-09T12:01")
    await tell_of_clocks()
    await tell_of_clocks()
    assert await told_of(number) == [("case_due_soon", "first_response")]
    clock_at("2027-03-09T13:01")
    await tell_of_clocks()
    await tell_of_clocks()
    first = [("case_due_soon", "first_response"), ("case_breached", "first_response")]
    assert await told_of(number) == first
    assert await jobs.drained(database(), 20)
    await lee.post(f"/cases/{number}/claim")
    await lee.post(f"/cases/{number}/replies", json={"text": "We look into it."})
    clock_at("2027-03-12T09:00")
    await tell_of_clocks()
    assert (await told_of(number))[2:] == [("case_breached", "resolution")], (
        "not that it is about to break when it already broke"
    )
    assert await jobs.drained(database(), 20)
    assert await mails_about(number) == [
        ("case_due_soon", "mo@support.example"),
        ("case_breached", "mo@support.example"),
        ("case_breached", "lee@support.example"),
    ]


async def test_that_what_is_told_stands_in_the_thread_for_the_desk_alone(
    newcomer: Newcomer, person: SignedIn, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    asker, lee = await newcomer(), await person("lee@support.example")
    number = await open_case(asker, severity=1, phone="+47 555 01 01")
    before = (await row(number)).updated_at
    clock_at("2027-03-09T11:00")
    await tell_of_clocks()
    seen = (await lee.get(f"/cases/{number}")).json()
    assert [e["text"] for e in seen["thread"]][1:] == ["The first answer is overdue"]
    assert seen["thread"][1]["internal"]
    own = (await asker.get(f"/cases/{number}")).json()
    assert [e["type"] for e in own["thread"]] == ["opened"]
    assert (await row(number)).updated_at == before, "nobody did anything with it"


async def test_that_a_clock_that_stands_is_not_told_of_and_one_that_goes_on_is(
    newcomer: Newcomer, person: SignedIn, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    asker, lee = await newcomer(), await person("lee@support.example")
    number = await open_case(asker, severity=2)
    await lee.patch(f"/cases/{number}", json={"status": "customer_pending"})
    clock_at("2027-03-10T09:00")
    await tell_of_clocks()
    assert await told_of(number) == []
    await asker.post(f"/cases/{number}/notes", json={"text": "Here it is."})
    clock_at("2027-03-10T12:30")
    await tell_of_clocks()
    assert await told_of(number) == [("case_due_soon", "first_response")]


async def test_that_the_timers_tell_by_themselves(newcomer: Newcomer, clock_at: ClockAt) -> None:
    clock_at(TUESDAY)
    number = await open_case(await newcomer(), severity=1, phone="+47 555 01 01")
    clock_at("2027-03-09T10:30")
    await run_due()
    assert await told_of(number) == [("case_breached", "first_response")]


# --- A changed policy -------------------------------------------------------------------------


async def test_that_changed_service_levels_are_applied_to_open_cases_at_the_start(
    newcomer: Newcomer, person: SignedIn, clock_at: ClockAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_at(TUESDAY)
    asker, lee = await newcomer(), await person("lee@support.example")
    number, ended = await open_case(asker), await open_case(asker)
    await lee.patch(f"/cases/{ended}", json={"status": "closed"})
    assert await apply_policy(database()) == 0, "nothing has changed since it was last applied"
    rules = desk()
    before = (await row(number)).due_at
    level = rules.service_levels[3].model_copy(update={"first_response": 2})
    changed = rules.model_copy(
        update={"service_levels": rules.service_levels | {3: level}, "warning": DueWarning()}
    )
    for module in ("due", "presentation"):
        monkeypatch.setattr(f"backend.cases.{module}.desk", lambda: changed)
    try:
        assert await apply_policy(database()) > 0
        case = await row(number)
        assert before is not None
        assert case.due_at == before - timedelta(hours=22), "2 hours instead of 9, over night"
        assert (await row(ended)).due_at is None
        assert await apply_policy(database()) == 0
    finally:
        monkeypatch.undo()
        clock_at(TUESDAY)
        await apply_policy(database())
    assert (await row(number)).due_at == before
    async with database().read() as session:
        applied = await session.get_one(AppliedPolicy, POLICY)
        open_cases = await session.exec(
            select(Case.number).where(col(Case.status).in_(OPEN), col(Case.due_at).is_(None))
        )
        waiting = await session.exec(
            select(Case.number).where(col(Case.status) == "customer_pending")
        )
        assert applied.fingerprint == fingerprint(desk())
        assert set(open_cases.all()) == set(waiting.all())


async def test_that_the_desk_is_told_once_of_each_moment_even_by_two_processes(
    newcomer: Newcomer, clock_at: ClockAt
) -> None:
    clock_at(TUESDAY)
    number = await open_case(await newcomer(), severity=2)
    clock_at("2027-03-09T12:30")
    await asyncio.gather(tell_of_clocks(), tell_of_clocks(), tell_of_clocks())
    assert await told_of(number) == [("case_due_soon", "first_response")]
    async with database().read() as session:
        alerts = await session.exec(select(CaseAlert).where(CaseAlert.case_number == number))
        assert [(a.clock_name, a.kind) for a in alerts.all()] == [("first_response", "soon")]
    assert clock.now() < (await row(number)).alert_at  # type: ignore[operator]
