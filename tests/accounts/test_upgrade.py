"""SMB accounts: whether they can be upgraded, what the banner says, and the upgrade itself."""

import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backend.accounts.models import SmartAccount
from tests.accounts.world import (
    APPROVER,
    HEADQUARTERS,
    account_at,
    company,
    done,
    email_of,
    events_of,
    fresh_domain,
    made,
    make_account,
    members_of,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

DRY = {"Dry-Run": "true"}


def smb() -> str:
    return f"{uuid.uuid4().hex[:8]}.smb"


def upgrade(domain: str | None = None, **changes: Any) -> dict[str, Any]:
    body = {
        "name": "Grown Up", "domain": domain, "headquarters": HEADQUARTERS,
        "visibility": "unrestricted",
    } | changes  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


class Owner:
    """Somebody with an SMB account and a company whose domain is free."""

    def __init__(self, client: httpx.AsyncClient, account: SmartAccount, domain: str) -> None:
        self.client, self.account, self.domain = client, account, domain
        self.path = f"/smart-accounts/{account.domain}"

    async def grow_up(self) -> None:
        """Their address becomes one of the company."""
        told = await self.client.patch("/me", json={"email": f"boss@{self.domain}"})
        assert told.json()["email"] == f"boss@{self.domain}", told.text

    async def eligibility(self) -> dict[str, Any]:
        return await done(await self.client.get(f"{self.path}/upgrade-eligibility"))


@pytest_asyncio.fixture(loop_scope="session")
async def owner(newcomer: Newcomer) -> Owner:
    domain = await company()
    client = await newcomer(
        organization="freemail.example", other_emails=[f"boss@{domain}"], name="Tessa Small"
    )
    account = await make_account(
        smb(), (email_of(client), "sa_admin"), is_smb=True, notices=False, name="Tiny Shop"
    )
    return Owner(client, account, domain)


async def test_that_with_a_personal_mailbox_it_is_not_yet_possible(owner: Owner) -> None:
    told = await owner.eligibility()
    assert told["eligible"] is False
    assert [reason["code"] for reason in told["reasons"]] == ["personal_mailbox"]
    assert told["banner"]["action"] == "update_me"
    assert "personal mailbox" in told["banner"]["text"]
    assert "Tiny Shop" in told["banner"]["text"]
    answer = await owner.client.post(f"{owner.path}/upgrade", json=upgrade(owner.domain))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/personal-mailbox")


async def test_that_the_profiles_change_makes_it_possible_and_says_so(owner: Owner) -> None:
    await owner.grow_up()
    told = await owner.eligibility()
    assert (told["eligible"], told["reasons"]) == (True, [])
    assert told["banner"]["action"] == "upgrade_smart_account"
    assert f"boss@{owner.domain}" in told["banner"]["text"]
    [event] = await events_of(owner.account.domain)
    assert (event.type, event.smart_account_id) == ("upgrade_became_possible", owner.account.id)
    assert event.details["banner"] == told["banner"]
    [mail] = await mails_to(f"boss@{owner.domain}")
    assert mail.subject == told["banner"]["title"]


async def test_that_an_address_that_waits_for_its_code_does_not(
    newcomer: Newcomer, owner: Owner
) -> None:
    await owner.client.patch("/me", json={"email": f"another@{owner.domain}"})
    assert (await owner.eligibility())["eligible"] is False
    assert await events_of(owner.account.domain) == []


async def test_that_at_ones_own_domain_it_is_upgraded_at_once(owner: Owner) -> None:
    await owner.grow_up()
    told = await made(
        await owner.client.post(f"{owner.path}/upgrade", json=upgrade(visibility="restricted"))
    )
    assert (told["kind"], told["status"], told["domain"]) == ("upgrade", "active", owner.domain)
    assert told["receipt"]["title"] == "Smart Account upgraded"
    account = await account_at(owner.domain)
    assert account is not None
    assert account.id == owner.account.id
    assert (account.is_smb, account.name, account.visibility) == (False, "Grown Up", "restricted")
    assert account.headquarters == HEADQUARTERS | {"region": None}
    assert await members_of(account.id) == {(email_of(owner.client), "sa_admin")}
    types = [event.type for event in await events_of(owner.domain)]
    assert types == ["account_upgraded"]
    kinds = [mail.kind for mail in await mails_to(f"boss@{owner.domain}")]
    assert kinds == ["account_upgrade_possible", "account_upgraded"]


async def test_that_the_former_domain_still_leads_there(owner: Owner, newcomer: Newcomer) -> None:
    await owner.grow_up()
    await made(await owner.client.post(f"{owner.path}/upgrade", json=upgrade()))
    for named in (owner.account.domain, owner.account.domain.upper(), owner.domain):
        shown = await done(await owner.client.get(f"/smart-accounts/{named}"))
        assert shown["domain"] == owner.domain
        assert shown["former_domains"] == [owner.account.domain]
    changed = await done(await owner.client.patch(owner.path, json={"name": "Grown Again"}))
    assert changed["name"] == "Grown Again"
    case = {"category": "smart_account", "title": "x", "description": "x",
            "smart_account": owner.account.domain}  # fmt: skip
    assert (await owner.client.post("/cases", json=case)).json()["smart_account"] == owner.domain


async def test_that_it_is_upgraded_once(owner: Owner) -> None:
    await owner.grow_up()
    await made(await owner.client.post(f"{owner.path}/upgrade", json=upgrade()))
    answer = await owner.client.post(f"{owner.path}/upgrade", json=upgrade())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-smb")
    told = await owner.eligibility()
    assert [reason["code"] for reason in told["reasons"]] == ["not_smb"]
    assert told["banner"]["action"] is None


async def test_that_a_taken_domain_is_refused(owner: Owner, newcomer: Newcomer) -> None:
    await owner.grow_up()
    admin = await newcomer(organization=owner.domain)
    await make_account(owner.domain, (email_of(admin), "sa_admin"), name="First Come")
    told = await owner.eligibility()
    assert [reason["code"] for reason in told["reasons"]] == ["domain_taken"]
    assert told["banner"]["action"] == "request_access"
    answer = await owner.client.post(f"{owner.path}/upgrade", json=upgrade())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/domain-taken")
    assert "First Come" in answer.json()["detail"]


async def test_that_next_to_an_account_its_administrators_decide(
    owner: Owner, newcomer: Newcomer
) -> None:
    await owner.grow_up()
    admin = await newcomer(organization=owner.domain)
    await make_account(owner.domain, (email_of(admin), "sa_admin"))
    below = fresh_domain(above=owner.domain)
    told = await made(await owner.client.post(f"{owner.path}/upgrade", json=upgrade(below)))
    path = f"/smart-account-requests/{told['id']}"
    assert told["status"] == "pending_domain_approval"
    assert told["receipt"]["title"] == "Upgrade requested"
    assert [one["email"] for one in told["deciders"]] == [email_of(admin)]
    assert (told["smart_account"], await account_at(below)) == (owner.account.domain, None)
    waits = await owner.eligibility()
    assert [reason["code"] for reason in waits["reasons"]] == ["request_pending"]
    assert below in waits["banner"]["text"]
    again = await owner.client.post(f"{owner.path}/upgrade", json=upgrade(below))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/upgrade-pending")
    assert [m.kind for m in await mails_to(email_of(admin))] == ["account_domain_asked"]
    told = await done(await admin.post(f"{path}/approve"))
    assert (told["status"], told["smart_account"]) == ("active", below)
    kinds = [mail.kind for mail in await mails_to(f"boss@{owner.domain}")]
    assert kinds == ["account_upgrade_possible", "account_requested", "account_upgraded"]


async def test_that_a_denied_upgrade_leaves_the_account_as_it_is(
    owner: Owner, newcomer: Newcomer, person: SignedIn
) -> None:
    await owner.grow_up()
    cyra = await person(APPROVER)
    domain = fresh_domain()
    told = await made(await owner.client.post(f"{owner.path}/upgrade", json=upgrade(domain)))
    assert told["status"] == "pending_approval"
    path = f"/smart-account-requests/{told['id']}"
    told = await done(await cyra.post(f"{path}/decline", json={"reason": "Not yours"}))
    assert (told["status"], told["smart_account"]) == ("declined", owner.account.domain)
    account = await account_at(owner.account.domain)
    assert account is not None
    assert (account.is_smb, account.name) == (True, "Tiny Shop")
    mail = (await mails_to(f"boss@{owner.domain}"))[-1]
    assert mail.kind == "account_upgrade_declined"
    assert "Not yours" in mail.text
    assert (await owner.eligibility())["eligible"] is True


async def test_that_a_domain_given_away_meanwhile_is_not_taken_twice(
    owner: Owner, newcomer: Newcomer, person: SignedIn
) -> None:
    """The upgrade waits for the desk; while it does, its domain is asked for by nobody else."""
    await owner.grow_up()
    domain = await company()
    colleague = await newcomer(organization=domain)
    told = await made(await owner.client.post(f"{owner.path}/upgrade", json=upgrade(domain)))
    refused = await colleague.post("/smart-accounts", json=upgrade(domain, authority="self"))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/domain-asked-for")
    await make_account(domain, (email_of(colleague), "sa_admin"))
    cyra = await person(APPROVER)
    path = f"/smart-account-requests/{told['id']}"
    answer = await cyra.post(f"{path}/approve")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/domain-taken")
    assert (await done(await cyra.get(path)))["status"] == "pending_approval"


@pytest.mark.parametrize("role", ["sa_approver", "sa_user", "sa_viewer"])
async def test_that_only_an_administrator_upgrades(
    owner: Owner, newcomer: Newcomer, role: str
) -> None:
    await owner.grow_up()
    member = await newcomer(roles=((owner.account.id, role),), organization=owner.domain)
    told = await done(await member.get(f"{owner.path}/upgrade-eligibility"))
    assert "not_admin" in [reason["code"] for reason in told["reasons"]]
    answer = await member.post(f"{owner.path}/upgrade", json=upgrade(owner.domain))
    assert answer.status_code == 403
    assert "Tessa Small" in answer.json()["detail"]


async def test_that_strangers_neither_see_nor_upgrade(owner: Owner, newcomer: Newcomer) -> None:
    stranger = await newcomer()
    assert (await stranger.get(f"{owner.path}/upgrade-eligibility")).status_code == 403
    answer = await stranger.post(f"{owner.path}/upgrade", json=upgrade(fresh_domain()))
    assert answer.status_code == 403
    nowhere = f"/smart-accounts/{smb()}"
    assert (await stranger.get(f"{nowhere}/upgrade-eligibility")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": "77"}, "name"), ({"domain": "other.smb"}, "domain"),
     ({"domain": "labs.gmail.com"}, "domain"), ({"headquarters": {}}, "headquarters.city"),
     ({"visibility": "no"}, "visibility"), ({"type": "holding"}, "type"),
     ({"authority": "self"}, "authority")],
    ids=str,
)  # fmt: skip
async def test_that_a_wrong_field_is_named(
    owner: Owner, change: dict[str, Any], field: str
) -> None:
    await owner.grow_up()
    answer = await owner.client.post(f"{owner.path}/upgrade", json=upgrade() | change)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_that_open_notices_do_not_block_it_and_a_rehearsal_changes_nothing(
    owner: Owner,
) -> None:
    assert (owner.account.admin_notice, owner.account.smart_licensing_notice) == (0, 0)
    await owner.grow_up()
    tried = await owner.client.post(f"{owner.path}/upgrade", json=upgrade(), headers=DRY)
    assert (tried.status_code, tried.json()["status"], tried.json()["id"]) == (200, "active", None)
    assert await account_at(owner.domain) is None
    assert (await account_at(owner.account.domain)) is not None
