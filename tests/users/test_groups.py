"""User groups: who makes and changes them, what their members have, what they are told."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import SignedIn
from tests.users.groups import external_group, group_of
from tests.users.test_adding import lines, mailed, said
from tests.virtual_accounts.world import Someone, World, make_world


async def create(someone: Someone, world: World, **body: Any) -> httpx.Response:
    told = {"name": "Operations", "role": "va_user", "virtual_accounts": ["Americas"]} | body
    return await someone.http.post(f"{world.path}/groups", json=told)


async def update(someone: Someone, world: World, named: str, **body: Any) -> httpx.Response:
    return await someone.http.patch(f"{world.path}/groups/{named}", json=body)


async def names(someone: Someone, world: World) -> list[str]:
    return [group["name"] for group in await someone.items(f"{world.path}/groups")]


async def may_see(someone: Someone, world: World) -> set[str]:
    """The virtual accounts in which somebody has any right."""
    answer = await someone.http.get(f"{world.path}/virtual-accounts")
    return {one["name"] for one in answer.json()["items"]} if answer.is_success else set()


# --- Make -------------------------------------------------------------------------------------


async def test_that_a_group_gives_its_members_its_role(
    world: World, client: httpx.AsyncClient
) -> None:
    admin, uma, vik = [await world.someone("sa_admin"), *[await world.someone() for _ in "ab"]]
    answer = await create(
        admin, world, name=" Operations ", description="Devices", role="VA User",
        members=[uma.email, vik.told["cco_id"], uma.email.upper()],
        virtual_accounts=["americas", "Oslo"],
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told.pop("receipt")["title"] == "Group created"
    group = told.pop("id")
    people = sorted([uma, vik], key=lambda one: one.name)
    assert told == {
        "name": "Operations", "description": "Devices", "role": "va_user",
        "virtual_accounts": ["Americas", "Oslo"], "other_accounts": [],
        "members": [{"name": one.name, "email": one.email} for one in people],
    }  # fmt: skip
    assert await admin.items(f"{world.path}/groups") == [told | {"id": group}]
    assert await may_see(vik, world) == {"Americas", "Oslo"}
    [event] = await world.events()
    assert (event.type, event.subject) == ("group_created", "Operations")
    assert event.text == "Group Operations made for 2 people: VA User of Americas and Oslo."
    assert await world.places_of(event) == {world.ids["Americas"], world.ids["Oslo"]}
    [mail] = await mailed(client, vik.email, 1)
    assert "VA User of Americas and Oslo, through the group Operations" in mail["text"]


async def test_that_a_dry_run_makes_no_group(world: World) -> None:
    admin, uma = await world.someone("sa_admin"), await world.someone()
    body = {"name": "X", "members": [uma.email], "role": "va_user", "virtual_accounts": ["Oslo"]}
    tried = await admin.http.post(f"{world.path}/groups", json=body, headers={"Dry-Run": "true"})
    assert (tried.status_code, tried.json()["id"]) == (200, None)
    assert await names(admin, world) == []
    assert await may_see(uma, world) == set()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"members": []}, "members"), ({"members": None}, "members"),
        ({"members": ["x@"]}, "members.0"), ({"members": ["nobody@nowhere.example"]}, "members.0"),
        ({"members": [f"n{n}@a.example" for n in range(501)]}, "members"),
        ({"role": "sa_user"}, "role"), ({"role": "boss"}, "role"), ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"), ({"virtual_accounts": []}, "virtual_accounts"),
        ({"virtual_accounts": ["Nowhere"]}, "virtual_accounts.0"),
        ({"scope": "account"}, "scope"),
    ],
)  # fmt: skip
async def test_that_what_is_wrong_is_named(world: World, body: dict[str, Any], wrong: str) -> None:
    admin = await world.someone("sa_admin")
    answer = await create(admin, world, **({"members": [admin.email]} | body))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [wrong]


async def test_that_all_wrong_members_are_named_at_once(world: World) -> None:
    admin, without = await world.someone("sa_admin"), await world.someone(cco_id=None)
    members = [admin.email, "nobody@nowhere.example", without.email]
    answer = await create(admin, world, members=members)
    assert [e["field"] for e in answer.json()["errors"]] == ["members.1", "members.2"]


async def test_that_a_name_is_taken_in_any_case(world: World) -> None:
    admin = await world.someone("sa_admin")
    assert (await create(admin, world, members=[admin.email])).status_code == 201
    said(await create(admin, world, name="OPERATIONS", members=[admin.email]), 409)
    await create(admin, world, name="Other", members=[admin.email])
    said(await update(admin, world, "Other", name="operations"), 409)
    assert (await update(admin, world, "other", name="OTHER")).json()["name"] == "OTHER"


async def test_that_groups_of_one_name_at_once_are_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    answers = await asyncio.gather(*(create(admin, world, members=[admin.email]) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer", "va_user", "va_viewer"])
async def test_that_others_make_and_change_none(world: World, role: str) -> None:
    admin = await world.someone("sa_admin")
    someone = await world.someone((role, ["Oslo"]) if role.startswith("va_") else role)
    await group_of(world, "Here", "va_user", ["Oslo"], someone)
    for answer in (
        await create(someone, world, members=[someone.email], virtual_accounts=["Oslo"]),
        await update(someone, world, "Here", role="va_admin"),
        await someone.http.delete(f"{world.path}/groups/Here"),
        await someone.http.post(f"{world.path}/groups/Here/messages", json={"text": "x"}),
        await someone.http.post(
            f"{world.path}/groups/Here/access-requests", json={"other_account": "contoso.example"}
        ),
    ):
        assert admin.shown in said(answer, 403)


async def test_that_a_va_administrator_manages_groups_of_their_own_alone(world: World) -> None:
    vera, admin = (
        await world.someone(("va_admin", ["EMEA"]), nested=True),
        await world.someone("sa_admin"),
    )
    made = await create(vera, world, members=[vera.email], virtual_accounts=["Oslo", "Lab"])
    assert made.status_code == 201
    refused = await create(
        vera, world, name="Y", members=[vera.email], virtual_accounts=["Oslo", "APAC"]
    )
    assert admin.shown in said(refused, 403)
    said(await update(vera, world, "Operations", virtual_accounts=["Americas"]), 403)
    await group_of(world, "Wider", "va_user", ["Oslo", "APAC"], admin)
    await group_of(world, "Hidden", "va_user", ["APAC"], admin)
    assert await names(vera, world) == ["Operations", "Wider"]
    assert "APAC" not in str(await vera.items(f"{world.path}/groups"))
    said(await update(vera, world, "Wider", role="va_admin"), 403)
    said(await update(vera, world, "Hidden", role="va_admin"), 404)
    said(
        await create(vera, world, name="hidden", members=[vera.email], virtual_accounts=["Lab"]),
        409,
    )


async def test_that_an_open_admin_notice_blocks_groups(person: SignedIn) -> None:
    world = await make_world(person, admin_notice=0)
    admin = await world.someone("sa_admin")
    await group_of(world, "Here", "va_user", ["Oslo"], admin)
    said(await create(admin, world, members=[admin.email]), 409)
    said(await update(admin, world, "Here", role="va_admin"), 409)
    said(await admin.http.delete(f"{world.path}/groups/Here"), 409)


# --- Change -----------------------------------------------------------------------------------


async def test_that_members_come_and_go(world: World, client: httpx.AsyncClient) -> None:
    admin = await world.someone("sa_admin")
    a, b, c = [await world.someone() for _ in range(3)]
    await group_of(world, "Ops", "va_user", ["Oslo"], a, b)
    answer = await update(
        admin, world, "ops", add_members=[c.email, a.email], remove_members=[b.email]
    )
    assert lines(answer) == {"Came in": c.shown, "Went": b.shown}
    assert {one["email"] for one in answer.json()["members"]} == {a.email, c.email}
    assert (await may_see(b, world), await may_see(c, world)) == (set(), {"Oslo"})
    assert (await update(admin, world, "Ops", members=[b.email])).status_code == 200
    assert (await may_see(a, world), await may_see(b, world)) == (set(), {"Oslo"})
    [mail] = await mailed(client, c.email, 1)
    assert "through the group Ops" in mail["text"]
    assert [e.type for e in await world.events()] == ["group_changed"] * 2


async def test_that_a_group_is_never_empty_nor_loses_strangers(world: World) -> None:
    admin, a, stranger = (
        await world.someone("sa_admin"),
        await world.someone(),
        await world.someone(),
    )
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    assert "Nobody would be left" in said(
        await update(admin, world, "Ops", remove_members=[a.email]), 422
    )
    assert "no member of it" in said(
        await update(admin, world, "Ops", remove_members=[stranger.email]), 422
    )
    for name in ("name", "members", "role", "virtual_accounts"):
        said(await update(admin, world, "Ops", **{name: None}), 422)
    assert await may_see(a, world) == {"Oslo"}


async def test_that_somebody_without_a_cco_id_can_be_taken_out(world: World) -> None:
    admin, a = await world.someone("sa_admin"), await world.someone()
    gone = await world.someone(cco_id=None)
    await group_of(world, "Ops", "va_user", ["Oslo"], a, gone)
    answer = await update(admin, world, "Ops", remove_members=[gone.email])
    assert lines(answer)["Went"] == gone.shown


async def test_that_role_and_places_change_for_everybody(world: World) -> None:
    admin, a = await world.someone("sa_admin"), await world.someone()
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    answer = await update(admin, world, "Ops", role="va_admin", virtual_accounts=["APAC", "Lab"])
    assert lines(answer)["Role"] == "VA Administrator of APAC and Lab"
    assert await may_see(a, world) == {"APAC", "Lab"}
    [event] = await world.events()
    assert await world.places_of(event) == {world.ids[n] for n in ("Oslo", "APAC", "Lab")}
    again = await update(admin, world, "Ops", role="va_admin", virtual_accounts=["lab", "apac"])
    assert again.json()["receipt"]["title"] == "Nothing to change"


async def test_that_a_deleted_group_gives_nothing_any_more(world: World, person: SignedIn) -> None:
    admin, a, other = (
        await world.someone("sa_admin"),
        await world.someone(),
        await make_world(person),
    )
    boss = await other.someone("sa_admin")
    grant = await external_group(world, other, "Ops", "va_user", ["Lab"], a)
    assert (await may_see(a, world), await may_see(a, other)) == ({"Oslo"}, {"Lab"})
    answer = await admin.http.delete(f"{world.path}/groups/Ops")
    assert answer.status_code == 200, answer.text
    assert lines(answer)["Also in"] == other.domain
    assert (await may_see(a, world), await may_see(a, other)) == (set(), set())
    assert [e.type for e in await other.events()] == ["external_group_deleted"]
    said(await admin.http.delete(f"{world.path}/groups/Ops"), 404)
    said(await boss.http.delete(f"{other.path}/external-groups/{grant.lookup_id}"), 404)


# --- Message ----------------------------------------------------------------------------------


async def test_that_a_message_reaches_all_members(world: World, client: httpx.AsyncClient) -> None:
    admin, a, b = [await world.someone("sa_admin"), *[await world.someone() for _ in "ab"]]
    await group_of(world, "Ops", "va_user", ["Oslo"], a, b)
    answer = await admin.http.post(
        f"{world.path}/groups/Ops/messages",
        json={"subject": "Tonight\nat nine", "text": "We move <b>all</b> devices."},
    )
    assert (answer.status_code, lines(answer)["To"]) == (200, "Ops, 2 people")
    for one in (a, b):
        [mail] = await mailed(client, one.email, 1)
        assert mail["subject"] == "Tonight at nine"
        assert "We move <b>all</b> devices." in mail["text"]
        assert "<b>" not in mail["html"]
        assert admin.email in mail["text"]
    [event] = await world.events("group_message_sent")
    assert "Tonight at nine" in event.text
    for text in ("", "x" * 2001):
        said(await admin.http.post(f"{world.path}/groups/Ops/messages", json={"text": text}), 422)


# --- Other accounts ---------------------------------------------------------------------------


async def ask(someone: Someone, world: World, other: str, **body: Any) -> httpx.Response:
    return await someone.http.post(
        f"{world.path}/groups/Ops/access-requests", json={"other_account": other} | body
    )


async def grant(someone: Someone, world: World, lookup_id: str, **body: Any) -> httpx.Response:
    told = {"lookup_id": lookup_id, "role": "va_user", "virtual_accounts": ["Oslo"]} | body
    return await someone.http.post(f"{world.path}/external-groups", json=told)


async def test_that_a_group_gets_a_role_in_another_account(
    world: World, person: SignedIn, client: httpx.AsyncClient
) -> None:
    admin, a, other = (
        await world.someone("sa_admin"),
        await world.someone(),
        await make_world(person),
    )
    boss, viewer = await other.someone("sa_admin"), await other.someone("sa_viewer")
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    asked = await ask(admin, world, other.domain, note="Night shift")
    assert asked.status_code == 201, asked.text
    lookup = asked.json()["lookup_id"]
    assert asked.json()["status"] == "pending"
    assert await may_see(a, other) == set()
    [mail] = await mailed(client, boss.email, 1)
    assert lookup in mail["text"]
    assert "Night shift" in mail["text"]
    again = await ask(admin, world, other.name)
    assert (again.status_code, again.json()["lookup_id"]) == (200, lookup)
    [pending] = await boss.items(f"{other.path}/external-groups")
    assert (pending["status"], pending["smart_account"], pending["group"]) == (
        "pending", world.domain, "Ops",
    )  # fmt: skip
    assert [one["email"] for one in pending["members"]] == [a.email]
    done = await grant(boss, other, lookup.lower(), virtual_accounts=["Oslo", "APAC"])
    assert done.status_code == 201, done.text
    assert await may_see(a, other) == {"Oslo", "APAC"}
    users = {one["email"]: one for one in await viewer.items(f"{other.path}/users")}
    assert users[a.email]["groups"] == [f"Ops of {world.name}"]
    [told] = await mailed(client, admin.email, 1)
    assert "VA User of APAC and Oslo" in told["text"]
    [group] = await admin.items(f"{world.path}/groups")
    assert group["other_accounts"] == [other.domain]
    events = [e.type for e in await other.events()]
    assert events == ["group_access_requested", "group_access_granted"]
    assert [e.type for e in await world.events()] == ["group_access_asked"]


async def test_that_a_grant_changes_and_ends(
    world: World, person: SignedIn, client: httpx.AsyncClient
) -> None:
    admin, a, other = (
        await world.someone("sa_admin"),
        await world.someone(),
        await make_world(person),
    )
    boss = await other.someone("sa_admin")
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    lookup = (await ask(admin, world, other.domain)).json()["lookup_id"]
    await grant(boss, other, lookup)
    same = await grant(boss, other, lookup)
    assert (same.status_code, same.json()["receipt"]["title"]) == (200, "Nothing to change")
    changed = await grant(boss, other, lookup, role="va_admin", virtual_accounts=["Lab"])
    assert (changed.status_code, changed.json()["role"]) == (200, "va_admin")
    assert await may_see(a, other) == {"Lab"}
    ended = await boss.http.delete(f"{other.path}/external-groups/{lookup}")
    assert ended.json()["receipt"]["title"] == "Access revoked"
    assert await may_see(a, other) == set()
    mails = await mailed(client, admin.email, 3)
    assert "ended the access of" in mails[-1]["subject"]
    again = await ask(admin, world, other.domain)
    assert again.status_code == 201
    assert again.json()["lookup_id"] != lookup
    path = f"{other.path}/external-groups/{again.json()['lookup_id']}"
    assert (await boss.http.delete(path)).json()["receipt"]["title"] == "Request declined"


async def test_that_only_that_accounts_administrators_grant(world: World, person: SignedIn) -> None:
    admin, a, other = (
        await world.someone("sa_admin"),
        await world.someone(),
        await make_world(person),
    )
    boss = await other.someone("sa_admin")
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    lookup = (await ask(admin, world, other.domain)).json()["lookup_id"]
    for role in ("sa_approver", "sa_user", "sa_viewer", ("va_admin", ["Oslo"])):
        someone = await other.someone(role)
        assert boss.shown in said(await grant(someone, other, lookup), 403)
        path = f"{other.path}/external-groups"
        assert (await someone.http.get(path)).status_code == 403
        assert (await someone.http.delete(f"{path}/{lookup}")).status_code == 403
    said(await grant(admin, other, lookup), 403)
    said(await grant(admin, world, lookup), 404)
    said(await grant(boss, other, "GRP-NOTHERE"), 404)
    said(await grant(boss, other, lookup, role="sa_user"), 422)
    said(await grant(boss, other, lookup, virtual_accounts=["Nowhere"]), 422)


async def test_that_a_request_needs_an_active_account_that_is_another(
    world: World, person: SignedIn
) -> None:
    admin = await world.someone("sa_admin")
    await group_of(world, "Ops", "va_user", ["Oslo"], admin)
    pending = await make_world(person, status="pending")
    assert "own account" in said(await ask(admin, world, world.domain), 422)
    answer = await ask(admin, world, "nowhere.example")
    said(answer, 422)
    assert [e["field"] for e in answer.json()["errors"]] == ["other_account"]
    assert "waits to be accepted" in said(await ask(admin, world, pending.domain), 409)


async def test_that_a_dry_run_asks_nobody(
    world: World, person: SignedIn, client: httpx.AsyncClient
) -> None:
    admin, other = await world.someone("sa_admin"), await make_world(person)
    boss = await other.someone("sa_admin")
    await group_of(world, "Ops", "va_user", ["Oslo"], admin)
    tried = await admin.http.post(
        f"{world.path}/groups/Ops/access-requests", json={"other_account": other.domain},
        headers={"Dry-Run": "true"},
    )  # fmt: skip
    assert (tried.status_code, tried.json()["lookup_id"]) == (200, None)
    assert "GRP-" not in tried.text
    assert await boss.items(f"{other.path}/external-groups") == []


async def test_that_a_group_deleted_while_it_is_granted_ends_well(
    world: World, person: SignedIn
) -> None:
    admin, a, other = (
        await world.someone("sa_admin"),
        await world.someone(),
        await make_world(person),
    )
    boss = await other.someone("sa_admin")
    await group_of(world, "Ops", "va_user", ["Oslo"], a)
    lookup = (await ask(admin, world, other.domain)).json()["lookup_id"]
    deleted, granted = await asyncio.gather(
        admin.http.delete(f"{world.path}/groups/Ops"), grant(boss, other, lookup)
    )
    assert deleted.status_code == 200, deleted.text
    assert granted.status_code in {201, 404}, granted.text
    assert await may_see(a, other) == set()
    assert await boss.items(f"{other.path}/external-groups") == []
