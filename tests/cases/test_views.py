"""Saved views: whose they are, what they count, and each name once."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import Newcomer, SignedIn

LEE, MIA, MO, CYRA = (f"{name}@support.example" for name in ("lee", "mia", "mo", "cyra"))


def new_name() -> str:
    return f"View {uuid.uuid4().hex[:8]}"


async def save(
    by: httpx.AsyncClient, name: str, filters: Any = None, **more: Any
) -> httpx.Response:
    return await by.post("/desk/views", json={"name": name, "filters": filters or {}} | more)


async def listed(by: httpx.AsyncClient) -> dict[str, Any]:
    items = (await by.get("/desk/views")).raise_for_status().json()["items"]
    return {view["name"]: view for view in items}


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


@pytest_asyncio.fixture(loop_scope="session")
async def mo(person: SignedIn) -> httpx.AsyncClient:
    return await person(MO)


async def test_that_a_view_counts_what_its_list_shows(
    lee: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    organization = f"o{uuid.uuid4().hex[:8]}.example"
    from backend.core.database import database
    from backend.core.identity import Organization

    async with database().write() as session:
        session.add(Organization(domain=organization, name="Other", kind="customer"))
    asker = await newcomer(organization=organization, language="ja")
    body = {"category": "orders", "title": "x", "description": "x"}
    for severity in (1, 3, 3):
        number = (await asker.post("/cases", json=body | {"severity": severity})).json()["number"]
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    wanted = {
        "all": ({"domain": organization}, 3),
        "open": ({"domain": organization, "open_only": True}, 2),
        "critical": ({"domain": organization, "severity": 1}, 1),
        "japanese": ({"domain": organization, "language": "ja"}, 3),
        "german": ({"domain": organization, "language": "de"}, 0),
        "unclaimed": ({"domain": organization, "assignee": "none", "queue": "orders"}, 3),
        "mine": ({"domain": organization, "assignee": "me"}, 0),
        "training": ({"domain": organization, "category": "training"}, 0),
        "soon": ({"domain": organization, "breaching_within": 720, "open_only": True}, 2),
    }
    for what, (filters, number_of) in wanted.items():
        saved = await save(lee, f"{what} {organization}", filters)
        assert saved.status_code == 201, saved.text
        told = saved.json()
        assert (told["count"], told["more"]) == (number_of, False), what
        assert told["filters"] | filters == told["filters"]
        items = (await lee.get("/cases", params=filters)).json()["items"]
        assert len(items) == number_of, what
    names = [name for name in await listed(lee) if organization in name]
    assert names == sorted(names)


async def test_that_a_view_is_ones_own_until_a_lead_shares_it(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient
) -> None:
    own, shared = new_name(), new_name()
    await save(lee, own)
    assert own in await listed(lee)
    assert own not in await listed(mo)
    refused = await save(lee, shared, shared=True)
    assert refused.status_code == 403
    assert "lead" in refused.json()["detail"]
    view = (await save(mo, shared, shared=True)).json()
    seen = (await listed(lee))[shared]
    assert (seen["shared"], seen["mine"]) == (True, False)
    assert (await lee.patch(f"/desk/views/{view['id']}", json={"name": "Mine"})).status_code == 403
    assert (await lee.delete(f"/desk/views/{view['id']}")).status_code == 403
    changed = await mo.patch(f"/desk/views/{view['id']}", json={"filters": {"severity": 2}})
    assert changed.json()["filters"]["severity"] == 2
    assert (await mo.delete(f"/desk/views/{view['id']}")).status_code == 200
    assert shared not in await listed(lee)


async def test_that_a_name_leads_to_one_view(lee: httpx.AsyncClient, mo: httpx.AsyncClient) -> None:
    name = new_name()
    first = (await save(lee, name)).json()
    twice = await save(lee, f"  {name.upper()} ")
    assert twice.status_code == 409
    assert twice.json()["hint"] == "Choose another name, or change that view."
    same = await lee.patch(f"/desk/views/{first['id']}", json={"name": name, "filters": {}})
    assert same.status_code == 200
    assert (await save(mo, name)).status_code == 201
    shared = new_name()
    await save(mo, shared, shared=True)
    assert (await save(lee, shared)).status_code == 409


async def test_that_of_two_at_once_with_one_name_one_is_saved(lee: httpx.AsyncClient) -> None:
    name = new_name()
    answers = await asyncio.gather(*(save(lee, name) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "filters": {}},
        {"name": "x" * 61, "filters": {}},
        {"name": "x", "filters": {"queue": "nowhere"}},
        {"name": "x", "filters": {"severity": 0}},
        {"name": "x", "filters": {"colour": "red"}},
        {"name": "x", "filters": {"breaching_within": -1}},
        {"name": "x"},
    ],
)
async def test_that_a_wrong_view_is_not_saved(lee: httpx.AsyncClient, body: Any) -> None:
    assert (await lee.post("/desk/views", json=body)).status_code == 422


async def test_that_the_queue_opens_with_the_view_that_was_chosen(
    lee: httpx.AsyncClient, mo: httpx.AsyncClient
) -> None:
    view = (await save(mo, new_name(), shared=True)).json()
    chosen = await lee.patch("/desk/me", json={"default_view": view["id"]})
    assert chosen.json()["default_view"] == view["id"]
    assert (await listed(lee))[view["name"]]["is_default"]
    assert not (await listed(mo))[view["name"]]["is_default"]
    await mo.delete(f"/desk/views/{view['id']}")
    assert (await lee.get("/desk/me")).json()["default_view"] is None
    assert (await lee.patch("/desk/me", json={"default_view": "0" * 32})).status_code == 422


async def test_that_an_agent_says_how_they_work(mo: httpx.AsyncClient) -> None:
    told = (await mo.get("/desk/me")).json()
    assert told["takes_cases"]
    assert told["shortcuts"]
    changed = await mo.patch("/desk/me", json={"takes_cases": False, "shortcuts": False})
    assert changed.json()["receipt"]["lines"] == [
        {"label": "Takes cases by rule", "value": "no"},
        {"label": "Keys in the list", "value": "no"},
    ]
    again = await mo.patch("/desk/me", json={"takes_cases": False})
    assert again.json()["receipt"]["title"] == "Nothing to change"
    past = await mo.patch("/desk/me", json={"away_until": "2020-01-01T00:00"})
    assert past.status_code == 422
    await mo.patch("/desk/me", json={"takes_cases": True, "shortcuts": True})


async def test_that_views_are_the_desks(newcomer: Newcomer, person: SignedIn) -> None:
    for someone in (await newcomer(), await person(CYRA)):
        assert (await someone.get("/desk/views")).status_code == 403
        assert (await save(someone, new_name())).status_code == 403
        assert (await someone.get("/desk/me")).status_code == 403
        assert (await someone.patch("/desk/me", json={})).status_code == 403
