"""Who sees which users, found by what, in which order; and what each may do and why."""

from typing import Any

import pytest

from backend.core.policy import MATRIX, Action
from backend.users.wording import ACTION_NAMES
from tests.conftest import SignedIn
from tests.users.groups import external_group, group_of
from tests.virtual_accounts.world import Someone, World, make_world


async def listed(someone: Someone, world: World, **query: Any) -> dict[str, dict[str, Any]]:
    items = await someone.items(f"{world.path}/users", **query)
    assert len({item["email"] for item in items}) == len(items)
    return {item["email"]: item for item in items}


async def emails(someone: Someone, world: World, **query: Any) -> set[str]:
    return set(await listed(someone, world, **query))


async def test_that_a_member_of_the_account_sees_everybody_by_name(world: World) -> None:
    viewer = await world.someone("sa_viewer", name="mona")
    names = ["Zoe", "adam", "Eve", "adam"]
    people = [await world.someone("sa_user", name=name) for name in names]
    items = await viewer.items(f"{world.path}/users")
    assert [item["name"] for item in items] == ["adam", "adam", "Eve", "mona", "Zoe"]
    paged = await viewer.items(f"{world.path}/users", limit=2)
    assert paged == items
    assert {one.email for one in people} < {item["email"] for item in items}


async def test_that_roles_places_and_groups_are_shown(world: World, person: SignedIn) -> None:
    viewer, other = await world.someone("sa_viewer"), await make_world(person)
    vik = await world.someone(("va_user", ["EMEA", "APAC"]), "sa_viewer")
    deep = await world.someone(("va_admin", ["EMEA"]), nested=True)
    guest = await world.someone()
    await group_of(world, "Operations", "va_user", ["Americas"], vik)
    await external_group(other, world, "Guests", "va_viewer", ["Lab"], guest)
    seen = await listed(viewer, world)
    assert seen[vik.email] == {
        "name": vik.name, "email": vik.email, "access": "account", "groups": ["Operations"],
        "roles": [
            role("va_user", "APAC", "EMEA"), role("sa_viewer"),
            role("va_user", "Americas", group="Operations"),
        ],
    }  # fmt: skip
    assert seen[deep.email]["roles"] == [role("va_admin", "EMEA", nested=["EMEA"])]
    assert seen[guest.email]["groups"] == [f"Guests of {other.name}"]
    assert seen[guest.email]["access"] == "virtual_accounts"
    assert seen.keys() == {one.email for one in (viewer, vik, deep, guest)}


def role(name: str, *places: str, nested: Any = (), group: str | None = None) -> dict[str, Any]:
    return {
        "role": name, "scope": "virtual_accounts" if places else "account", "group": group,
        "virtual_accounts": list(places), "include_nested": list(nested),
    }  # fmt: skip


@pytest.mark.parametrize("of", ["va_admin", "va_user", "va_viewer"])
async def test_that_va_roles_see_the_users_of_their_virtual_accounts(world: World, of: str) -> None:
    admin = await world.someone("sa_admin")
    me = await world.someone((of, ["Oslo"]))
    both = await world.someone(("va_user", ["Oslo", "APAC"]))
    above = await world.someone(("va_user", ["EMEA"]), nested=True)
    beside = await world.someone(("va_user", ["EMEA"]))
    below, elsewhere = await world.someone(("va_user", ["Lab"])), await world.someone()
    grouped = await world.someone()
    await group_of(world, "Here", "va_user", ["Oslo"], grouped)
    await group_of(world, "There", "va_user", ["APAC"], elsewhere, grouped)
    seen = await listed(me, world)
    assert seen.keys() == {one.email for one in (me, both, above, grouped)}
    assert seen[grouped.email]["groups"] == ["Here"]
    assert [one["virtual_accounts"] for one in seen[grouped.email]["roles"]] == [["Oslo"]]
    assert await emails(admin, world) >= {beside.email, below.email, elsewhere.email}


async def test_that_names_elsewhere_stay_unknown(world: World) -> None:
    me = await world.someone(("va_user", ["Oslo"]))
    both = await world.someone(("va_user", ["Oslo", "APAC"]))
    seen = await listed(me, world)
    assert "APAC" not in str(seen[both.email])


async def test_that_outsiders_see_nobody(world: World) -> None:
    outsider = await world.someone()
    assert (await outsider.http.get(f"{world.path}/users")).status_code == 403


async def test_that_users_are_found_by_words_of_name_address_and_cco_id(world: World) -> None:
    viewer = await world.someone("sa_viewer", name="Mona")
    vik = await world.someone("sa_user", name="Vik 100%_Aurendal", cco_id=f"vik.{world.id}")
    assert await emails(viewer, world, q="AUREN") == {vik.email}
    assert await emails(viewer, world, q=vik.email[:8].upper()) == {vik.email}
    assert await emails(viewer, world, q=f"vik.{world.id}") == {vik.email}
    assert await emails(viewer, world, q="%_") == {vik.email}
    assert await emails(viewer, world, q="a_r") == set()


