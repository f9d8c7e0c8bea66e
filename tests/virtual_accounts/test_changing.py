"""Creating, renaming, moving, restricting, describing, and the default."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import SignedIn
from tests.virtual_accounts.world import Someone, World, make_world

DRY = {"Dry-Run": "true"}


async def create(someone: Someone, world: World, name: str, **body: Any) -> httpx.Response:
    return await someone.http.post(f"{world.path}/virtual-accounts", json={"name": name} | body)


async def change(someone: Someone, world: World, which: str, **body: Any) -> httpx.Response:
    return await someone.http.patch(f"{world.path}/virtual-accounts/{which}", json=body)


def said(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    told = answer.json()
    return " ".join([told["detail"], told["hint"], *(e["message"] for e in told.get("errors", []))])


# --- Create -----------------------------------------------------------------------------------


async def test_that_an_administrator_creates_one_with_all_it_has(world: World) -> None:
    admin = await world.someone("sa_admin")
    made = await create(
        admin, world, "  Bergen  ", description="Ships", parent="emea", access_level="restricted",
        tags=["port", "PORT", "north"], location="Bergen",
    )  # fmt: skip
    assert made.status_code == 201, made.text
    told = made.json()
    row = (await world.rows())["Bergen"]
    assert {k: v for k, v in told.items() if k != "receipt"} == {
        "id": row.id, "name": "Bergen", "description": "Ships", "parent": "EMEA",
        "path": "EMEA / Bergen", "access_level": "restricted", "is_default": False,
        "tags": ["port", "north"], "location": "Bergen",
    }  # fmt: skip
    assert told["receipt"]["title"] == "Virtual account created"
    assert {"label": "Nested in", "value": "EMEA"} in told["receipt"]["lines"]
    assert row.parent_id == world.ids["EMEA"]
    [event] = await world.events("virtual_account_created")
    assert (event.actor, event.via, event.subject) == (admin.email, "rest", "Bergen")
    assert event.text == "Virtual account Bergen created in EMEA."
    assert await world.places_of(event) == {row.id, world.ids["EMEA"]}


async def test_that_a_dry_run_shows_it_without_an_id_and_leaves_nothing(world: World) -> None:
    admin = await world.someone("sa_admin")
    tried = await admin.http.post(
        f"{world.path}/virtual-accounts", json={"name": "Bergen"}, headers=DRY
    )
    assert (tried.status_code, tried.json()["id"], tried.json()["path"]) == (200, None, "Bergen")
    assert "Bergen" not in await world.rows()
    assert await world.events() == []


async def test_that_the_same_key_creates_it_once(world: World) -> None:
    admin = await world.someone("sa_admin")
    answers = [
        await admin.http.post(
            f"{world.path}/virtual-accounts", json={"name": "Bergen"},
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await world.events("virtual_account_created")) == 1


async def test_that_a_va_administrator_creates_below_their_own_alone(world: World) -> None:
    vera = await world.someone(("va_admin", ["EMEA"]), nested=True)
    boss = await world.someone("sa_admin")
    assert (await create(vera, world, "Bergen", parent="Oslo")).status_code == 201
    refused = said(await create(vera, world, "Top"), 403)
    assert boss.shown in refused
    assert boss.shown in said(await create(vera, world, "X", parent="Americas"), 403)
    assert "no virtual account “APAC”" in said(await create(vera, world, "X", parent="APAC"), 422)


async def test_that_whoever_nests_one_where_they_do_not_reach_administers_it(world: World) -> None:
    colin = await world.someone(("va_admin", ["EMEA"]))
    made = await create(colin, world, "Bergen", parent="EMEA")
    assert {"label": "Administrator", "value": colin.shown} in made.json()["receipt"]["lines"]
    assert await world.held(colin.email) == {"va_admin": {"EMEA": False, "Bergen": False}}
    listed = await colin.items(f"{world.path}/virtual-accounts")
    assert [one["name"] for one in listed] == ["Bergen", "EMEA"]
    deep = await world.someone(("va_admin", ["EMEA"]), nested=True)
    await create(deep, world, "Tromsø", parent="EMEA")
    assert await world.held(deep.email) == {"va_admin": {"EMEA": True}}


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer"])
async def test_that_others_create_none(world: World, role: str) -> None:
    someone = await world.someone(role)
    for parent in ({}, {"parent": "EMEA"}):
        said(await create(someone, world, "X", **parent), 403)


@pytest.mark.parametrize("role", ["va_user", "va_viewer"])
async def test_that_va_users_create_none_in_their_own(world: World, role: str) -> None:
    someone = await world.someone((role, ["EMEA"]))
    admin = await world.someone("sa_admin")
    assert admin.shown in said(await create(someone, world, "X", parent="EMEA"), 403)


@pytest.mark.parametrize("name", ["oslo", "OSLO", " Oslo ", "Ｏｓｌｏ", "Os\u200blo", "Os\u00adlo"])
async def test_that_a_name_is_taken_however_it_is_written(world: World, name: str) -> None:
    admin = await world.someone("sa_admin")
    assert "Choose another name" in said(await create(admin, world, name), 409)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"name": ""}, "name"), ({"name": "   "}, "name"), ({"name": "x" * 81}, "name"),
        ({"name": None}, "name"), ({}, "name"), ({"name": "X", "parent": "Nowhere"}, "parent"),
        ({"name": "X", "access_level": "private"}, "access_level"),
        ({"name": "X", "tags": ["y" * 41]}, "tags.0"),
        ({"name": "X", "tags": [str(n) for n in range(21)]}, "tags"),
        ({"name": "X", "description": "y" * 501}, "description"),
        ({"name": "X", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
async def test_that_what_is_wrong_is_named(world: World, body: dict[str, Any], wrong: str) -> None:
    admin = await world.someone("sa_admin")
    answer = await admin.http.post(f"{world.path}/virtual-accounts", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [wrong]


async def test_that_a_name_may_have_80_characters_that_grow_when_folded(world: World) -> None:
    admin = await world.someone("sa_admin")
    for name in ("ß" * 80, "ﬃ" * 80, "a\nb"):
        made = await create(admin, world, name)
        assert made.status_code == 201, made.text
    assert "a b" in await world.rows()


async def test_that_there_are_five_levels_and_no_sixth(world: World) -> None:
    admin = await world.someone("sa_admin")
    assert (await create(admin, world, "Four", parent="Lab")).status_code == 201
    five = await create(admin, world, "Five", parent="Four")
    assert five.json()["path"] == "EMEA / Oslo / Lab / Four / Five"
    assert "at most 5 levels" in said(await create(admin, world, "Six", parent="Five"), 422)


async def test_that_an_open_admin_notice_blocks_with_who_can_accept_it(person: SignedIn) -> None:
    world = await make_world(person, admin_notice=0)
    admin = await world.someone("sa_admin")
    refused = said(await create(admin, world, "X"), 409)
    assert admin.shown in refused
    assert "Smart Account Admin Notice" in refused
    for answer in (
        await change(admin, world, "Oslo", name="X"),
        await admin.http.delete(f"{world.path}/virtual-accounts/Lab"),
        await admin.http.post(f"{world.path}/virtual-accounts/Lab/make-default"),
    ):
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/notice-open"


# --- Rename, describe, restrict ---------------------------------------------------------------


async def test_that_a_va_administrator_changes_their_own_alone(world: World) -> None:
    colin = await world.someone(("va_admin", ["Oslo"]))
    done = await change(
        colin, world, "Oslo", name="Oslo 2", description="New", tags=["x"], location="Quay",
        access_level="restricted",
    )  # fmt: skip
    assert done.status_code == 200, done.text
    row = (await world.rows())["Oslo 2"]
    assert (row.description, row.tags, row.location, row.access_level) == (
        "New", ["x"], "Quay", "restricted",
    )  # fmt: skip
    assert {e.type for e in await world.events()} == {
        "virtual_account_renamed", "virtual_account_changed",
        "virtual_account_access_level_changed",
    }  # fmt: skip
    said(await change(colin, world, "Lab", name="X"), 403)
    said(await change(colin, world, "APAC", name="X"), 404)


async def test_that_only_what_is_named_changes(world: World) -> None:
    admin = await world.someone("sa_admin")
    await change(admin, world, "Oslo", description="Old", location="Quay", tags=["a"])
    await change(admin, world, "Oslo", location=None, tags=[])
    row = (await world.rows())["Oslo"]
    assert (row.description, row.location, row.tags, row.parent_id) == (
        "Old", None, [], world.ids["EMEA"],
    )  # fmt: skip


async def test_that_nothing_to_change_leaves_no_trace(world: World) -> None:
    admin = await world.someone("sa_admin")
    for body in ({}, {"name": "Oslo"}, {"parent": "EMEA"}, {"access_level": "unrestricted"}):
        done = await change(admin, world, "Oslo", **body)
        assert done.json()["receipt"]["title"] == "Nothing to change"
    assert await world.events() == []


async def test_that_a_name_may_change_its_case_but_not_become_anothers(world: World) -> None:
    admin = await world.someone("sa_admin")
    assert (await change(admin, world, "oslo", name="OSLO")).json()["name"] == "OSLO"
    said(await change(admin, world, "OSLO", name="emea"), 409)
    said(await change(admin, world, "OSLO", name=None), 422)
    said(await change(admin, world, "OSLO", access_level=None), 422)


async def test_that_it_is_found_by_its_id_too(world: World) -> None:
    admin = await world.someone("sa_admin")
    done = await change(admin, world, world.ids["Oslo"], name="Bergen")
    assert done.json()["id"] == world.ids["Oslo"]
    said(await change(admin, world, "0" * 32, name="X"), 404)


async def test_that_one_of_another_account_is_none(world: World, person: SignedIn) -> None:
    other = await make_world(person)
    admin = await world.someone("sa_admin")
    said(await change(admin, world, other.ids["Oslo"], name="X"), 404)
    said(await create(admin, world, "X", parent=other.ids["Oslo"]), 422)


async def test_that_the_default_stays_unrestricted(world: World) -> None:
    admin = await world.someone("sa_admin")
    refused = said(await change(admin, world, "DEFAULT", access_level="restricted"), 409)
    assert "Make another one the default first" in refused
    assert (await change(admin, world, "DEFAULT", name="Main")).status_code == 200


# --- Move -------------------------------------------------------------------------------------


async def test_that_it_moves_with_all_that_is_nested_in_it(world: World) -> None:
    admin = await world.someone("sa_admin")
    moved = await change(admin, world, "Oslo", parent="Americas")
    assert moved.json()["path"] == "Americas / Oslo"
    listed = await admin.items(f"{world.path}/virtual-accounts")
    assert {one["name"]: one["path"] for one in listed}["Lab"] == "Americas / Oslo / Lab"
    [event] = await world.events("virtual_account_moved")
    assert event.text == "Virtual account Oslo moved to Americas."
    assert await world.places_of(event) == {world.ids[n] for n in ("Oslo", "EMEA", "Americas")}
    top = await change(admin, world, "Oslo", parent=None)
    assert (top.json()["path"], top.json()["parent"]) == ("Oslo", None)


@pytest.mark.parametrize("parent", ["EMEA", "Oslo", "Lab"])
async def test_that_it_cannot_be_nested_in_itself_or_below(world: World, parent: str) -> None:
    admin = await world.someone("sa_admin")
    answer = await change(admin, world, "EMEA", parent=parent)
    said(answer, 422)
    assert [e["code"] for e in answer.json()["errors"]] == ["cycle"]
    assert (await world.rows())["EMEA"].parent_id is None


async def test_that_what_is_moved_along_counts_for_the_depth(world: World) -> None:
    admin = await world.someone("sa_admin")
    for name, parent in (("A", None), ("B", "A"), ("C", "B")):
        await create(admin, world, name, parent=parent)
    answer = await change(admin, world, "EMEA", parent="C")
    assert "level 6" in said(answer, 422)
    assert (await change(admin, world, "EMEA", parent="B")).status_code == 200


async def test_that_a_va_administrator_moves_only_within_their_own(world: World) -> None:
    vera = await world.someone(("va_admin", ["EMEA"]), nested=True)
    admin = await world.someone("sa_admin")
    assert (await change(vera, world, "Lab", parent="EMEA")).status_code == 200
    for name, parent in (("Lab", None), ("Lab", "Americas"), ("EMEA", "Americas")):
        assert admin.shown in said(await change(vera, world, name, parent=parent), 403)
    said(await change(vera, world, "Lab", parent="APAC"), 422)


async def test_that_nobody_carries_along_what_is_not_theirs(world: World) -> None:
    """Lab is nested in Oslo, but somebody else's."""
    colin = await world.someone(("va_admin", ["EMEA", "Oslo", "Americas"]))
    said(await change(colin, world, "Oslo", parent="Americas"), 403)
    assert (await world.rows())["Oslo"].parent_id == world.ids["EMEA"]


