"""Who sees which virtual accounts of an account, in which order, found by which words."""

from typing import Any

import pytest

from tests.conftest import SignedIn
from tests.virtual_accounts.world import World, make_world

ALL = ["Americas", "APAC", "DEFAULT", "EMEA", "Lab", "Oslo"]


async def names(someone: Any, world: World, **query: Any) -> list[str]:
    return [one["name"] for one in await someone.items(f"{world.path}/virtual-accounts", **query)]


async def test_that_a_member_sees_the_tree_by_name(world: World) -> None:
    viewer = await world.someone("sa_viewer")
    listed = await viewer.items(f"{world.path}/virtual-accounts")
    assert [one["name"] for one in listed] == ALL
    assert {one["name"]: (one["parent"], one["path"]) for one in listed} == {
        "Americas": (None, "Americas"), "APAC": (None, "APAC"), "DEFAULT": (None, "DEFAULT"),
        "EMEA": (None, "EMEA"), "Oslo": ("EMEA", "EMEA / Oslo"),
        "Lab": ("Oslo", "EMEA / Oslo / Lab"),
    }  # fmt: skip
    assert listed[1] == {
        "id": world.ids["APAC"], "name": "APAC", "description": "", "parent": None,
        "path": "APAC", "access_level": "restricted", "is_default": False, "tags": [],
        "location": None,
    }  # fmt: skip


async def test_that_whoever_has_roles_in_some_sees_those_and_the_way_to_them(world: World) -> None:
    someone = await world.someone(("va_viewer", ["Lab"]), ("va_user", ["APAC"]))
    listed = await someone.items(f"{world.path}/virtual-accounts")
    assert [(one["name"], one["path"]) for one in listed] == [
        ("APAC", "APAC"), ("Lab", "EMEA / Oslo / Lab"),
    ]  # fmt: skip
    above = await world.someone(("va_user", ["EMEA"]), nested=True)
    assert await names(above, world) == ["EMEA", "Lab", "Oslo"]


async def test_that_pages_follow_each_other(world: World) -> None:
    viewer = await world.someone("sa_viewer")
    assert await names(viewer, world, limit=2) == ALL
    first = await viewer.get(f"{world.path}/virtual-accounts", limit=6)
    assert first["next"] is None


async def test_that_words_of_name_and_tags_find_in_any_case(world: World) -> None:
    admin = await world.someone("sa_admin")
    for name, tags in (("Zürich", ["Büro", "50 % rented"]), ("Straße", [])):
        made = await admin.http.post(
            f"{world.path}/virtual-accounts", json={"name": name, "tags": tags}
        )
        assert made.status_code == 201, made.text
    assert await names(admin, world, q="ZÜR") == ["Zürich"]
    assert await names(admin, world, q="BÜRO") == ["Zürich"]
    assert await names(admin, world, q="strasse") == ["Straße"]
    assert await names(admin, world, q="50 %") == ["Zürich"]
    assert await names(admin, world, q="%") == ["Zürich"]
    assert await names(admin, world, q="a_i") == []
    assert await names(admin, world, q="os") == ["Oslo"]


async def test_that_a_search_finds_only_what_may_be_seen(world: World) -> None:
    someone = await world.someone(("va_user", ["EMEA"]))
    assert await names(someone, world, q="a") == ["EMEA"]
    assert await names(someone, world, q="apac") == []


async def test_that_outsiders_are_told_how_to_get_in(world: World) -> None:
    outsider = await world.someone()
    refused = await outsider.http.get(f"{world.path}/virtual-accounts")
    assert refused.status_code == 403
    assert world.name in refused.json()["detail"]
    assert "access-requests" in refused.json()["hint"]


async def test_that_a_restricted_account_is_none_for_outsiders(person: SignedIn) -> None:
    world = await make_world(person, visibility="restricted")
    outsider = await world.someone()
    refused = await outsider.http.get(f"{world.path}/virtual-accounts")
    assert refused.status_code == 404
    assert world.name not in refused.text


@pytest.mark.parametrize("cursor", ["rubbish", "W10", "WyJhIiwgImIiXQ"])
async def test_that_a_cursor_of_somewhere_else_is_refused(world: World, cursor: str) -> None:
    viewer = await world.someone("sa_viewer")
    answer = await viewer.http.get(f"{world.path}/virtual-accounts", params={"cursor": cursor})
    assert answer.status_code == 422
