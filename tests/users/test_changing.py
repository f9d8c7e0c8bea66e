"""Another role instead of those held, roles taken away, and the administrator who stays."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import SignedIn
from tests.users.groups import external_group, group_of
from tests.users.test_adding import add, lines, mailed, said
from tests.virtual_accounts.world import Someone, World, make_world


async def change(someone: Someone, world: World, email: str, **body: Any) -> httpx.Response:
    return await someone.http.patch(f"{world.path}/users/{email}", json=body)


async def remove(someone: Someone, world: World, email: str, *places: str) -> httpx.Response:
    query = {"virtual_accounts": list(places)} if places else {}
    return await someone.http.delete(f"{world.path}/users/{email}", params=query)


# --- Change -----------------------------------------------------------------------------------


async def test_that_a_role_takes_the_place_of_all_others(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    vik = await world.someone("sa_viewer", ("va_user", ["EMEA"]), ("va_admin", ["APAC"]))
    answer = await change(admin, world, vik.email, role="sa_user")
    assert answer.status_code == 200, answer.text
    assert await world.held(vik.email) == {"sa_user": {}}
    assert lines(answer)["Role"] == "SA User of the entire account"
    was = "SA Viewer of the entire account; VA User of EMEA; VA Administrator of APAC"
    assert sorted(lines(answer)["Before"].split("; ")) == sorted(was.split("; "))
    [event] = await world.events("user_role_changed")
    assert event.text.startswith(f"{vik.shown} is now SA User of the entire account, was ")
    assert await world.places_of(event) == {world.ids["EMEA"], world.ids["APAC"]}
    [mail] = await mailed(client, vik.email, 1)
    assert "You are now SA User of the entire account." in mail["text"]


async def test_that_what_is_not_named_stays(world: World) -> None:
    admin = await world.someone("sa_admin")
    vik = await world.someone(("va_user", ["EMEA", "Oslo"]), nested=True)
    await change(admin, world, vik.email, role="va_admin")
    assert await world.held(vik.email) == {"va_admin": {"EMEA": True, "Oslo": True}}
    await change(admin, world, vik.email, role="va_admin", virtual_accounts=["EMEA", "APAC"])
    assert await world.held(vik.email) == {"va_admin": {"EMEA": True, "APAC": False}}
    await change(admin, world, vik.email, role="va_admin", include_nested=False)
    assert await world.held(vik.email) == {"va_admin": {"EMEA": False, "APAC": False}}


async def test_that_nothing_to_change_leaves_no_trace(world: World) -> None:
    admin, vik = await world.someone("sa_admin"), await world.someone(("va_user", ["EMEA"]))
    uma = await world.someone("sa_user")
    for who, body in ((vik, {"role": "va_user"}), (uma, {"role": "sa_user", "scope": "account"})):
        answer = await change(admin, world, who.email, **body)
        assert answer.json()["receipt"]["title"] == "Nothing to change"
    assert await world.events() == []


async def test_that_a_first_role_for_virtual_accounts_needs_their_names(world: World) -> None:
    admin, uma = await world.someone("sa_admin"), await world.someone("sa_user")
    answer = await change(admin, world, uma.email, role="va_user")
    said(answer, 422)
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("virtual_accounts", "missing")
    ]
    assert (
        await change(admin, world, uma.email, role="va_user", virtual_accounts=["Oslo"])
    ).status_code == 200
    assert await world.held(uma.email) == {"va_user": {"Oslo": False}}


async def test_that_an_approver_made_later_is_of_the_company_too(world: World) -> None:
    admin = await world.someone("sa_admin")
    other = await world.someone("sa_user", organization=f"other-{world.domain}")
    said(await change(admin, world, other.email, role="sa_approver"), 422)
    assert await world.held(other.email) == {"sa_user": {}}


async def test_that_a_va_administrator_changes_what_lies_in_their_own(world: World) -> None:
    admin, vera = await world.someone("sa_admin"), await world.someone(("va_admin", ["EMEA"]))
    vik = await world.someone(("va_user", ["EMEA", "Americas"]))
    answer = await change(vera, world, vik.email, role="va_admin")
    assert answer.status_code == 200, answer.text
    assert await world.held(vik.email) == {
        "va_user": {"Americas": False},
        "va_admin": {"EMEA": False},
    }
    assert lines(answer)["Elsewhere"] == "roles outside your virtual accounts stay as they are"
    assert "Americas" not in answer.text
    for body in ({"role": "sa_user"}, {"role": "va_user", "virtual_accounts": ["Americas"]}):
        assert admin.shown in said(await change(vera, world, vik.email, **body), 403)


async def test_that_a_va_administrator_does_not_touch_roles_of_the_account(world: World) -> None:
    admin, vera = await world.someone("sa_admin"), await world.someone(("va_admin", ["EMEA"]))
    uma = await world.someone("sa_user", ("va_admin", ["EMEA"]))
    refused = await change(vera, world, uma.email, role="va_viewer", virtual_accounts=["EMEA"])
    assert admin.shown in said(refused, 403)
    deep = await world.someone(("va_admin", ["EMEA"]), nested=True)
    assert admin.shown in said(await change(vera, world, deep.email, role="va_viewer"), 403)
    said(await remove(vera, world, deep.email), 403)
    assert await world.held(deep.email) == {"va_admin": {"EMEA": True}}


async def test_that_whom_one_does_not_see_is_nobody(world: World) -> None:
    vera, admin = await world.someone(("va_admin", ["EMEA"])), await world.someone("sa_admin")
    elsewhere, outsider = await world.someone(("va_user", ["APAC"])), await world.someone()
    for someone, whom in ((vera, elsewhere), (vera, admin), (vera, outsider), (admin, outsider)):
        for answer in (
            await change(someone, world, whom.email, role="va_user"),
            await remove(someone, world, whom.email),
            await someone.http.get(f"{world.path}/users/{whom.email}/permissions"),
        ):
            assert whom.name not in said(answer, 404)


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer", "va_user", "va_viewer"])
async def test_that_others_change_and_remove_nobody(world: World, role: str) -> None:
    admin = await world.someone("sa_admin")
    someone = await world.someone((role, ["EMEA"]) if role.startswith("va_") else role)
    vik = await world.someone(("va_user", ["EMEA"]))
    assert admin.shown in said(await change(someone, world, vik.email, role="va_viewer"), 403)
    assert admin.shown in said(await remove(someone, world, vik.email), 403)
    assert admin.shown in said(await remove(someone, world, someone.email), 403)


# --- Remove -----------------------------------------------------------------------------------


async def test_that_a_removed_user_has_nothing_left(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    vik = await world.someone("sa_viewer", ("va_user", ["EMEA"]))
    await group_of(world, "Operations", "va_user", ["Americas"], vik)
    answer = await remove(admin, world, vik.email)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["roles"], answer.json()["access"]) == ([], None)
    assert answer.json()["receipt"]["title"] == "User removed"
    assert "group Operations" in lines(answer)["Removed"]
    assert await world.held(vik.email) == {}
    assert (await vik.http.get(f"{world.path}/virtual-accounts")).status_code == 403
    [event] = await world.events("user_removed")
    assert await world.places_of(event) == {world.ids["EMEA"], world.ids["Americas"]}
    [mail] = await mailed(client, vik.email, 1)
    assert mail["subject"] == f"Your access in {world.name} has ended"
    said(await remove(admin, world, vik.email), 404)


async def test_that_a_dry_run_removes_nobody(world: World) -> None:
    admin, vik = await world.someone("sa_admin"), await world.someone("sa_viewer")
    tried = await admin.http.delete(f"{world.path}/users/{vik.email}", headers={"Dry-Run": "true"})
    assert tried.json()["roles"] == []
    assert await world.held(vik.email) == {"sa_viewer": {}}


async def test_that_a_user_is_removed_from_some_virtual_accounts(
    world: World, client: httpx.AsyncClient
) -> None:
    admin = await world.someone("sa_admin")
    vik = await world.someone(("va_user", ["EMEA", "Oslo"]), ("va_viewer", ["EMEA"]))
    answer = await remove(admin, world, vik.email, "emea")
    assert answer.json()["receipt"]["title"] == "Role removed"
    assert lines(answer)["Stays"] == "VA User of Oslo"
    assert await world.held(vik.email) == {"va_user": {"Oslo": False}}
    assert (await remove(admin, world, vik.email, "Oslo")).json()["roles"] == []
    mails = await mailed(client, vik.email, 2)
    assert [mail["subject"] for mail in mails] == [
        f"A role of yours in {world.name} has ended", f"Your access in {world.name} has ended",
    ]  # fmt: skip


async def test_that_access_from_elsewhere_cannot_be_unassigned_and_why(world: World) -> None:
    admin = await world.someone("sa_admin")
    uma, deep = (
        await world.someone("sa_user"),
        await world.someone(("va_user", ["EMEA"]), nested=True),
    )
    member = await world.someone()
    await group_of(world, "Operations", "va_user", ["Lab"], member)
    for who, why in (
        (uma, "SA User of the entire account"),
        (deep, "VA User of EMEA with what is nested in it"),
        (member, "VA User of Lab, through the group Operations"),
    ):
        assert why in said(await remove(admin, world, who.email, "Lab"), 409)
    refused = await remove(admin, world, deep.email, "Americas")
    assert "has no role in Americas" in said(refused, 409)
    said(await remove(admin, world, deep.email, "Nowhere"), 422)
    assert await world.events() == []


async def test_that_a_va_administrator_removes_from_their_own(world: World) -> None:
    admin, vera = await world.someone("sa_admin"), await world.someone(("va_admin", ["EMEA"]))
    vik = await world.someone(("va_user", ["EMEA", "APAC"]))
    assert admin.shown in said(await remove(vera, world, vik.email, "APAC"), 403)
    answer = await remove(vera, world, vik.email)
    assert answer.json()["receipt"]["title"] == "Role removed"
    assert "APAC" not in answer.text
    assert await world.held(vik.email) == {"va_user": {"APAC": False}}


async def test_that_a_va_administrator_takes_nobody_out_of_a_wider_group(world: World) -> None:
    vera = await world.someone(("va_admin", ["EMEA"]))
    own, wider = await world.someone(), await world.someone()
    await group_of(world, "Own", "va_user", ["EMEA"], own)
    await group_of(world, "Wider", "va_user", ["EMEA", "APAC"], wider)
    assert (await remove(vera, world, own.email)).status_code == 200
    said(await remove(vera, world, wider.email), 403)


async def test_that_a_group_of_another_account_is_not_left_from_here(
    world: World, person: SignedIn
) -> None:
    other, admin = await make_world(person), await world.someone("sa_admin")
    guest = await world.someone()
    await external_group(other, world, "Guests", "va_user", ["Lab"], guest)
    refused = said(await remove(admin, world, guest.email), 409)
    assert f"through the group Guests of {other.name}" in refused
    assert "Revoke the group’s access" in refused


# --- The last administrator -------------------------------------------------------------------


async def test_that_the_last_administrator_stays(world: World) -> None:
    admin, uma = await world.someone("sa_admin"), await world.someone("sa_user")
    for answer in (
        await remove(admin, world, admin.email),
        await change(admin, world, admin.email, role="sa_user"),
        await change(admin, world, admin.email, role="va_admin", virtual_accounts=["Oslo"]),
    ):
        assert f"{admin.shown} is the last SA Administrator" in said(answer, 409)
    row = {"email": admin.email, "role": "sa_viewer"}
    bulk = await admin.http.post(f"{world.path}/users/bulk", json={"users": [row]})
    assert bulk.json()["results"][0]["status"] == "skipped"
    assert await world.held(admin.email) == {"sa_admin": {}}
    assert (await change(admin, world, uma.email, role="sa_admin")).status_code == 200
    assert (await remove(admin, world, admin.email)).status_code == 200


@pytest.mark.parametrize("how", ["removed", "demoted", "one of each", "by themselves"])
async def test_that_two_at_once_leave_one_administrator(world: World, how: str) -> None:
    a, b = await world.someone("sa_admin"), await world.someone("sa_admin")
    calls = {
        "removed": (remove(a, world, b.email), remove(b, world, a.email)),
        "demoted": (
            change(a, world, b.email, role="sa_user"), change(b, world, a.email, role="sa_user"),
        ),
        "one of each": (remove(a, world, b.email), change(b, world, a.email, role="sa_viewer")),
        "by themselves": (remove(a, world, a.email), remove(b, world, b.email)),
    }  # fmt: skip
    answers = await asyncio.gather(*calls.pop(how))
    for others in calls.values():
        for unused in others:
            unused.close()
    first, second = sorted(answer.status_code for answer in answers)
    assert first == 200
    assert second in {403, 404, 409}
    left = [one for one in (a, b) if "sa_admin" in await world.held(one.email)]
    assert len(left) == 1


async def test_that_many_at_once_leave_one_administrator(world: World) -> None:
    admins = [await world.someone("sa_admin") for _ in range(6)]
    await asyncio.gather(*(remove(one, world, one.email) for one in admins))
    left = [one for one in admins if await world.held(one.email)]
    assert len(left) == 1


async def test_that_an_addition_beside_a_change_loses_nothing(world: World) -> None:
    admin, vik = await world.someone("sa_admin"), await world.someone(("va_user", ["EMEA"]))
    added, changed = await asyncio.gather(
        add(admin, world, vik.email, "va_user", "Oslo"),
        change(admin, world, vik.email, role="va_admin"),
    )
    assert (added.status_code, changed.status_code) == (201, 200)
    assert await world.held(vik.email) in (
        {"va_admin": {"EMEA": False, "Oslo": False}},
        {"va_admin": {"EMEA": False}, "va_user": {"Oslo": False}},
    )
