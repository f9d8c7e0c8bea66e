"""Deleting for good: what stands in the way, what goes along, what is left as it was."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from backend.access.models import (
    AccessRequest,
    AccessRequestPlace,
    ApprovalDelegation,
    DelegationPlace,
)
from backend.core import clock
from backend.core.client import Caller, licensing_api
from backend.core.database import database
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    MembershipPlace,
    UserGroup,
    UserGroupPlace,
)
from backend.virtual_accounts import deletion
from backend.virtual_accounts.models import VirtualAccount
from tests.conftest import SignedIn
from tests.virtual_accounts.world import Someone, World, make_world


async def delete(someone: Someone, world: World, which: str, **query: Any) -> httpx.Response:
    return await someone.http.delete(f"{world.path}/virtual-accounts/{which}", params=query)


async def refused(someone: Someone, world: World, which: str) -> str:
    answer = await delete(someone, world, which)
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"] == "/problems/still-needed"
    assert which in await world.rows()
    return str(answer.json()["detail"])


async def stored(*rows: Any) -> None:
    async with database().write() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def test_that_an_administrator_deletes_an_empty_one(world: World) -> None:
    admin = await world.someone("sa_admin")
    done = await delete(admin, world, "Lab", confirm_name="Lab")
    assert done.status_code == 200, done.text
    assert done.json()["receipt"]["title"] == "Virtual account deleted"
    assert "Lab" not in await world.rows()
    [event] = await world.events()
    assert (event.type, event.text) == (
        "virtual_account_deleted", "Virtual account EMEA / Oslo / Lab deleted.",
    )  # fmt: skip
    assert await world.places_of(event) == {world.ids["Lab"], world.ids["Oslo"]}
    assert (await delete(admin, world, "Lab")).status_code == 404


async def test_that_a_dry_run_deletes_nothing(world: World) -> None:
    admin = await world.someone("sa_admin")
    tried = await admin.http.delete(
        f"{world.path}/virtual-accounts/Lab", headers={"Dry-Run": "true"}
    )
    assert tried.status_code == 200
    assert "Lab" in await world.rows()


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer"])
async def test_that_nobody_else_may(world: World, role: str) -> None:
    admin, someone = await world.someone("sa_admin"), await world.someone(role)
    vera = await world.someone(("va_admin", ["Lab"]))
    for who in (someone, vera):
        answer = await delete(who, world, "Lab")
        assert answer.status_code == 403
        assert admin.shown in answer.json()["detail"]


@pytest.mark.parametrize("typed", ["lab", "Oslo", "", "Lab x"])
async def test_that_another_name_than_its_own_confirms_nothing(world: World, typed: str) -> None:
    admin = await world.someone("sa_admin")
    answer = await delete(admin, world, "Lab", confirm_name=typed)
    assert answer.status_code == 422
    assert "Type its name, “Lab”" in answer.json()["detail"]
    assert "Lab" in await world.rows()


@pytest.mark.parametrize("via", ["rasa", "agent", "mcp"])
async def test_that_an_engine_has_to_bring_the_typed_name(world: World, via: Any) -> None:
    admin = await world.someone("sa_admin")
    told = {"smart_account": world.domain, "virtual_account": "Lab"}
    caller = Caller(admin.email, None, via)
    answer = await licensing_api().call("delete_virtual_account", told, caller)
    assert (answer.status, [e["code"] for e in answer.field_errors]) == (422, ["missing"])
    typed = told | {"confirm_name": "Lab"}
    assert (await licensing_api().call("delete_virtual_account", typed, caller)).ok
    [event] = await world.events()
    assert event.via == via


async def test_that_the_default_stays_until_another_takes_its_place(world: World) -> None:
    admin = await world.someone("sa_admin")
    assert "it is the default" in await refused(admin, world, "DEFAULT")
    await admin.http.post(f"{world.path}/virtual-accounts/Oslo/make-default")
    assert (await delete(admin, world, "DEFAULT")).status_code == 200


async def test_that_what_is_nested_keeps_it(world: World) -> None:
    admin = await world.someone("sa_admin")
    assert "Oslo is nested in it" in await refused(admin, world, "EMEA")
    for name in ("Lab", "Oslo", "EMEA"):
        assert (await delete(admin, world, name)).status_code == 200


async def test_that_somebodys_only_place_keeps_it_and_others_lose_it(world: World) -> None:
    admin = await world.someone("sa_admin")
    alone = await world.someone(("va_user", ["Lab"]))
    both = await world.someone(("va_user", ["Lab", "Oslo"]))
    said = await refused(admin, world, "Lab")
    assert alone.shown in said
    assert both.shown not in said
    async with database().write() as session:
        [place] = (
            await session.exec(
                select(MembershipPlace)
                .where(col(MembershipPlace.virtual_account_id) == world.ids["Lab"])
                .where(
                    col(MembershipPlace.membership_id).not_in(
                        select(MembershipPlace.membership_id).where(
                            col(MembershipPlace.virtual_account_id) == world.ids["Oslo"]
                        )
                    )
                )
            )
        ).all()
        session.add(
            MembershipPlace(membership_id=place.membership_id, virtual_account_id=world.ids["EMEA"])
        )
    assert (await delete(admin, world, "Lab")).status_code == 200
    assert await world.held(both.email) == {"va_user": {"Oslo": False}}
    assert await world.held(alone.email) == {"va_user": {"EMEA": False}}


async def test_that_a_groups_only_place_keeps_it(world: World) -> None:
    admin = await world.someone("sa_admin")
    group = UserGroup(smart_account_id=world.id, name="Ops", role="va_user")
    await stored(group, UserGroupPlace(group_id=group.id, virtual_account_id=world.ids["Lab"]))
    assert "group Ops has its role there alone" in await refused(admin, world, "Lab")
    await stored(UserGroupPlace(group_id=group.id, virtual_account_id=world.ids["Oslo"]))
    assert (await delete(admin, world, "Lab")).status_code == 200


async def test_that_a_foreign_groups_only_place_keeps_it(world: World, person: SignedIn) -> None:
    other, admin = await make_world(person), await world.someone("sa_admin")
    group = UserGroup(smart_account_id=other.id, name="Visitors", role="va_user")
    grant = ExternalGroupGrant(
        lookup_id=f"X{world.id}"[:20], group_id=group.id, smart_account_id=world.id,
        requested_by=admin.email, role="va_user", granted_by=admin.email, granted_at=clock.now(),
    )  # fmt: skip
    place = ExternalGroupPlace(grant_id=grant.id, virtual_account_id=world.ids["Lab"])
    await stored(group, grant, place)
    assert "group Visitors" in await refused(admin, world, "Lab")


async def test_that_a_pending_request_keeps_it_and_a_decided_one_does_not(world: World) -> None:
    admin, nora = await world.someone("sa_admin"), await world.someone()
    request = AccessRequest(
        smart_account_id=world.id, requester=nora.email, scope="virtual_accounts", role="va_user",
        named={world.ids["Lab"]: "Lab"}, expires_at=clock.now() + timedelta(days=30),
    )  # fmt: skip
    await stored(
        request, AccessRequestPlace(request_id=request.id, virtual_account_id=world.ids["Lab"])
    )
    assert "1 access request waits" in await refused(admin, world, "Lab")
    async with database().write() as session:
        row = await session.get_one(AccessRequest, request.id)
        row.status, row.decided_at, row.decided_by = "declined", clock.now(), admin.email
        session.add(row)
    assert (await delete(admin, world, "Lab")).status_code == 200
    async with database().read() as session:
        kept = await session.get_one(AccessRequest, request.id)
    assert kept.named == {world.ids["Lab"]: "Lab"}


async def test_that_a_running_delegation_keeps_it_and_a_past_one_does_not(
    world: World, clock_ahead: Any
) -> None:
    admin = await world.someone("sa_admin")
    vera, uma = await world.someone("sa_admin"), await world.someone("sa_user")
    delegation = ApprovalDelegation(
        smart_account_id=world.id, delegator=vera.email, delegate=uma.email,
        scope="virtual_accounts", starts=clock.now(), ends=clock.now() + timedelta(days=5),
    )  # fmt: skip
    await stored(
        delegation,
        DelegationPlace(delegation_id=delegation.id, virtual_account_id=world.ids["Lab"]),
    )
    assert uma.shown in await refused(admin, world, "Lab")
    clock_ahead(days=6)
    assert (await delete(admin, world, "Lab")).status_code == 200


async def test_that_other_features_can_keep_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await world.someone("sa_admin")

    async def licences(_: Any, row: VirtualAccount) -> list[str]:
        return ["12 licences lie in it"] if row.name == "Lab" else []

    monkeypatch.setattr(deletion, "_checks", [*deletion._checks, licences])
    assert "12 licences lie in it" in await refused(admin, world, "Lab")


async def test_that_all_that_is_in_the_way_is_said_at_once(world: World) -> None:
    admin = await world.someone("sa_admin")
    people = [await world.someone(("va_user", ["EMEA"])) for _ in range(7)]
    said = await refused(admin, world, "EMEA")
    assert "Oslo is nested in it" in said
    assert "and 2 more have roles there alone" in said
    assert sum(one.shown in said for one in people) == 5
