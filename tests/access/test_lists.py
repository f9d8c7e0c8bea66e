"""Which requests a list shows to whom: always those that the page of each shows too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from backend.access import listing
from backend.access.models import AccessRequest
from backend.core import clock, jobs
from backend.core.database import database
from backend.core.identity import Person
from tests.access.company import MEMBERS, Company
from tests.access.conftest import Found
from tests.access.statements import counted, plan, whole_tables
from tests.conftest import SignedIn

WHOLE: dict[str, Any] = {"scope": "account", "role": "sa_user", "virtual_accounts": None}
WISHES: list[dict[str, Any]] = [
    {"virtual_accounts": ["Oslo"]},
    {"virtual_accounts": ["Oslo"], "include_nested": True},
    {"virtual_accounts": ["Oslo-Lab", "EMEA"]},
    {"virtual_accounts": ["Oslo", "Americas"]},
    {"virtual_accounts": ["Tokyo"]},
    WHOLE,
    WHOLE | {"role": "sa_admin"},
]


async def ids(company: Company, name: str, **query: Any) -> list[str]:
    client = await company.client(name)
    items = (await client.get("/access-requests", params=query)).raise_for_status().json()["items"]
    return [one["id"] for one in items]


async def test_that_list_page_and_deciders_agree_for_everybody(company: Company) -> None:
    for name, to, places in (
        ("ada", "vik", ["EMEA"]), ("vera", "una", ["Oslo"]), ("vito", "apo", ["Oslo", "Americas"]),
    ):  # fmt: skip
        body = {
            "delegate": company.email(to), "scope": "virtual_accounts",
            "virtual_accounts": places, "ends": soon(),
        }  # fmt: skip
        answer = await company.below(name, "POST", "/approval-delegations", json=body)
        assert answer.status_code == 201, answer.text
    requests = [await company.asked(await company.newcomer(), **wish) for wish in WISHES]
    requests.append(await company.asked("vera", virtual_accounts=["Americas"]))
    requests.append(await company.asked("vik", virtual_accounts=["Oslo"]))
    rule = {"match": {}, "action": "route", "route_to": company.email("una"), "position": 1}
    await company.below("ada", "POST", "/access-rules", json=rule)
    requests.append(await company.asked("nora", virtual_accounts=["Tokyo"]))
    found = 0
    for name, *_ in MEMBERS:
        client = await company.client(name)
        expected, seen = [], await ids(company, name, limit=200)
        for request in requests:
            page = await client.get(f"/access-requests/{request['id']}")
            assert (request["id"] in seen) is (page.status_code == 200), (name, request)
            decides = company.email(name) in [one["email"] for one in request["deciders"]]
            if decides:
                assert page.json()["may_decide"] is True
                expected.append(request["id"])
        assert sorted(await ids(company, name, to_decide=True)) == sorted(expected), name
        found += len(expected)
    assert found > 25


def soon() -> str:
    return (clock.now() + timedelta(days=20)).isoformat()


async def test_what_each_role_sees(company: Company) -> None:
    whole = (await company.asked("nora", **WHOLE))["id"]
    oslo = (await company.asked("nils", virtual_accounts=["Oslo"]))["id"]
    assert await ids(company, "ada") == [oslo, whole]
    assert await ids(company, "una") == [oslo, whole]
    assert await ids(company, "vera") == [oslo]
    assert await ids(company, "nora") == [whole]
    for name in ("apo", "vic", "vik", "viola"):
        assert await ids(company, name) == []
    await company.decide("ada", oslo, "decline")
    assert await ids(company, "una") == [whole]
    assert await ids(company, "vera") == [oslo]
    assert await ids(company, "ada") == [oslo, whole]


@pytest.mark.parametrize("stranger", [
    "nadia@northwind.example", "cyra@support.example", "lee@support.example",
    "paul@fabrikam.example",
])  # fmt: skip
async def test_that_nobody_else_finds_it(company: Company, person: SignedIn, stranger: str) -> None:
    request = await company.asked("nora")
    client = await person(stranger)
    answer = await client.get(f"/access-requests/{request['id']}")
    missing = await client.get("/access-requests/none")
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert answer.json()["detail"].replace(request["id"], "none") == missing.json()["detail"]
    listed = await client.get("/access-requests", params={"smart_account": company.domain})
    assert listed.json()["items"] == []


async def test_that_lists_are_filtered(company: Company, found: Found) -> None:
    other = await found()
    other.clients["nora"] = await company.client("nora")
    first = (await company.asked("nora", virtual_accounts=["Oslo"]))["id"]
    second = (await company.asked("nora", virtual_accounts=["Americas"]))["id"]
    elsewhere = (await other.asked("nora"))["id"]
    await company.decide("ada", first, "decline")
    assert await ids(company, "nora") == [elsewhere, second, first]
    assert await ids(company, "nora", status="pending") == [elsewhere, second]
    assert await ids(company, "nora", status="declined") == [first]
    assert await ids(company, "nora", smart_account=company.domain.upper()) == [second, first]
    assert await ids(company, "nora", smart_account="nowhere.example") == []
    assert await ids(company, "nora", to_decide=True) == []
    assert await ids(company, "ada", mine=True) == []
    assert await ids(company, "ada", to_decide=True, status="declined") == []
    answer = await (await company.client("nora")).get("/access-requests?status=open")
    assert answer.status_code == 422


async def test_that_pages_have_no_gap(company: Company) -> None:
    there = [(await company.asked(await company.newcomer()))["id"] for _ in range(5)]
    ada = await company.client("ada")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "to_decide": True}
    while True:
        page = (await ada.get("/access-requests", params=query)).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == there[::-1]


async def test_that_the_number_of_queries_does_not_depend_on_how_many_there_are(
    company: Company,
) -> None:
    ada = await company.client("ada")
    await company.asked(await company.newcomer())
    assert await jobs.drained(database(), 20)
    with counted() as few:
        assert len((await ada.get("/access-requests")).json()["items"]) == 1
    for number in range(8):
        places = ["Oslo", "Americas"] if number % 2 else ["Oslo-Lab"]
        await company.asked(await company.newcomer(), virtual_accounts=places)
    assert await jobs.drained(database(), 20)
    with counted() as many:
        assert len((await ada.get("/access-requests")).json()["items"]) == 9
    assert len(many) == len(few) < 20


async def test_that_an_address_which_is_not_verified_shows_nothing_more(
    company: Company, person: SignedIn
) -> None:
    greg = await person("greg@freemail.example")
    await company.asked("nora")
    before = (await greg.get("/access-requests")).json(), (await greg.get("/directory")).json()
    changed = await greg.patch("/me", json={"email": company.email("nora2")})
    assert changed.status_code in {200, 422}
    async with database().write() as session:
        row = await session.get_one(Person, "greg@freemail.example")
        row.email_pending = company.email("nora")
    try:
        after = (await greg.get("/access-requests")).json(), (await greg.get("/directory")).json()
        assert after == before
        assert (await company.ask("greg@freemail.example", **WHOLE | {"role": "sa_approver"})
                ).status_code == 422  # fmt: skip
    finally:
        async with database().write() as session:
            row = await session.get_one(Person, "greg@freemail.example")
            row.email_pending = None


async def _view(email: str) -> listing.View:
    async with database().read() as session:
        return await listing.view_of(session, email)


LISTS: list[tuple[str, Callable[..., Any]]] = [
    ("all", listing.readable), ("to decide", listing.to_decide),
]  # fmt: skip


@pytest.mark.parametrize("name", ["ada", "una", "vera", "vik", "nora"])
@pytest.mark.parametrize("chosen", [one[1] for one in LISTS], ids=[one[0] for one in LISTS])
async def test_that_no_list_reads_a_whole_table(
    company: Company, name: str, chosen: Callable[..., Any]
) -> None:
    body = {"delegate": company.email("vik"), "scope": "virtual_accounts",
            "virtual_accounts": ["Oslo"], "ends": soon()}  # fmt: skip
    await company.below("vera", "POST", "/approval-delegations", json=body)
    view = await _view(company.email(name))
    at, key = col(AccessRequest.created_at), col(AccessRequest.id)
    statement = chosen(view).order_by(at.desc(), key.desc()).limit(51)
    told = await plan(statement)
    assert whole_tables(told) == [], told


async def test_that_a_statement_which_reads_a_whole_table_would_be_noticed(
    company: Company,
) -> None:
    told = await plan(select(AccessRequest.id).where(col(AccessRequest.justification) == "x"))
    assert whole_tables(told), told
