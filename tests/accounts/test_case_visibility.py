"""Who sees an account's cases by its policy, when roles come by groups and virtual accounts."""

import uuid

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import database
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount
from tests.accounts.world import company, done, email_of, fresh_domain, make_account
from tests.conftest import Newcomer

WAYS = ["sa_admin", "sa_viewer", "va_viewer", "group", "external group"]
NO_WAYS = ["empty group", "group without a place", "asked-for external group", "stranger"]


async def sees(someone: httpx.AsyncClient, number: str) -> bool:
    """Whether page and list show it, which must agree."""
    page = (await someone.get(f"/cases/{number}")).status_code
    listed = (await done(await someone.get("/cases", params={"q": number})))["items"]
    assert bool(listed) is (page == 200)
    return page == 200


async def admit(person: str, account: int, way: str) -> None:
    """Let somebody into an account that way."""
    elsewhere = (await make_account(fresh_domain())).id if "external" in way else account
    async with database().write() as session:
        place = VirtualAccount(smart_account_id=account, name=f"V{uuid.uuid4().hex[:6]}")
        session.add(place)
        await session.flush()
        if "group" in way:
            group = UserGroup(
                smart_account_id=elsewhere, name=uuid.uuid4().hex[:8], role="va_viewer"
            )
            session.add(group)
            await session.flush()
            if way != "empty group":
                session.add(UserGroupMember(group_id=group.id, person=person))
            if way in {"group", "empty group"}:
                session.add(UserGroupPlace(group_id=group.id, virtual_account_id=place.id))
            if "external" in way:
                await _grant(session, group, account, place, granted=way == "external group")
        elif way != "stranger":
            row = Membership(smart_account_id=account, person=person, role=way)
            session.add(row)
            await session.flush()
            if way == "va_viewer":
                session.add(MembershipPlace(membership_id=row.id, virtual_account_id=place.id))


async def _grant(
    session: AsyncSession, group: UserGroup, account: int, place: VirtualAccount, *, granted: bool
) -> None:
    """Another account's group asks for a role, and gets it if `granted`."""
    row = ExternalGroupGrant(
        lookup_id=uuid.uuid4().hex[:12], group_id=group.id, smart_account_id=account,
        requested_by="nobody", role="va_viewer" if granted else None,
        granted_at=clock.now() if granted else None,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    if granted:
        session.add(ExternalGroupPlace(grant_id=row.id, virtual_account_id=place.id))


@pytest.mark.parametrize("policy", ["owner", "admins", "all"])
async def test_that_whoever_has_any_role_is_a_member(newcomer: Newcomer, policy: str) -> None:
    domain = await company()
    admin, owner = await newcomer(organization=domain), await newcomer(organization=domain)
    account = await make_account(domain, (email_of(admin), "sa_admin"))
    set_ = await admin.put(f"/smart-accounts/{domain}/policies", json={"case_visibility": policy})
    assert set_.status_code == 200
    case = {"category": "smart_licensing", "title": "x", "description": "x",
            "smart_account": domain}  # fmt: skip
    number = (await owner.post("/cases", json=case)).json()["number"]
    assert await sees(owner, number)
    for way in WAYS + NO_WAYS:
        someone = await newcomer(organization=domain)
        await admit(email_of(someone), account.id, way)
        expected = way in WAYS and (policy == "all" or (policy == "admins" and way == "sa_admin"))
        assert await sees(someone, number) is expected, (policy, way)


async def test_that_a_policy_counts_for_cases_that_were_there_before(newcomer: Newcomer) -> None:
    domain = await company()
    admin, viewer = await newcomer(organization=domain), await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"), (email_of(viewer), "sa_viewer"))
    case = {"category": "orders", "title": "x", "description": "x", "smart_account": domain}
    number = (await admin.post("/cases", json=case)).json()["number"]
    path = f"/smart-accounts/{domain}/policies"
    for policy, seen in (("all", True), ("admins", False), ("all", True), ("owner", False)):
        await done(await admin.put(path, json={"case_visibility": policy}))
        assert await sees(viewer, number) is seen