async def test_that_rights_follow_the_tree(world: World) -> None:
    vera = await world.someone(("va_admin", ["EMEA"]), nested=True)
    admin = await world.someone("sa_admin")
    await change(admin, world, "Oslo", parent=None)
    said(await change(vera, world, "Lab", name="X"), 403)
    await change(admin, world, "Americas", parent="EMEA")
    assert (await change(vera, world, "Americas", description="Mine")).status_code == 200


# --- Default ----------------------------------------------------------------------------------


async def test_that_the_default_moves_and_there_is_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    done = await admin.http.post(f"{world.path}/virtual-accounts/Oslo/make-default")
    assert (done.status_code, done.json()["is_default"]) == (200, True)
    assert [n for n, row in (await world.rows()).items() if row.is_default] == ["Oslo"]
    [event] = await world.events("virtual_account_default_changed")
    assert await world.places_of(event) == {world.ids["Oslo"], world.ids["DEFAULT"]}
    again = await admin.http.post(f"{world.path}/virtual-accounts/Oslo/make-default")
    assert (again.status_code, again.json()["receipt"]["title"]) == (200, "Nothing to change")
    assert len(await world.events()) == 1


async def test_that_only_sa_administrators_set_the_default(world: World) -> None:
    vera = await world.someone(("va_admin", ["Oslo"]))
    admin = await world.someone("sa_admin")
    refused = await vera.http.post(f"{world.path}/virtual-accounts/Oslo/make-default")
    assert admin.shown in said(refused, 403)


