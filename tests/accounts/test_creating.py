"""Asking for an account of one's own company: who decides, and what is refused."""

import pytest

from tests.accounts.world import (
    APPROVER,
    account_at,
    company,
    creation,
    defaults_of,
    email_of,
    fresh_domain,
    made,
    members_of,
)
from tests.conftest import Newcomer, SignedIn


async def test_that_at_ones_own_domain_it_is_active_at_once(newcomer: Newcomer) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    told = await made(await someone.post("/smart-accounts", json=creation(None)))
    assert (told["status"], told["domain"], told["kind"]) == ("active", domain, "create")
    account = await account_at(domain)
    assert account is not None
    assert (account.status, account.name) == ("active", "Test Company")
    assert await members_of(account.id) == {(email_of(someone), "sa_admin")}
    assert await defaults_of(account.id) == ["DEFAULT"]


@pytest.mark.parametrize("approver", [APPROVER])
async def test_that_any_other_free_domain_needs_the_desk(
    newcomer: Newcomer, person: SignedIn, approver: str
) -> None:
    someone, domain = await newcomer(), fresh_domain()
    told = await made(await someone.post("/smart-accounts", json=creation(domain)))
    assert told["status"] == "pending_approval"
    assert [one["email"] for one in told["deciders"]] == [approver]
    cyra = await person(approver)
    answer = await cyra.post(f"/smart-account-requests/{told['id']}/approve")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "active"
