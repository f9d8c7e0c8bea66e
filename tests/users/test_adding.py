"""Giving one person a role: who may, to whom, and what is already there."""

import asyncio
from typing import Any

import httpx
import pytest

from backend.core.database import database
from backend.core.identity import Organization, Person
from tests.conftest import SignedIn
from tests.virtual_accounts.world import Someone, World, make_world


async def add(someone: Someone, world: World, email: str, role: str, *places: str,
              **more: Any) -> httpx.Response:  # fmt: skip
    body = {"email": email, "role": role} | ({"virtual_accounts": places} if places else {}) | more
    return await someone.http.post(f"{world.path}/users", json=body)


def said(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    told = answer.json()
    return " ".join([told["detail"], told["hint"], *(e["message"] for e in told.get("errors", []))])


def lines(answer: httpx.Response) -> dict[str, str]:
    return {line["label"]: line["value"] for line in answer.json()["receipt"]["lines"]}


async def test_that_an_administrator_gives_a_role_of_the_account(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    answer = await add(admin, world, nora.email, "sa_user", scope="account")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told.pop("receipt")["title"] == "User added"
    assert told == {
        "name": nora.name, "email": nora.email, "access": "account", "groups": [],
        "roles": [{
            "role": "sa_user", "scope": "account", "virtual_accounts": [], "include_nested": [],
            "group": None,
        }],
    }  # fmt: skip
    assert await world.held(nora.email) == {"sa_user": {}}
    [event] = await world.events()
    assert (event.type, event.actor, event.subject) == ("user_added", admin.email, nora.email)
    assert event.text == f"{nora.shown} is now SA User of the entire account."
    assert await world.places_of(event) == set()


async def test_that_roles_of_virtual_accounts_are_given_with_what_is_nested(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    answer = await add(admin, world, nora.email, "va_user", "oslo", "Americas", include_nested=True)
    assert answer.status_code == 201, answer.text
    assert lines(answer)["Role"] == (
        "VA User of Americas with what is nested in it and Oslo with what is nested in it"
    )
    assert await world.held(nora.email) == {"va_user": {"Oslo": True, "Americas": True}}
    [event] = await world.events()
    assert await world.places_of(event) == {world.ids["Oslo"], world.ids["Americas"]}
    [role] = answer.json()["roles"]
    assert role["virtual_accounts"] == role["include_nested"] == ["Americas", "Oslo"]


async def test_that_the_new_user_is_told_by_mail(world: World, client: httpx.AsyncClient) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    await add(admin, world, nora.email, "va_user", "Oslo")
    await add(admin, world, nora.email, "sa_viewer")
    mails = await mailed(client, nora.email, 2)
    assert [mail["subject"] for mail in mails] == [f"Access to {world.name}"] * 2
    assert "You are now VA User of Oslo." in mails[0]["text"]
    assert admin.email in mails[0]["text"]
    assert "You are now also SA Viewer of the entire account." in mails[1]["text"]


async def mailed(client: httpx.AsyncClient, to: str, count: int) -> list[dict[str, Any]]:
    for _ in range(200):
        found = (await client.get("/api/v1/demo/outbox", params={"to": to})).json()["items"]
        if len(found) >= count:
            break
        await asyncio.sleep(0.05)
    assert len(found) == count
    return list(reversed(found))


async def test_that_a_dry_run_gives_and_mails_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    tried = await admin.http.post(
        f"{world.path}/users", json={"email": nora.email, "role": "sa_user"},
        headers={"Dry-Run": "true"},
    )  # fmt: skip
    assert (tried.status_code, tried.json()["access"]) == (200, "account")
    assert (await world.held(nora.email), await world.events()) == ({}, [])
    outbox = await client.get("/api/v1/demo/outbox", params={"to": nora.email})
    assert outbox.json()["items"] == []


async def test_that_a_further_role_is_added_beside_the_first(world: World) -> None:
    admin, vik = await world.someone("sa_admin"), await world.someone(("va_user", ["EMEA"]))
    answer = await add(admin, world, vik.email, "va_user", "Oslo")
    assert answer.json()["receipt"]["title"] == "Role added"
    await add(admin, world, vik.email, "va_admin", "Oslo")
    assert await world.held(vik.email) == {
        "va_user": {"EMEA": False, "Oslo": False}, "va_admin": {"Oslo": False},
    }  # fmt: skip
    assert [e.type for e in await world.events()] == ["user_role_added"] * 2


async def test_that_a_place_can_be_deepened_and_is_never_flattened(world: World) -> None:
    admin, vik = await world.someone("sa_admin"), await world.someone(("va_user", ["EMEA"]))
    assert (await add(admin, world, vik.email, "va_user", "EMEA", include_nested=True)).is_success
    assert await world.held(vik.email) == {"va_user": {"EMEA": True}}
    again = await add(admin, world, vik.email, "va_user", "EMEA")
    assert (again.status_code, again.json()["receipt"]["title"]) == (200, "Nothing to add")
    assert await world.held(vik.email) == {"va_user": {"EMEA": True}}


@pytest.mark.parametrize(
    ("has", "wanted", "places"),
    [
        ("sa_user", "sa_user", []), ("sa_admin", "sa_viewer", []),
        ("sa_admin", "va_admin", ["Lab"]),
        ("sa_user", "va_user", ["Lab"]), ("va_admin", "va_viewer", ["EMEA"]),
        ("va_admin", "va_user", ["Lab"]),
    ],
)  # fmt: skip
async def test_that_what_is_covered_already_is_not_given_again(
    world: World, has: str, wanted: str, places: list[str]
) -> None:
    admin = await world.someone("sa_admin")
    own = (has, ["EMEA"]) if has.startswith("va_") else has
    someone = await world.someone(own, nested=True)
    before = await world.held(someone.email)
    answer = await add(admin, world, someone.email, wanted, *places)
    assert (answer.status_code, answer.json()["receipt"]["title"]) == (200, "Nothing to add")
    assert "Has already" in lines(answer)
    assert (await world.held(someone.email), await world.events()) == (before, [])


@pytest.mark.parametrize(
    ("has", "wanted", "places"),
    [
        ("sa_approver", "sa_user", []), ("sa_viewer", "va_user", ["Lab"]),
        ("va_user", "va_user", ["Lab"]), ("va_user", "sa_viewer", []),
        ("sa_user", "va_admin", ["Lab"]),
    ],
)  # fmt: skip
async def test_that_what_is_not_covered_is_given(
    world: World, has: str, wanted: str, places: list[str]
) -> None:
    admin = await world.someone("sa_admin")
    someone = await world.someone((has, ["EMEA"]) if has.startswith("va_") else has)
    assert (await add(admin, world, someone.email, wanted, *places)).status_code == 201


async def test_that_a_cco_id_says_who_too(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    assert (await add(admin, world, nora.told["cco_id"].upper(), "sa_user")).status_code == 201
    assert await world.held(nora.email) == {"sa_user": {}}


@pytest.mark.parametrize("role", ["VA User", "va-user", "Va_User", " VA  User "])
async def test_that_a_role_may_be_written_as_people_do(world: World, role: str) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    assert (await add(admin, world, nora.email, role, "Oslo")).status_code == 201


async def test_that_nobody_is_given_a_role_without_an_active_cco_id(world: World) -> None:
    admin = await world.someone("sa_admin")
    without = await world.someone(cco_id=None)
    assert "has no active CCO ID" in said(await add(admin, world, without.email, "sa_user"), 422)
    for unknown in ("nobody@nowhere.example", "nobody.at.all"):
        answer = await add(admin, world, unknown, "sa_user")
        assert unknown in said(answer, 422)
        assert [e["field"] for e in answer.json()["errors"]] == ["email"]
    twins = [await world.someone(cco_id="twin") for _ in range(2)]
    assert "Several people" in said(await add(admin, world, "twin", "sa_user"), 422)
    assert (await add(admin, world, twins[0].email, "sa_user")).status_code == 201


# --- Approvers --------------------------------------------------------------------------------


async def test_that_an_approver_is_of_the_company(world: World, person: SignedIn) -> None:
    admin, own = await world.someone("sa_admin"), await world.someone()
    other = await world.someone(organization=f"other-{world.domain}")
    assert (await add(admin, world, own.email, "sa_approver")).status_code == 201
    refused = await add(admin, world, other.email, "sa_approver")
    assert world.domain in said(refused, 422)
    assert [e["field"] for e in refused.json()["errors"]] == ["role"]
    assert (await add(admin, world, other.email, "sa_admin")).status_code == 201
    part = await make_world(person, domain=f"lab.{world.domain}")
    boss = await part.someone("sa_admin")
    assert (await add(boss, part, own.email, "sa_approver")).status_code == 201
    below = await part.someone()
    said(await add(admin, world, below.email, "sa_approver"), 422)


async def test_that_a_shared_public_mailbox_is_no_company(world: World) -> None:
    admin, own = await world.someone("sa_admin"), await world.someone()
    async with database().write() as session:
        organization = await session.get_one(Organization, world.domain)
        organization.public_mailbox = True
        session.add(organization)
    said(await add(admin, world, own.email, "sa_approver"), 422)


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer"])
async def test_that_others_of_the_account_add_nobody(world: World, role: str) -> None:
    admin, someone = await world.someone("sa_admin"), await world.someone(role)
    nora = await world.someone()
    for wanted, places in (("sa_viewer", []), ("va_viewer", ["Oslo"])):
        assert admin.shown in said(await add(someone, world, nora.email, wanted, *places), 403)


@pytest.mark.parametrize("role", ["va_user", "va_viewer"])
async def test_that_va_users_add_nobody_to_their_own(world: World, role: str) -> None:
    someone, nora = await world.someone((role, ["Oslo"])), await world.someone()
    said(await add(someone, world, nora.email, "va_viewer", "Oslo"), 403)


async def test_that_a_va_administrator_adds_to_their_own_alone(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    vera = await world.someone(("va_admin", ["EMEA"]), nested=True)
    for role in ("va_viewer", "va_user", "va_admin"):
        assert (await add(vera, world, nora.email, role, "Oslo", "Lab")).status_code == 201
    for role, places in (
        ("sa_viewer", []),
        ("va_user", ["Americas"]),
        ("va_user", ["Oslo", "APAC"]),
    ):
        refused = said(await add(vera, world, nora.email, role, *places), 403)
        assert admin.shown in refused
        assert vera.shown not in refused
    assert await world.held(nora.email) == {
        "va_viewer": {"Oslo": False, "Lab": False}, "va_user": {"Oslo": False, "Lab": False},
        "va_admin": {"Oslo": False, "Lab": False},
    }  # fmt: skip


async def test_that_nobody_gives_what_is_nested_without_reaching_it(world: World) -> None:
    """Whoever administers EMEA alone must not hand out Oslo with it."""
    admin, nora = await world.someone("sa_admin"), await world.someone()
    flat = await world.someone(("va_admin", ["EMEA", "Oslo", "Lab"]))
    deep = await world.someone(("va_admin", ["EMEA"]), nested=True)
    refused = said(await add(flat, world, nora.email, "va_user", "EMEA", include_nested=True), 403)
    assert admin.shown in refused
    assert (await add(flat, world, nora.email, "va_user", "EMEA")).status_code == 201
    answer = await add(deep, world, nora.email, "va_user", "EMEA", include_nested=True)
    assert answer.status_code == 201


async def test_that_outsiders_add_nobody_not_even_themselves(world: World) -> None:
    outsider = await world.someone()
    said(await add(outsider, world, outsider.email, "sa_admin"), 403)


async def test_that_an_open_admin_notice_blocks(person: SignedIn) -> None:
    world = await make_world(person, admin_notice=0)
    admin, nora = await world.someone("sa_admin"), await world.someone()
    for answer in (
        await add(admin, world, nora.email, "sa_user"),
        await admin.http.post(
            f"{world.path}/users/bulk", json={"users": [{"email": nora.email, "role": "sa_user"}]}
        ),
        await admin.http.patch(f"{world.path}/users/{admin.email}", json={"role": "sa_user"}),
        await admin.http.delete(f"{world.path}/users/{admin.email}"),
    ):
        assert "Smart Account Admin Notice" in said(answer, 409)


# --- What is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"role", "email"}), ({"email": "x@", "role": "sa_user"}, {"email"}),
        ({"email": "=1+1", "role": "sa_user"}, {"email"}),
        ({"email": "a b", "role": "sa_user"}, {"email"}),
        ({"email": "a@b.example", "role": "owner"}, {"role"}),
        ({"email": "a@b.example", "role": "sa_user", "scope": "virtual_accounts"},
         {"role", "virtual_accounts"}),
        ({"email": "a@b.example", "role": "va_user", "scope": "account"}, {"role"}),
        ({"email": "a@b.example", "role": "va_user"}, {"virtual_accounts"}),
        ({"email": "a@b.example", "role": "va_user", "virtual_accounts": []}, {"virtual_accounts"}),
        ({"email": "a@b.example", "role": "sa_user", "virtual_accounts": ["Oslo"]},
         {"virtual_accounts"}),
        ({"email": "a@b.example", "scope": "virtual_accounts"}, {"role", "virtual_accounts"}),
        ({"email": "a@b.example", "role": "va_user", "virtual_accounts": ["Oslo", "Nowhere"]},
         {"virtual_accounts.1"}),
        ({"email": "a@b.example", "role": "sa_user", "boss": True}, {"boss"}),
    ],
)  # fmt: skip
async def test_that_each_wrong_field_is_named(
    world: World, body: dict[str, Any], wrong: set[str]
) -> None:
    admin = await world.someone("sa_admin")
    answer = await admin.http.post(f"{world.path}/users", json=body)
    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.json()["errors"]} == wrong


async def test_that_unknown_virtual_accounts_come_with_those_there_are(world: World) -> None:
    admin = await world.someone("sa_admin")
    refused = said(await add(admin, world, admin.email, "va_user", "Bergen"), 422)
    assert "“Bergen”" in refused
    assert "Americas, DEFAULT, EMEA" in refused
    assert "APAC" not in refused


async def test_that_a_present_address_counts_before_a_former_one(world: World) -> None:
    """Somebody's first address may be another's present one."""
    admin, first, second = [await world.someone("sa_admin"), *[await world.someone() for _ in "ab"]]
    async with database().write() as session:
        moved = await session.get_one(Person, first.email)
        moved.email = f"new-{first.email}"
        session.add(moved)
        await session.flush()
        taker = await session.get_one(Person, second.email)
        taker.email = first.email
        session.add(taker)
    assert (await add(admin, world, first.email, "sa_user")).json()["name"] == second.name
    assert (await add(admin, world, second.email, "sa_viewer")).json()["name"] == second.name
    assert (await add(admin, world, f"new-{first.email}", "sa_user")).json()["name"] == first.name