# --- At once ----------------------------------------------------------------------------------


async def test_that_of_two_renames_to_one_name_at_once_one_wins(world: World) -> None:
    admins = [await world.someone("sa_admin") for _ in range(2)]
    answers = await asyncio.gather(
        change(admins[0], world, "Oslo", name="Bergen"),
        change(admins[1], world, "Lab", name="BERGEN"),
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert sum(name.casefold() == "bergen" for name in await world.rows()) == 1


async def test_that_two_moves_at_once_make_no_circle(world: World) -> None:
    admins = [await world.someone("sa_admin") for _ in range(2)]
    answers = await asyncio.gather(
        change(admins[0], world, "EMEA", parent="Americas"),
        change(admins[1], world, "Americas", parent="EMEA"),
    )
    assert sorted(a.status_code for a in answers) == [200, 422]


async def test_that_creates_with_one_name_at_once_make_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    answers = await asyncio.gather(*(create(admin, world, "Bergen") for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]


async def test_that_two_defaults_at_once_leave_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    paths = [f"{world.path}/virtual-accounts/{n}/make-default" for n in ("Oslo", "EMEA", "Lab")]
    answers = await asyncio.gather(*(admin.http.post(path) for path in paths))
    assert [a.status_code for a in answers] == [200, 200, 200]
    assert sum(row.is_default for row in (await world.rows()).values()) == 1
