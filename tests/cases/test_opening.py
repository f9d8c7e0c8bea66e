"""Opening cases: routing, severity, numbers, and what is refused."""

import asyncio
import itertools
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import ValidationError
from sqlalchemy import delete
from sqlmodel import col

from backend.cases import repository
from backend.cases.desk import Desk, desk
from backend.cases.models import Counter
from backend.cases.schemas import Category
from backend.core.database import database
from backend.core.portals import Portal
from backend.core.settings import settings
from tests.conftest import Newcomer, SignedIn

DRY = {"Dry-Run": "true"}


def case(**changes: Any) -> dict[str, Any]:
    body = {"category": "other", "title": "A question", "description": "Please explain"} | changes
    return {name: value for name, value in body.items() if value is not None}


# --- Routing, as people would say it: what about, in which portal → whose ---------------------

ROUTES = [
    ("training", None, None, "lea"),
    ("demo", None, None, "lea"),
    ("support", "training", None, "lea"),
    ("support", "smart_account", None, "accounts"),
    ("support", "smart_account", "ccw", "accounts"),
    ("support", "orders", None, "orders"),
    ("support", "orders", "clc", "orders"),
    ("support", "orders", "eaws", "orders"),
    ("support", "ea", "ccw", "orders"),
    ("support", "ea", "eaws", "orders"),
    ("support", "ea", None, "licensing"),
    ("support", "ea", "mce", "licensing"),
    ("support", "smart_licensing", "cssm", "licensing"),
    ("support", "traditional_licensing", "lrp", "licensing"),
    ("support", "pnp", "pnp", "licensing"),
    ("support", "mce", "mce", "licensing"),
    ("support", "other", None, "licensing"),
    ("support", "other", "ccw", "orders"),
    ("support", "other", "pss", "orders"),
    ("support", "other", "clc", "licensing"),
]


@pytest.mark.parametrize(("kind", "category", "portal", "queue"), ROUTES)
@pytest.mark.parametrize("severity", [1, 4])
def test_that_a_case_goes_where_the_rules_send_it(
    kind: str, category: str | None, portal: str | None, queue: str, severity: int
) -> None:
    routed = desk().route(
        kind=kind, category=category or "training", portal=portal, severity=severity
    )
    assert routed == queue


def test_that_every_case_has_a_queue_and_every_queue_has_cases() -> None:
    everything = itertools.product(
        ("training", "demo", "support"), Category, [None, *Portal], range(1, 5)
    )
    routed = {
        desk().route(kind=kind, category=category, portal=portal, severity=severity)
        for kind, category, portal, severity in everything
    }
    assert routed == set(desk().queues) == {"lea", "accounts", "orders", "licensing"}


def _desk_without(**changes: Any) -> dict[str, Any]:
    path: Path = settings().data_dir / "support" / "desk.yml"
    told: dict[str, Any] = yaml.safe_load(path.read_text()) | changes
    return told


@pytest.mark.parametrize(
    "changes",
    [
        {"routing": [{"when": {}, "queue": "nowhere"}]},
        {"routing": [{"when": {"kind": ["demo"]}, "queue": "lea"}]},
        {"routing": []},
        {"routing": [{"when": {"colour": ["red"]}, "queue": "lea"}, {"when": {}, "queue": "lea"}]},
        {"business_hours": {"time_zone": "UTC", "days": [], "from": 8, "to": 17}},
    ],
    ids=["unknown queue", "no last rule", "no rules", "misspelt condition", "no working day"],
)
def test_that_rules_which_leave_a_case_nowhere_are_refused_at_the_start(
    changes: dict[str, Any],
) -> None:
    Desk.model_validate(_desk_without())
    with pytest.raises(ValidationError):
        Desk.model_validate(_desk_without(**changes))


# --- Through the API --------------------------------------------------------------------------


async def test_that_a_case_is_opened_with_all_that_was_said(newcomer: Newcomer) -> None:
    someone = await newcomer()
    answer = await someone.post("/cases", json=case(
        category="orders", portal="ccw", severity=2, title="Order stuck",
        description="Line one\nLine two", order_number="4100001",
        smart_account="Contoso.example", phone="+1 503 555 0199",
    ))  # fmt: skip
    assert answer.status_code == 201
    told = answer.json()
    assert (told["kind"], told["category"], told["portal"]) == ("support", "orders", "ccw")
    assert (told["severity"], told["status"], told["queue"]) == (2, "new", "orders")
    assert told["description"] == "Line one\nLine two"
    assert (told["order_number"], told["smart_account"]) == ("4100001", "contoso.example")
    assert (told["phone"], told["engagement"]) == ("+1 503 555 0199", None)
    assert told["receipt"]["reference"] == told["number"]
    assert told["sla"]["state"] == "running"


