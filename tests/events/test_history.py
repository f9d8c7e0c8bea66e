"""The history of an account: who reads what of it, filtered, in pages, and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col

from backend.core import clock
from backend.core.database import database
from backend.core.events import Acting, Event, EventPlace, record
from backend.core.tables import FORMULA_BEGINS
from backend.events import repository
from tests.conftest import SignedIn
from tests.virtual_accounts.world import Someone, World, make_world

NINE = datetime(2027, 3, 9, 9, 0, tzinfo=UTC)


async def note(
    world: World, actor: str, text: str, *places: str, type_: str = "test_noted",
    at: datetime | None = None, **more: Any,
) -> Event:  # fmt: skip
    async with database().write() as session:
        event = await record(
            session, type_, Acting(person=actor, via=more.pop("via", "rest")),
            subject="somebody", text=text, smart_account_id=world.id,
            virtual_accounts=[world.ids[place] for place in places], **more,
        )  # fmt: skip
        if at:
            event.at = at
            session.add(event)
    return event


async def texts(someone: Someone, world: World, **query: Any) -> list[str]:
    return [one["text"] for one in await someone.items(f"{world.path}/events", **query)]


async def test_that_a_member_reads_all_of_it_newest_first(world: World) -> None:
    admin, viewer = await world.someone("sa_admin"), await world.someone("sa_viewer")
    made = await admin.http.post(f"{world.path}/virtual-accounts", json={"name": "Bergen"})
    assert made.status_code == 201
    await note(
        world, world.domain, "Approved by a rule", via="rule", rule="rule-1",
        on_behalf_of=admin.email,
    )  # fmt: skip
    listed = await viewer.items(f"{world.path}/events")
    assert [one["text"] for one in listed] == [
        "Approved by a rule", "Virtual account Bergen created at the top level.",
    ]  # fmt: skip
    assert listed[0].keys() == {
        "at", "type", "actor", "on_behalf_of", "via", "rule", "text", "subject",
    }  # fmt: skip
    assert listed[0]["on_behalf_of"] == {"name": admin.name, "email": admin.email}
    assert (listed[0]["via"], listed[0]["rule"]) == ("rule", "rule-1")
    assert listed[1]["actor"] == {"name": admin.name, "email": admin.email}
    assert (listed[1]["type"], listed[1]["subject"]) == ("virtual_account_created", "Bergen")
    assert datetime.fromisoformat(listed[1]["at"]).tzinfo is not None


async def test_that_nothing_of_another_account_is_in_it(world: World, person: SignedIn) -> None:
    other = await make_world(person)
    await note(other, "x", "Elsewhere")
    viewer = await world.someone("sa_viewer")
    assert await texts(viewer, world) == []


@pytest.mark.parametrize("role", ["va_admin", "va_user", "va_viewer"])
async def test_that_va_roles_read_what_is_about_their_virtual_accounts(
    world: World, role: str
) -> None:
    await note(world, "x", "The account")
    await note(world, "x", "Oslo", "Oslo")
    await note(world, "x", "Lab", "Lab")
    await note(world, "x", "Lab and APAC", "Lab", "APAC")
    flat = await world.someone((role, ["Oslo"]))
    deep = await world.someone((role, ["EMEA"]), nested=True)
    assert await texts(flat, world) == ["Oslo"]
    assert await texts(deep, world) == ["Lab and APAC", "Lab", "Oslo"]
    assert await texts(deep, world, limit=1) == ["Lab and APAC", "Lab", "Oslo"]


async def test_that_outsiders_read_nothing(world: World) -> None:
    outsider = await world.someone()
    for path in ("events", "events.csv"):
        answer = await outsider.http.get(f"{world.path}/{path}")
        assert answer.status_code == 403, path


async def test_that_it_is_filtered_by_type_and_person(world: World) -> None:
    admin, viewer = await world.someone("sa_admin"), await world.someone("sa_viewer")
    await note(world, admin.email, "One", type_="test_one")
    await note(world, viewer.email, "Two", type_="test_two")
    assert await texts(viewer, world, type="test_one") == ["One"]
    assert await texts(viewer, world, actor=viewer.email.upper()) == ["Two"]
    assert await texts(viewer, world, type="test_one", actor=viewer.email) == []
    assert await texts(viewer, world, actor="nobody@nowhere.example") == []


async def test_that_it_is_filtered_by_time(world: World) -> None:
    viewer = await world.someone("sa_viewer")
    await note(world, "x", "Evening before", at=NINE - timedelta(hours=12))
    await note(world, "x", "Nine", at=NINE)
    await note(world, "x", "Evening", at=NINE + timedelta(hours=12))
    assert await texts(viewer, world, since="2027-03-09") == ["Evening", "Nine"]
    assert await texts(viewer, world, until="2027-03-09") == ["Evening", "Nine", "Evening before"]
    assert await texts(viewer, world, until="2027-03-08") == ["Evening before"]
    day = {"since": "2027-03-09T00:00:00Z", "until": "2027-03-09T09:00:00"}
    assert await texts(viewer, world, **day) == ["Nine"]
    zone = {"since": "2027-03-09T10:00:00+01:00", "until": "2027-03-09T10:00:00 01:00"}
    assert await texts(viewer, world, **zone) == ["Nine"]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"}, {"until": "2027-13-01"}, {"since": "0001-01-01T00:00:00+23:00"},
        {"since": "2027-03-10", "until": "2027-03-09"}, {"type": "x" * 61}, {"limit": 0},
        {"cursor": "rubbish"},
    ],
)  # fmt: skip
async def test_that_wrong_filters_are_named(world: World, query: dict[str, Any]) -> None:
    viewer = await world.someone("sa_viewer")
    answer = await viewer.http.get(f"{world.path}/events", params=query)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


# --- As a file --------------------------------------------------------------------------------


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


async def test_that_the_file_has_what_the_list_has(world: World) -> None:
    viewer = await world.someone("sa_viewer", name="=Viewer, of “all”")
    await note(world, viewer.email, 'He said "no",\nthen left', "Oslo", at=NINE)
    await note(world, viewer.email, "Other", type_="test_other", at=NINE)
    answer = await viewer.http.get(f"{world.path}/events.csv", params={"type": "test_noted"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="events-{world.domain}.csv"' in answer.headers["content-disposition"]
    assert table(answer.text) == [
        {
            "at": NINE.isoformat(), "type": "test_noted", "actor": "'=Viewer, of “all”",
            "actor_email": viewer.email, "on_behalf_of": "", "via": "rest", "rule": "",
            "text": 'He said "no",\nthen left', "subject": "somebody",
        }
    ]  # fmt: skip


@pytest.mark.parametrize("begins", FORMULA_BEGINS)
async def test_that_a_spreadsheet_calculates_nothing(world: World, begins: str) -> None:
    viewer = await world.someone("sa_viewer")
    evil = f'{begins}cmd|" /C calc"!A0'
    await note(world, "x", evil)
    [row] = table((await viewer.http.get(f"{world.path}/events.csv")).text)
    assert row["text"] == f"'{evil}"
    assert not any(cell.startswith(FORMULA_BEGINS) for cell in row.values())


async def test_that_the_file_holds_more_than_one_page(world: World) -> None:
    viewer = await world.someone(("va_viewer", ["Oslo"]))
    moment = clock.now()
    async with database().write() as session:
        events = [
            Event(
                type="test_many", actor="x", via="rest", text=f"Number {number}", subject="s",
                smart_account_id=world.id, at=moment + timedelta(seconds=number % 7),
            )
            for number in range(1203)
        ]  # fmt: skip
        session.add_all(events)
        await session.flush()
        session.add_all(
            EventPlace(event_id=event.id, virtual_account_id=world.ids["Oslo"]) for event in events
        )
    rows = table((await viewer.http.get(f"{world.path}/events.csv")).text)
    assert {row["text"] for row in rows} == {f"Number {number}" for number in range(1203)}
    assert len(rows) == 1203
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


# --- How it is found --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "events_of_an_account"), ({"type_": "user_added"}, "events_of_a_type"),
        ({"actor": "x"}, "events_of_an_actor"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("limited", [False, True])
async def test_that_a_page_is_read_from_an_index(
    world: World, wanted: dict[str, str], index: str, limited: bool
) -> None:
    """In the order of the index: no page gets slower because the history is long."""
    reach = [world.ids["Oslo"]] if limited else None
    asked = {"type_": None, "actor": None, "since": None, "until": None} | wanted
    statement = repository.filtered(repository.of_account(world.id, reach), **asked)
    statement = statement.order_by(col(Event.at).desc(), col(Event.id).desc()).limit(51)
    on_sqlite = database().on_sqlite
    async with database().read() as session:
        connection = await session.connection()
        if not on_sqlite:
            # With few rows PostgreSQL would rather read and sort them all.
            for way in ("seqscan", "bitmapscan", "sort", "hashjoin"):
                await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        query = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        rows = (await connection.execute(text(f"{explain} {query}"))).all()
    plan = "\n".join(str(row) for row in rows)
    # PostgreSQL takes any of the three for a table that fits on a page.
    assert (index if on_sqlite else "events_of_") in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan
    assert "SCAN event" not in plan, plan