async def test_that_users_are_filtered_by_role_and_place(world: World) -> None:
    viewer = await world.someone("sa_viewer")
    vik = await world.someone(("va_user", ["Oslo"]), ("va_admin", ["APAC"]))
    deep = await world.someone(("va_admin", ["EMEA"]), nested=True)
    member = await world.someone()
    await group_of(world, "Operations", "va_user", ["Oslo"], member)
    assert await emails(viewer, world, role="va_user") == {vik.email, member.email}
    assert await emails(viewer, world, role="va_admin") == {vik.email, deep.email}
    everybody = {vik.email, deep.email, member.email}
    assert await emails(viewer, world, virtual_account="oslo") == everybody
    assert await emails(viewer, world, virtual_account="Oslo", role="va_admin") == {deep.email}
    assert await emails(viewer, world, virtual_account="EMEA") == {deep.email}
    assert await emails(viewer, world, virtual_account=world.ids["Lab"]) == {deep.email}


async def test_that_a_place_one_does_not_see_is_none(world: World) -> None:
    me = await world.someone(("va_user", ["Oslo"]))
    for place in ("APAC", "Nowhere", "EMEA"):
        answer = await me.http.get(f"{world.path}/users", params={"virtual_account": place})
        assert answer.status_code == 422
        assert f"no virtual account “{place}” that you can see" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query", [{"role": "owner"}, {"limit": 0}, {"cursor": "rubbish"}, {"q": "x" * 101}]
)
async def test_that_a_wrong_filter_is_refused(world: World, query: dict[str, Any]) -> None:
    viewer = await world.someone("sa_viewer")
    assert (await viewer.http.get(f"{world.path}/users", params=query)).status_code == 422


# --- What each may do and why -----------------------------------------------------------------


async def permissions(someone: Someone, world: World, whom: Someone) -> dict[str, dict[str, Any]]:
    told = await someone.get(f"{world.path}/users/{whom.email}/permissions")
    assert told["smart_account"] == world.domain
    return {one["action"]: one for one in told["permissions"]}


def test_that_every_action_has_words() -> None:
    assert ACTION_NAMES.keys() == set(Action) == MATRIX.keys()


async def test_that_reasons_name_role_scope_group_and_nesting(world: World) -> None:
    viewer = await world.someone("sa_viewer")
    vera = await world.someone(("va_admin", ["EMEA"]), nested=True)
    await group_of(world, "Operations", "va_user", ["Americas"], vera)
    told = await permissions(viewer, world, vera)
    assert told["create_nested_virtual_account"] == {
        "action": "create_nested_virtual_account", "what": "Create nested virtual accounts",
        "scope": "virtual_accounts", "virtual_accounts": ["EMEA", "Lab", "Oslo"],
        "reasons": ["VA Administrator of EMEA with what is nested in it"],
    }  # fmt: skip
    assert told["transfer_licenses"]["virtual_accounts"] == ["Americas", "EMEA", "Lab", "Oslo"]
    assert told["transfer_licenses"]["reasons"] == [
        "VA Administrator of EMEA with what is nested in it",
        "VA User of Americas, through the group Operations",
    ]  # fmt: skip
    assert "create_top_virtual_account" not in told
    assert "delete_virtual_account" not in told


@pytest.mark.parametrize("name", ["sa_admin", "sa_approver", "sa_user", "sa_viewer"])
async def test_that_a_role_of_the_account_allows_its_column_everywhere(
    world: World, name: str
) -> None:
    someone = await world.someone(name)
    told = await permissions(someone, world, someone)
    assert told.keys() == {action for action, row in MATRIX.items() if name in row}
    for one in told.values():
        assert (one["scope"], one["virtual_accounts"]) == ("account", [])
        assert len(one["reasons"]) == 1
        assert one["reasons"][0].endswith(" of the entire account")


async def test_that_everywhere_outweighs_somewhere(world: World) -> None:
    someone = await world.someone("sa_viewer", ("va_admin", ["Oslo"]))
    told = await permissions(someone, world, someone)
    assert told["list_users"]["scope"] == "account"
    assert told["list_users"]["reasons"] == ["SA Viewer of the entire account"]
    assert told["edit_virtual_account"]["virtual_accounts"] == ["Oslo"]


async def test_that_va_roles_see_what_concerns_their_virtual_accounts(world: World) -> None:
    me = await world.someone(("va_user", ["Oslo"]))
    both = await world.someone(("va_admin", ["Oslo", "APAC"]))
    told = await me.get(f"{world.path}/users/{both.email}/permissions")
    assert "APAC" not in str([one["virtual_accounts"] for one in told["permissions"]])
    own = await permissions(both, world, both)
    assert own["edit_virtual_account"]["virtual_accounts"] == ["APAC", "Oslo"]


async def test_that_everybody_sees_their_own_by_any_of_their_addresses(world: World) -> None:
    me = await world.someone(("va_viewer", ["Lab"]))
    told = await me.get(f"{world.path}/users/{me.email.upper()}/permissions")
    assert told["email"] == me.email
    assert {one["action"] for one in told["permissions"]} == {
        action for action, row in MATRIX.items() if "va_viewer" in row
    }
