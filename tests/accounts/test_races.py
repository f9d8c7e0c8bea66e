"""Several people want the same domain at the same moment: one gets it, the others hear so."""

import asyncio

from sqlmodel import select

from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.core.database import database
from tests.accounts.world import (
    account_at,
    company,
    creation,
    defaults_of,
    email_of,
    for_customer,
    fresh_domain,
    make_account,
    members_of,
)
from tests.conftest import Newcomer

CALL = "/smart-account-requests"


async def requests_at(domain: str) -> list[SmartAccountRequest]:
    async with database().read() as session:
        rows = await session.exec(
            select(SmartAccountRequest).where(SmartAccountRequest.domain == domain)
        )
        return list(rows.all())


async def test_that_of_colleagues_who_take_the_domain_at_once_one_gets_it(
    newcomer: Newcomer,
) -> None:
    domain = await company()
    people = [await newcomer(organization=domain) for _ in range(6)]
    answers = await asyncio.gather(
        *(one.post("/smart-accounts", json=creation(None)) for one in people)
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {
        "/problems/domain-taken"
    }
    account = await account_at(domain)
    assert account is not None
    winner = next(
        email_of(one)
        for one, answer in zip(people, answers, strict=True)
        if answer.status_code == 201
    )
    assert await members_of(account.id) == {(winner, "sa_admin")}
    assert await defaults_of(account.id) == ["DEFAULT"]
    assert len(await requests_at(domain)) == 1


async def test_that_different_ways_to_one_domain_meet(newcomer: Newcomer) -> None:
    """Its owner, a partner for them, somebody else, and the upgrade of an SMB account."""
    domain = await company()
    owner, other = await newcomer(organization=domain), await newcomer()
    partner = await newcomer(organization="lucerne.example", kind="partner")
    smb = f"{domain.split('.')[0]}.smb"
    small = await newcomer(organization=domain)
    await make_account(smb, (email_of(small), "sa_admin"), is_smb=True)
    upgrade = {key: value for key, value in creation(domain).items() if key != "authority"}
    answers = await asyncio.gather(
        owner.post("/smart-accounts", json=creation(None)),
        other.post("/smart-accounts", json=creation(domain)),
        partner.post(CALL, json=for_customer(domain, email_of(owner))),
        small.post(f"/smart-accounts/{smb}/upgrade", json=upgrade),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await requests_at(domain)) == 1
    async with database().read() as session:
        rows = await session.exec(select(SmartAccount.id).where(SmartAccount.domain == domain))
        assert len(rows.all()) == 1


async def test_that_many_at_once_get_different_numbers(newcomer: Newcomer) -> None:
    people = [await newcomer() for _ in range(8)]
    answers = await asyncio.gather(
        *(one.post("/smart-accounts", json=creation(fresh_domain())) for one in people)
    )
    numbers = [answer.json()["smart_account_id"] for answer in answers]
    assert len(set(numbers)) == len(people)


async def test_that_an_account_and_one_above_it_do_not_miss_each_other(
    newcomer: Newcomer,
) -> None:
    """Whoever comes second finds the first one there and waits for its administrators."""
    domain = await company()
    below = fresh_domain(above=domain)
    one, two = await newcomer(organization=domain), await newcomer(organization=domain)
    answers = await asyncio.gather(
        one.post("/smart-accounts", json=creation(domain)),
        two.post("/smart-accounts", json=creation(below)),
    )
    statuses = sorted(answer.json()["status"] for answer in answers)
    assert statuses == ["active", "pending_domain_approval"]
