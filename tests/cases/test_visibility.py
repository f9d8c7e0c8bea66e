"""Who sees which case: the requester, the desk by queue, members by the account's policy."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlmodel import col

from backend.accounts.models import SmartAccount
from backend.core.database import database
from tests.conftest import NORTHWIND, Newcomer, SignedIn

CASE = {
    "category": "smart_licensing", "title": "Who sees this?", "description": "A question",
    "smart_account": "northwind.example",
}  # fmt: skip


async def set_policy(policy: str) -> None:
    async with database().write() as session:
        await session.exec(
            update(SmartAccount)
            .where(col(SmartAccount.id) == NORTHWIND)
            .values(case_visibility=policy)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def policy(app: object) -> AsyncIterator[None]:
    """Northwind's policy is what it was, afterwards."""
    yield
    await set_policy("owner")


@dataclass
class Opened:
    owner: httpx.AsyncClient
    number: str


@pytest.fixture
async def opened(newcomer: Newcomer) -> Opened:
    """A case about Northwind by one of its users, in the queue `licensing`."""
    owner = await newcomer(roles=((NORTHWIND, "sa_user"),))
    answer = await owner.post("/cases", json=CASE)
    assert answer.json()["queue"] == "licensing"
    return Opened(owner, answer.json()["number"])


async def sees(someone: httpx.AsyncClient, number: str) -> bool:
    """Whether somebody sees a case, which page and list must agree on."""
    page = await someone.get(f"/cases/{number}")
    assert page.status_code in {200, 404}
    listed = (await someone.get("/cases", params={"q": number})).json()["items"]
    assert bool(listed) is (page.status_code == 200)
    return page.status_code == 200


MEMBERS = {
    "nadia": "sa_admin", "nils": "sa_admin", "omar": "sa_approver", "uma": "sa_user",
    "vic": "sa_viewer", "vera": "va_admin", "vik": "va_user", "viola": "va_viewer",
}  # fmt: skip
STRANGERS = [
    "nora@northwind.example", "fiona@northwind.example", "nina@northwind.example",
    "carla@contoso.example", "paul@fabrikam.example", "petra@fabrikam.example",
    "greg@freemail.example", "cyra@support.example", "mia@support.example",
]  # fmt: skip
DESK = ["lee@support.example", "mo@support.example"]


async def test_that_the_requester_and_the_queues_agents_always_see_it(
    opened: Opened, person: SignedIn, policy: None
) -> None:
    for rule in ("owner", "admins", "all"):
        await set_policy(rule)
        assert await sees(opened.owner, opened.number)
        for agent in DESK:
            assert await sees(await person(agent), opened.number)


@pytest.mark.parametrize("rule", ["owner", "admins", "all"])
async def test_that_members_see_it_by_the_accounts_policy(
    opened: Opened, person: SignedIn, policy: None, rule: str
) -> None:
    await set_policy(rule)
    seen = {
        name: await sees(await person(f"{name}@northwind.example"), opened.number)
        for name in MEMBERS
    }
    assert seen == {
        name: rule == "all" or (rule == "admins" and role == "sa_admin")
        for name, role in MEMBERS.items()
    }


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_that_nobody_else_sees_it_whatever_the_policy(
    opened: Opened, person: SignedIn, policy: None, stranger: str
) -> None:
    await set_policy("all")
    assert not await sees(await person(stranger), opened.number)


async def test_that_a_case_without_an_account_is_its_requesters_alone(
    newcomer: Newcomer, person: SignedIn, policy: None
) -> None:
    await set_policy("all")
    owner = await newcomer(roles=((NORTHWIND, "sa_user"),))
    number = (await owner.post("/cases", json=CASE | {"smart_account": None})).json()["number"]
    assert not await sees(await person("nadia@northwind.example"), number)


async def test_that_what_one_may_not_see_is_answered_like_what_does_not_exist(
    opened: Opened, person: SignedIn
) -> None:
    stranger = await person("carla@contoso.example")
    hidden = (await stranger.get(f"/cases/{opened.number}")).json()
    missing = (await stranger.get("/cases/C-999999")).json()
    assert hidden["detail"].replace(opened.number, "C-999999") == missing["detail"]
    assert {k: v for k, v in hidden.items() if k != "detail"} == {
        k: v for k, v in missing.items() if k != "detail"
    }


WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"severity": 1}),
    ("POST", "/claim", None),
    ("POST", "/replies", {"text": "Hello"}),
    ("POST", "/notes", {"text": "Hello"}),
    ("POST", "/cancel", {}),
    ("POST", "/schedule", {"start": "2027-03-09T15:00", "end": "2027-03-09T16:00"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_that_who_sees_a_case_by_policy_may_change_nothing_and_strangers_find_nothing(
    opened: Opened, person: SignedIn, policy: None, method: str, path: str, body: Any
) -> None:
    await set_policy("all")
    before = (await opened.owner.get(f"/cases/{opened.number}")).json()
    for email, status in (("nadia@northwind.example", 403), ("carla@contoso.example", 404),
                          ("mia@support.example", 404)):  # fmt: skip
        someone = await person(email)
        answer = await someone.request(method, f"/cases/{opened.number}{path}", json=body)
        allowed = {status, 409} if path == "/schedule" and status == 403 else {status}
        assert answer.status_code in allowed, email
    assert (await opened.owner.get(f"/cases/{opened.number}")).json() == before


@pytest.mark.parametrize(("method", "path", "body"), WRITES[:3])
async def test_that_the_requester_does_not_do_the_desks_work(
    opened: Opened, method: str, path: str, body: Any
) -> None:
    answer = await opened.owner.request(method, f"/cases/{opened.number}{path}", json=body)
    assert answer.status_code == 403
    assert "queue “Licensing”" in answer.json()["detail"]


async def test_that_mine_lists_only_ones_own(person: SignedIn, newcomer: Newcomer) -> None:
    someone, lee = await newcomer(), await person("lee@support.example")
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    mine = (await someone.get("/cases", params={"mine": True})).json()["items"]
    assert [case["number"] for case in mine] == [number]
    assert (await lee.get("/cases", params={"mine": True})).json()["items"] == []


async def test_that_the_desk_filters_by_queue_status_and_words(
    person: SignedIn, newcomer: Newcomer
) -> None:
    someone, lee = await newcomer(name="Wilhelmina Filter"), await person("lee@support.example")
    word = someone.email.split("@")[0]
    numbers = {}
    for category in ("smart_account", "orders"):
        body = {"category": category, "title": f"100%_{word}", "description": "x"}
        numbers[category] = (await someone.post("/cases", json=body)).json()["number"]
    await lee.patch(f"/cases/{numbers['orders']}", json={"status": "in_progress"})

    async def listed(**query: str) -> list[str]:
        items = (await lee.get("/cases", params={"q": word} | query)).json()["items"]
        return [case["number"] for case in items]

    assert await listed() == [numbers["orders"], numbers["smart_account"]]
    assert await listed(queue="accounts") == [numbers["smart_account"]]
    assert await listed(status="in_progress") == [numbers["orders"]]
    assert await listed(status="closed") == []
    assert await listed(q=f"100%_{word}") == [numbers["orders"], numbers["smart_account"]]
    assert await listed(q=f"100x_{word}") == []
    assert await listed(q=numbers["orders"]) == [numbers["orders"]]
    assert await listed(q=numbers["orders"].lower()) == [numbers["orders"]]


async def test_that_one_queue_in_due_order_ends_with_its_open_cases(
    person: SignedIn, newcomer: Newcomer
) -> None:
    """A part of the order in which nothing can be is no reason to fail."""
    someone, lee = await newcomer(), await person("lee@support.example")
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    for query, found in (({"open_only": True}, [number]), ({"status": "closed"}, [])):
        asked = {"sort": "due", "queue": "licensing"} | query
        assert (await lee.get("/cases", params=asked)).status_code == 200
        answer = await lee.get("/cases", params=asked | {"q": number})
        assert [case["number"] for case in answer.json()["items"]] == found


async def test_that_queues_are_those_one_works_on_with_what_is_open(
    person: SignedIn, newcomer: Newcomer
) -> None:
    mia, someone = await person("mia@support.example"), await newcomer()

    async def orders() -> int:
        queues = (await mia.get("/queues")).json()["items"]
        assert [queue["id"] for queue in queues] == ["lea", "orders"]
        return next(queue["open"] for queue in queues if queue["id"] == "orders")

    before = await orders()
    body = {"category": "orders", "title": "x", "description": "x"}
    number = (await someone.post("/cases", json=body)).json()["number"]
    assert await orders() == before + 1
    await mia.patch(f"/cases/{number}", json={"status": "closed"})
    assert await orders() == before
    assert (await someone.get("/queues")).json()["items"] == []
    assert (await (await person("cyra@support.example")).get("/queues")).json()["items"] == []