async def test_that_severity_three_is_the_default_and_needs_no_phone(newcomer: Newcomer) -> None:
    someone = await newcomer(phone=None)
    told = (await someone.post("/cases", json=case())).json()
    assert (told["severity"], told["phone"]) == (3, None)
    assert "Also" not in {line["label"] for line in told["receipt"]["lines"]}


@pytest.mark.parametrize("severity", [1, 2])
async def test_that_severity_one_and_two_need_a_phone_and_ask_for_a_call(
    newcomer: Newcomer, severity: int
) -> None:
    silent, known = await newcomer(phone=None), await newcomer(phone="+47 555 01 09")
    refused = await silent.post("/cases", json=case(severity=severity), headers=DRY)
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("phone", "missing")]
    for someone, phone in ((silent, "+47 555 01 08"), (known, None)):
        told = (await someone.post("/cases", json=case(severity=severity, phone=phone))).json()
        lines = {line["label"]: line["value"] for line in told["receipt"]["lines"]}
        assert lines["Phone"] == phone or "+47 555 01 09"
        assert lines["Also"].startswith("Please call the support line as well")


async def test_that_who_must_call_is_told_so_by_mail_too(
    newcomer: Newcomer, client: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    await someone.post("/cases", json=case(severity=1))
    await someone.post("/cases", json=case(severity=3, title="Another question"))
    outbox = await client.get("/api/v1/demo/outbox", params={"to": someone.email})
    told = {m["subject"].split(": ")[1]: "Please call" in m["text"] for m in outbox.json()["items"]}
    assert told == {"A question": True, "Another question": False}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "billing"}, "category"), ({"category": None}, "category"),
        ({"portal": "ssm"}, "portal"), ({"severity": 0}, "severity"), ({"severity": 5}, "severity"),
        ({"severity": "high"}, "severity"), ({"title": ""}, "title"), ({"title": "  "}, "title"),
        ({"title": "x" * 151}, "title"), ({"description": None}, "description"),
        ({"description": "x" * 5001}, "description"), ({"order_number": "12"}, "order_number"),
        ({"order_number": "4100001; drop"}, "order_number"),
        ({"smart_account": "nowhere.example"}, "smart_account"), ({"phone": "none"}, "phone"),
        ({"queue": "orders"}, "queue"), ({"requester": "x@y.example"}, "requester"),
    ],
    ids=str,
)  # fmt: skip
async def test_that_a_wrong_field_is_named(
    person: SignedIn, changes: dict[str, Any], field: str
) -> None:
    nadia = await person("nadia@northwind.example")
    answer = await nadia.post("/cases", json=case(**changes), headers=DRY)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]


async def test_that_a_partial_dry_run_says_what_is_still_to_ask(person: SignedIn) -> None:
    nadia = await person("nadia@northwind.example")
    answer = await nadia.post("/cases", json={"category": "orders"}, headers=DRY)
    missing = {e["field"] for e in answer.json()["errors"] if e["code"] == "missing"}
    assert missing == {"title", "description"}


# --- Numbers ----------------------------------------------------------------------------------


async def test_that_numbers_are_readable_and_without_gaps_also_at_once_and_after_refusals(
    newcomer: Newcomer,
) -> None:
    someone = await newcomer()
    answers = await asyncio.gather(
        *(someone.post("/cases", json=case(title=f"Case {i}")) for i in range(20)),
        *(someone.post("/cases", json=case(), headers=DRY) for _ in range(5)),
        *(someone.post("/cases", json=case(smart_account="nowhere.example")) for _ in range(5)),
    )
    numbers = [a.json()["number"] for a in answers[:20]]
    assert all(re.fullmatch(r"C-\d{6}", number) for number in numbers)
    counted = sorted(int(number[2:]) for number in numbers)
    assert counted == list(range(counted[0], counted[0] + 20))


@pytest.mark.parametrize("said", ["{}", "c{}", "C {}", "case {}", "Case #C-{}", "  c-{}  "])
async def test_that_a_number_is_understood_as_people_say_it(newcomer: Newcomer, said: str) -> None:
    someone = await newcomer()
    number = (await someone.post("/cases", json=case())).json()["number"]
    found = await someone.get(f"/cases/{said.format(number[2:]).replace('#', '%23')}")
    assert found.json()["number"] == number


async def test_that_the_first_cases_of_an_empty_desk_can_come_at_once(app: object) -> None:
    """Where no case was ever opened, the counter is made by whoever comes first."""
    async with database().write() as session:
        before = (await session.get_one(Counter, "case")).value
        await session.exec(delete(Counter).where(col(Counter.name) == "case"))

    async def number() -> str:
        async with database().write() as session:
            taken = await repository.next_number(session)
            await asyncio.sleep(0.05)
            return taken

    try:
        numbers = await asyncio.gather(*(number() for _ in range(4)))
    finally:
        async with database().write() as session:
            (await session.get_one(Counter, "case")).value = before
    assert sorted(numbers) == ["C-500001", "C-500002", "C-500003", "C-500004"]
