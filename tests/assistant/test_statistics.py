"""Figures of conversations, against conversations whose figures are known."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from backend.core import clock
from backend.core.database import database
from backend.core.periods import Period
from backend.core.waits import place
from tests.conftest import ClockAt, Newcomer, SignedIn
from tests.console.history import Talk

FIGURES = "/statistics/conversations"


@pytest_asyncio.fixture(loop_scope="session")
async def mo(person: SignedIn) -> httpx.AsyncClient:
    return await person("mo@support.example")


async def figures(mo: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await mo.get(FIGURES, params={"days": 7, "time_zone": "Europe/Oslo"} | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def a_week(newcomer: Newcomer, clock_at: ClockAt) -> str:
    """Five conversations on SCM in a week in which there is nothing else; their person."""
    clock_at("2031-03-14T12:00")
    who = (await newcomer()).email  # type: ignore[attr-defined]
    begun = datetime(2031, 3, 12, 23, 30, tzinfo=UTC)  # the 13th in Oslo
    await take_place(
        Talk(who, begun, intents=["list_orders", "order_status"], thumb="up", rating=5),
        Talk(who, begun, asked_for_person="requested", answered_after=120, rating=2),
        Talk(who, begun, asked_for_person="no_knowledge", answered_after=600, case=True),
        Talk(who, begun + timedelta(hours=2), case=True, thumb="down", engine="agent"),
        Talk(who, begun + timedelta(hours=2), portal="clc"),
        Talk(who, clock.now() - timedelta(minutes=5)),
    )
    return who


async def take_place(*talks: Talk) -> None:
    async with database().write() as session:
        for talk in talks:
            await talk.take_place(session)


async def test_that_the_figures_are_those_of_the_conversations(
    mo: httpx.AsyncClient, a_week: str
) -> None:
    found = await figures(mo, portal="scm")
    assert found["conversations"] == 5
    days = {row["day"]: (row["conversations"], row["messages"]) for row in found["days"]}
    assert days["2031-03-12"] == (0, 0)
    assert days["2031-03-13"][0] == 4
    assert days["2031-03-14"] == (1, 3)
    assert found["containment"] == {
        "ended": 4, "contained": 1, "with_person": 2, "with_case": 1, "going_on": 1, "share": 0.25,
    }  # fmt: skip
    assert [(r["name"], r["count"], r["share"]) for r in found["hand_offs"]] == [
        ("no_knowledge", 1, 0.5), ("requested", 1, 0.5),
    ]  # fmt: skip
    assert found["first_answer_by_person"] == {"count": 2, "median": 120.0, "p90": 600.0}
    satisfaction = found["satisfaction"]
    assert (satisfaction["up"], satisfaction["down"], satisfaction["share"]) == (1, 1, 0.5)
    assert (satisfaction["rated"], satisfaction["mean"]) == (2, 3.5)
    engines = {row["name"]: row["count"] for row in found["engines"]}
    assert (engines["agent"], engines["person"]) == (1, 2)
    assert {row["name"]: row["count"] for row in found["intents"]} == {
        "list_orders": 5, "order_status": 1,
    }  # fmt: skip


async def test_that_a_portal_and_the_whole_are_different(
    mo: httpx.AsyncClient, a_week: str
) -> None:
    whole, scm = await figures(mo), await figures(mo, portal="scm")
    clc = await figures(mo, portal="clc")
    assert whole["conversations"] == scm["conversations"] + clc["conversations"]
    assert clc["containment"]["contained"] == clc["conversations"]


async def test_that_a_period_without_anything_is_empty(
    mo: httpx.AsyncClient, clock_at: ClockAt
) -> None:
    clock_at("2041-01-01T12:00")
    found = await figures(mo)
    assert (found["conversations"], found["messages"], found["unanswered"]) == (0, 0, [])
    assert found["containment"]["share"] is None
    assert found["satisfaction"]["mean"] is None
    assert found["first_answer_by_person"] == {"count": 0, "median": None, "p90": None}
    assert len(found["days"]) == 7


@pytest.mark.parametrize("email", ["nadia@northwind.example", "cyra@support.example"])
@pytest.mark.parametrize("path", [FIGURES, "/statistics/desk"])
async def test_that_figures_are_for_the_desk(person: SignedIn, email: str, path: str) -> None:
    assert (await (await person(email)).get(path)).status_code == 403


@pytest.mark.parametrize("query", [{"days": 8}, {"time_zone": "Mars/Olympus"}, {"portal": "x"}])
async def test_that_a_wrong_period_is_refused(mo: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await mo.get(FIGURES, params=query)).status_code == 422


async def test_that_no_message_is_loaded(app: FastAPI, mo: httpx.AsyncClient, a_week: str) -> None:
    """Every query of the figures groups or counts, or asks for a few rows by their number."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = database().engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await figures(mo)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    over_messages = [sql for sql in seen if " message" in sql.lower()]
    assert over_messages
    for sql in over_messages:
        assert any(word in sql.lower() for word in ("count(", "sum(", "limit")), sql


def test_that_days_have_their_length_when_clocks_change() -> None:
    period = Period(7, "Europe/Oslo", now=datetime(2031, 4, 2, 10, tzinfo=UTC))
    assert period.dates[-1] == date(2031, 4, 2)
    edges = [period.begins(day) for day in period.dates] + [period.until]
    hours = [(b - a).total_seconds() / 3600 for a, b in pairwise(edges)]
    assert hours == [24, 24, 24, 23, 24, 24, 24]


@given(
    st.integers(1_577_836_800, 2_208_988_800),
    st.sampled_from(["UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    st.sampled_from([7, 30, 90]),
)
def test_that_every_moment_of_a_period_lies_in_the_day_it_is_called(
    seconds: int, zone: str, days: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    period = Period(days, zone, now=now)
    assert period.since <= now < period.until
    assert period.dates[-1] == now.astimezone(ZoneInfo(zone)).date()
    assert len(period.dates) == days


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_that_a_share_of_the_waits_is_no_longer(waits: list[int], share: float) -> None:
    found = sorted(waits)[place(len(waits), share)]
    assert sum(wait <= found for wait in waits) >= share * len(waits)
    shorter = [wait for wait in waits if wait < found]
    assert len(shorter) < share * len(waits)
