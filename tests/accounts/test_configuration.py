"""An account's record, its properties, policies, notices, numbers and places."""

import asyncio
import csv
import io
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from backend.accounts import presentation
from backend.accounts.models import Location, SmartAccount
from backend.accounts.policies import LICENSE_POLICIES, in_force
from backend.accounts.schemas import NoticeName
from backend.core.database import database
from backend.users.models import (
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount
from tests.accounts.world import (
    HEADQUARTERS,
    account_at,
    company,
    creation,
    done,
    email_of,
    events_of,
    fresh_domain,
    made,
    make_account,
)
from tests.conftest import Newcomer

DRY = {"Dry-Run": "true"}
SA_ROLES = ["sa_admin", "sa_approver", "sa_user", "sa_viewer"]
VA_ROLES = ["va_admin", "va_user", "va_viewer"]
DIRECTORY = {
    "domain", "name", "id", "type", "status", "relation", "roles", "administrators",
}  # fmt: skip


@dataclass
class World:
    """An account with somebody of every role; VA roles are held in `Here`, not in `There`."""

    account: SmartAccount
    people: dict[str, httpx.AsyncClient]
    places: dict[str, str]

    @property
    def path(self) -> str:
        return f"/smart-accounts/{self.account.domain}"


async def world_of(newcomer: Newcomer, **fields: Any) -> World:
    domain = await company()
    people = {role: await newcomer(organization=domain) for role in SA_ROLES + VA_ROLES}
    account = await make_account(
        domain, *((email_of(people[role]), role) for role in SA_ROLES), **fields
    )
    places = {name: uuid.uuid4().hex for name in ("Here", "There")}
    async with database().write() as session:
        session.add_all(
            VirtualAccount(id=id_, smart_account_id=account.id, name=name, location=f"Town {name}")
            for name, id_ in places.items()
        )
        await session.flush()
        for role in VA_ROLES:
            row = Membership(smart_account_id=account.id, person=email_of(people[role]), role=role)
            session.add(row)
            await session.flush()
            session.add(MembershipPlace(membership_id=row.id, virtual_account_id=places["Here"]))
        session.add(
            Location(
                smart_account_id=account.id, name="Harbour",
                address=HEADQUARTERS | {"street": "Quay 1"},
            )
        )  # fmt: skip
    return World(account, people, places)


@pytest_asyncio.fixture(loop_scope="session")
async def world(newcomer: Newcomer) -> World:
    return await world_of(newcomer)


# The record


async def test_that_whoever_names_the_domain_gets_the_directorys_fields(
    newcomer: Newcomer, world: World
) -> None:
    stranger = await newcomer()
    told = await done(await stranger.get(f"/smart-accounts/{world.account.domain.upper()}"))
    assert set(told) == DIRECTORY
    assert (told["relation"], told["roles"]) == (None, [])
    admin = email_of(world.people["sa_admin"])
    assert [one["email"] for one in told["administrators"]] == [admin]


async def test_that_also_a_restricted_one_is_found_by_its_domain(newcomer: Newcomer) -> None:
    domain = await company()
    await make_account(domain, visibility="restricted")
    stranger = await newcomer()
    assert set(await done(await stranger.get(f"/smart-accounts/{domain}"))) == DIRECTORY
    for below in ("overview", "policies", "locations", "locations.csv", "upgrade-eligibility"):
        assert (await stranger.get(f"/smart-accounts/{domain}/{below}")).status_code == 404
    missing = await stranger.get(f"/smart-accounts/{fresh_domain()}")
    assert missing.status_code == 404


@pytest.mark.parametrize("role", SA_ROLES + VA_ROLES)
async def test_that_every_member_gets_the_whole_record(world: World, role: str) -> None:
    told = await done(await world.people[role].get(world.path))
    assert set(told) == DIRECTORY | {
        "is_smb", "visibility", "headquarters", "primary_contact", "former_domains", "notices",
        "created_at", "activated_at",
    }  # fmt: skip
    assert (told["relation"], told["roles"]) == ("access", [role])
    assert {notice["name"]: notice["accepted"] for notice in told["notices"]} == {
        "smart-licensing": True, "admin": True,
    }  # fmt: skip
    assert "case_visibility" not in told
    assert "policies" not in told


async def test_that_the_record_says_how_one_is_related(newcomer: Newcomer, world: World) -> None:
    colleague = await newcomer(organization=world.account.domain)
    told = await done(await colleague.get(world.path))
    assert told["relation"] == "domain"
    someone, domain = await newcomer(), fresh_domain()
    await made(await someone.post("/smart-accounts", json=creation(domain)))
    told = await done(await someone.get(f"/smart-accounts/{domain}"))
    assert (told["relation"], told["status"], told["administrators"]) == ("created", "pending", [])


# Properties


async def test_that_an_administrator_changes_the_properties(
    newcomer: Newcomer, world: World
) -> None:
    admin, contact = world.people["sa_admin"], world.people["va_viewer"]
    told = await done(
        await admin.patch(
            world.path,
            json={
                "name": " New  Name ", "visibility": "restricted", "headquarters": HEADQUARTERS,
                "primary_contact": email_of(contact).upper(),
            },
        )
    )  # fmt: skip
    assert (told["name"], told["visibility"]) == ("New Name", "restricted")
    assert told["headquarters"]["city"] == "Oslo"
    assert told["primary_contact"]["email"] == email_of(contact)
    assert told["receipt"]["title"] == "Smart Account changed"
    [event] = await events_of(world.account.domain)
    assert (event.type, event.actor) == ("account_changed", email_of(admin))
    assert "New Name" in event.text
    again = await done(await admin.patch(world.path, json={"name": "New Name"}))
    assert again["receipt"]["title"] == "Nothing to change"
    assert len(await events_of(world.account.domain)) == 1


async def test_that_the_new_name_is_found_and_the_old_one_is_not(world: World) -> None:
    admin, word = world.people["sa_admin"], f"Zeta{uuid.uuid4().hex[:8]}"
    await done(await admin.patch(world.path, json={"name": word}))
    found = (await done(await admin.get("/directory", params={"q": word.lower()})))["items"]
    assert [item["domain"] for item in found] == [world.account.domain]


@pytest.mark.parametrize("role", SA_ROLES[1:] + VA_ROLES)
async def test_that_nobody_else_changes_them(world: World, role: str) -> None:
    answer = await world.people[role].patch(world.path, json={"name": "Mine"})
    assert answer.status_code == 403
    assert email_of(world.people["sa_admin"]) in answer.json()["detail"]
    account = await account_at(world.account.domain)
    assert account is not None
    assert account.name == world.account.name


async def test_that_only_a_member_is_primary_contact(newcomer: Newcomer, world: World) -> None:
    stranger = await newcomer()
    for email in (email_of(stranger), "unknown@nobody.example"):
        answer = await world.people["sa_admin"].patch(world.path, json={"primary_contact": email})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "primary_contact"
        assert email in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "12345"}, "name"), ({"name": ""}, "name"), ({"name": None}, "name"),
     ({"visibility": None}, "visibility"), ({"visibility": "secret"}, "visibility"),
     ({"headquarters": {"city": "Oslo"}}, "headquarters.street"),
     ({"primary_contact": "nobody"}, "primary_contact"), ({"domain": "a.example"}, "domain"),
     ({"type": "holding"}, "type"), ({"status": "active"}, "status"),
     ({"case_visibility": "all"}, "case_visibility")],
    ids=str,
)  # fmt: skip
async def test_that_a_wrong_change_is_refused(
    world: World, body: dict[str, Any], field: str
) -> None:
    answer = await world.people["sa_admin"].patch(world.path, json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_that_a_rehearsed_change_is_none(world: World) -> None:
    admin = world.people["sa_admin"]
    tried = await admin.patch(world.path, json={"name": "Later"}, headers=DRY)
    assert (tried.status_code, tried.json()["name"]) == (200, "Later")
    account = await account_at(world.account.domain)
    assert account is not None
    assert account.name == world.account.name
    assert await events_of(world.account.domain) == []


async def test_that_open_notices_do_not_block_properties(newcomer: Newcomer) -> None:
    world = await world_of(newcomer, notices=False)
    told = await done(await world.people["sa_admin"].patch(world.path, json={"name": "New"}))
    assert told["name"] == "New"


# Policies


async def test_that_policies_are_set_and_say_what_they_refuse(world: World) -> None:
    admin = world.people["sa_admin"]
    path = f"{world.path}/policies"
    first = await done(await admin.get(path))
    assert {name: first[name] for name in LICENSE_POLICIES} == dict.fromkeys(
        LICENSE_POLICIES, False
    )
    assert first["case_visibility"] == "owner"
    assert [effect["policy"] for effect in first["effects"]] == list(LICENSE_POLICIES)
    assert all(effect["text"].startswith("Refuses") for effect in first["effects"])
    assert not any(effect["in_force"] for effect in first["effects"])
    told = await done(await admin.put(path, json={"block_overuse": True}))
    assert (told["block_overuse"], told["effects"][1]["in_force"]) == (True, False)
    told = await done(await admin.put(path, json={"enforce_license_policies": True}))
    assert (told["block_overuse"], told["effects"][1]["in_force"]) == (True, True)
    assert any("fewer licences" in line["value"] for line in told["receipt"]["lines"])
    account = await account_at(world.account.domain)
    assert account is not None
    assert in_force(account, "block_overuse")
    assert not in_force(account, "restrict_export_controlled_tokens")
    told = await done(await admin.put(path, json={"case_visibility": "admins"}))
    assert (told["case_visibility"], told["enforce_license_policies"]) == ("admins", True)
    types = [event.type for event in await events_of(world.account.domain)]
    assert types == ["policies_changed"] * 3
    again = await done(await admin.put(path, json={"case_visibility": "admins"}))
    assert again["receipt"]["title"] == "Nothing to change"


@pytest.mark.parametrize("role", SA_ROLES[1:] + VA_ROLES)
async def test_that_only_administrators_read_and_set_policies(world: World, role: str) -> None:
    someone, path = world.people[role], f"{world.path}/policies"
    assert (await someone.get(path)).status_code == 403
    answer = await someone.put(path, json={"case_visibility": "all"})
    assert answer.status_code == 403
    account = await account_at(world.account.domain)
    assert account is not None
    assert account.case_visibility == "owner"


@pytest.mark.parametrize(
    ("body", "field"),
    [({"case_visibility": "everybody"}, "case_visibility"), ({"block_overuse": "maybe"},
     "block_overuse"), ({"visibility": "restricted"}, "visibility")],
    ids=str,
)  # fmt: skip
async def test_that_a_wrong_policy_is_refused(
    world: World, body: dict[str, Any], field: str
) -> None:
    answer = await world.people["sa_admin"].put(f"{world.path}/policies", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_that_the_admin_notice_comes_before_policies(newcomer: Newcomer) -> None:
    world = await world_of(newcomer, notices=False)
    admin, path = world.people["sa_admin"], f"{world.path}/policies"
    answer = await admin.put(path, json={"case_visibility": "all"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/notice-open")
    assert "notices/admin/accept" in answer.json()["hint"]
    assert email_of(admin) in answer.json()["detail"]
    assert (await admin.get(path)).status_code == 200
    await done(await admin.post(f"{world.path}/notices/admin/accept"))
    assert (await admin.put(path, json={"case_visibility": "all"})).status_code == 200


# Notices


MAY_ACCEPT = {"smart-licensing": {"sa_admin", "sa_approver"}, "admin": {"sa_admin"}}


@pytest.mark.parametrize("notice", MAY_ACCEPT)
@pytest.mark.parametrize("role", SA_ROLES + VA_ROLES)
async def test_that_a_notice_is_accepted_by_whoever_may(
    newcomer: Newcomer, notice: str, role: str
) -> None:
    world = await world_of(newcomer, notices=False)
    someone = world.people[role]
    answer = await someone.post(f"{world.path}/notices/{notice}/accept")
    account = await account_at(world.account.domain)
    assert account is not None
    accepted = (account.smart_licensing_notice, account.admin_notice)
    if role not in MAY_ACCEPT[notice]:
        assert answer.status_code == 403
        assert email_of(world.people["sa_admin"]) in answer.json()["detail"]
        assert accepted == (0, 0)
        return
    assert answer.status_code == 200, answer.text
    assert accepted == ((0, 1) if notice == "admin" else (1, 0))
    told = answer.json()
    assert (told["name"], told["accepted"], told["version"]) == (notice, True, 1)
    assert told["accepted_by"]["email"] == email_of(someone)
    assert len(told["text"]) > 50


async def test_that_accepting_again_says_who_did_it_first(newcomer: Newcomer) -> None:
    world = await world_of(newcomer, notices=False)
    path = f"{world.path}/notices/smart-licensing/accept"
    first = await done(await world.people["sa_approver"].post(path))
    again = await done(await world.people["sa_admin"].post(path))
    assert again["receipt"]["title"] == "Accepted already"
    assert again["accepted_by"]["email"] == email_of(world.people["sa_approver"])
    assert again["accepted_at"] == first["accepted_at"]
    [event] = await events_of(world.account.domain)
    assert (event.type, event.actor, event.details) == (
        "licensing_notice_accepted", email_of(world.people["sa_approver"]), {"version": 1},
    )  # fmt: skip


async def test_that_accepting_at_once_is_one_acceptance(newcomer: Newcomer) -> None:
    world = await world_of(newcomer, notices=False)
    path = f"{world.path}/notices/smart-licensing/accept"
    two = [world.people["sa_admin"], world.people["sa_approver"]]
    answers = await asyncio.gather(*(one.post(path) for one in two * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["accepted_by"]["email"] for answer in answers}) == 1
    assert len(await events_of(world.account.domain)) == 1


async def test_that_what_was_accepted_in_an_older_version_is_open_again(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await world_of(newcomer)
    monkeypatch.setitem(presentation.VERSIONS, NoticeName.ADMIN, 2)
    admin = world.people["sa_admin"]
    assert (await done(await admin.get(f"{world.path}/overview")))["open_notices"] == ["admin"]
    told = await done(await admin.post(f"{world.path}/notices/admin/accept"))
    assert (told["version"], told["receipt"]["title"]) == (2, "Notice accepted")
    assert (await done(await admin.get(f"{world.path}/overview")))["open_notices"] == []


async def test_that_there_are_two_notices(world: World) -> None:
    answer = await world.people["sa_admin"].post(f"{world.path}/notices/privacy/accept")
    assert answer.status_code == 422
    assert "smart-licensing" in answer.json()["detail"]


async def test_that_rehearsing_accepts_nothing(newcomer: Newcomer) -> None:
    world = await world_of(newcomer, notices=False)
    path = f"{world.path}/notices/admin/accept"
    tried = await world.people["sa_admin"].post(path, headers=DRY)
    assert (tried.status_code, tried.json()["accepted"]) == (200, True)
    account = await account_at(world.account.domain)
    assert account is not None
    assert account.admin_notice == 0


# The numbers


async def test_that_an_administrator_sees_all_numbers(newcomer: Newcomer, world: World) -> None:
    domain, asker = world.account.domain, await newcomer()
    async with database().write() as session:
        group = UserGroup(smart_account_id=world.account.id, name="Night", role="va_user")
        session.add(group)
        await session.flush()
        session.add_all(
            [
                UserGroupMember(group_id=group.id, person="greg@freemail.example"),
                UserGroupMember(group_id=group.id, person=email_of(world.people["sa_user"])),
                UserGroupPlace(group_id=group.id, virtual_account_id=world.places["There"]),
            ]
        )
    await made(
        await asker.post(
            "/access-requests",
            json={"smart_account": domain, "scope": "account", "role": "sa_user"},
        )
    )
    await made(await asker.post("/smart-accounts", json=creation(fresh_domain(above=domain))))
    case = {"category": "smart_account", "title": "x", "description": "x", "smart_account": domain}
    for client in (world.people["sa_admin"], asker):
        assert (await client.post("/cases", json=case)).status_code == 201
    told = await done(await world.people["sa_admin"].get(f"{world.path}/overview"))
    assert told == {
        "smart_account": domain, "name": world.account.name, "status": "active",
        "members": 8, "virtual_accounts": 3, "groups": 1, "locations": 3,
        "pending_access_requests": 1, "pending_account_requests": 1, "open_cases": 1,
        "open_notices": [], "upgrade": None,
    }  # fmt: skip
    viewer = await done(await world.people["sa_viewer"].get(f"{world.path}/overview"))
    assert (viewer["members"], viewer["pending_access_requests"]) == (8, None)
    assert (viewer["pending_account_requests"], viewer["open_cases"]) == (None, 0)
    user = await done(await world.people["sa_user"].get(f"{world.path}/overview"))
    assert user["pending_access_requests"] == 1
    local = await done(await world.people["va_admin"].get(f"{world.path}/overview"))
    assert (local["members"], local["virtual_accounts"], local["locations"]) == (3, 1, 1)
    assert (local["groups"], local["pending_access_requests"]) == (None, 0)


async def test_that_strangers_see_no_numbers(newcomer: Newcomer, world: World) -> None:
    answer = await (await newcomer()).get(f"{world.path}/overview")
    assert answer.status_code == 403
    assert "access" in answer.json()["hint"]


async def test_that_an_smb_accounts_front_page_shows_its_banner(newcomer: Newcomer) -> None:
    someone = await newcomer(organization="freemail.example")
    account = await make_account(
        f"{uuid.uuid4().hex[:8]}.smb", (email_of(someone), "sa_admin"), is_smb=True
    )
    told = await done(await someone.get(f"/smart-accounts/{account.domain}/overview"))
    assert told["upgrade"] == "This account is limited"


# Places


async def test_that_places_are_those_on_file_and_those_of_virtual_accounts(world: World) -> None:
    told = await done(await world.people["sa_viewer"].get(f"{world.path}/locations"))
    assert [place["name"] for place in told["items"]] == ["Harbour", "Town Here", "Town There"]
    assert told["items"][0] == {
        "name": "Harbour", "street": "Quay 1", "city": "Oslo", "region": None,
        "postal_code": "0150", "country": "NO", "virtual_accounts": [],
    }  # fmt: skip
    assert told["items"][1]["virtual_accounts"] == ["Here"]
    assert told["next"] is None


@pytest.mark.parametrize("role", VA_ROLES)
async def test_that_roles_in_a_virtual_account_show_its_place_alone(
    world: World, role: str
) -> None:
    told = await done(await world.people[role].get(f"{world.path}/locations"))
    assert [place["name"] for place in told["items"]] == ["Town Here"]


async def test_that_places_come_in_pages(world: World) -> None:
    admin, seen, cursor = world.people["sa_admin"], [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = await done(await admin.get(f"{world.path}/locations", params=query))
        seen += [place["name"] for place in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["Harbour", "Town Here", "Town There"]


async def test_that_the_table_is_whole_harmless_and_in_utf_8(world: World) -> None:
    async with database().write() as session:
        session.add_all(
            Location(
                smart_account_id=world.account.id, name=name,
                address={"street": "=cmd|' /C calc'!A0", "city": "Tromsø, nord\n", "country": "NO"},
            )
            for name in ("+SUM(A1)", "-2", "@home", "Ærø; “x”", *(f"P{n:03}" for n in range(250)))
        )  # fmt: skip
    answer = await world.people["sa_admin"].get(f"{world.path}/locations.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"locations-{world.account.domain}.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 257
    by_name = {row["name"]: row for row in rows}
    assert by_name["'+SUM(A1)"]["street"].startswith("'=cmd")
    assert {"'-2", "'@home", "Ærø; “x”", "Harbour"} <= set(by_name)
    assert by_name["'-2"]["city"] == "Tromsø, nord\n"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize("role", SA_ROLES + VA_ROLES)
async def test_that_only_whoever_may_exports(world: World, role: str) -> None:
    answer = await world.people[role].get(f"{world.path}/locations.csv")
    if role in {"sa_admin", "va_admin"}:
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == (3 if role == "sa_admin" else 1)
    else:
        assert answer.status_code == 403


async def test_that_all_of_it_is_in_the_history(world: World) -> None:
    admin = world.people["sa_admin"]
    await done(await admin.patch(world.path, json={"name": "Noted"}))
    items = (await done(await admin.get(f"{world.path}/events")))["items"]
    assert [(item["type"], item["actor"]["email"]) for item in items] == [
        ("account_changed", email_of(admin))
    ]


async def test_that_the_version_of_the_seed_counts(world: World) -> None:
    async with database().read() as session:
        rows = await session.exec(
            select(SmartAccount).where(SmartAccount.domain == "northwind.example")
        )
        account = rows.one()
    assert (account.smart_licensing_notice, account.admin_notice) == (1, 1)
