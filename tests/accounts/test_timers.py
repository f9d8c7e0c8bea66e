"""Requests that wait are reminded of on certain days, and end by themselves on the last."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from backend.accounts.configuration import configuration
from backend.core import timers
from tests.accounts.world import (
    APPROVER,
    account_at,
    company,
    creation,
    done,
    email_of,
    events_of,
    for_customer,
    fresh_domain,
    made,
    make_account,
    request_row,
)
from tests.conftest import Newcomer, SignedIn
from tests.people.outbox import mails_to

CALL = "/smart-account-requests"
Ahead = Callable[..., None]
pytestmark = pytest.mark.usefixtures("own_time")


def test_that_the_days_are_those_of_the_field() -> None:
    times = configuration().requests
    assert (times.reminder_days, times.expire_days) == ([7, 30, 60, 83], 90)


@pytest_asyncio.fixture(loop_scope="session")
async def invited(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(organization=await company())


@pytest_asyncio.fixture(loop_scope="session")
async def partner(newcomer: Newcomer) -> httpx.AsyncClient:
    return await newcomer(organization="lucerne.example", kind="partner")


async def ask(partner: httpx.AsyncClient, invited: httpx.AsyncClient) -> str:
    domain = email_of(invited).split("@")[1]
    told = await made(await partner.post(CALL, json=for_customer(domain, email_of(invited))))
    id_: str = told["id"]
    return id_


async def reminders(email: str, kind: str = "account_reminder") -> int:
    return len(await mails_to(email, kind))


async def test_that_each_reminder_comes_on_its_day_once(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    sent = passed = 0
    for day in (6.9, 7.1, 29.9, 30.1, 59.9, 60.1, 82.9, 83.1, 89.9):
        clock_ahead(days=day - passed)
        passed = day  # type: ignore[assignment]
        await timers.run_due()
        await timers.run_due()
        sent = sum(day > at for at in (7, 30, 60, 83))
        assert await reminders(email_of(invited)) == sent, day
        assert (await request_row(request)).reminders == sent
    assert (await request_row(request)).status == "pending_acceptance"
    mail = (await mails_to(email_of(invited), "account_reminder"))[0]
    assert f"/?request={request}" in mail.text


async def test_that_after_ninety_days_it_expires_and_who_asked_is_told(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    domain = (await request_row(request)).domain
    account = await account_at(domain)
    assert account is not None
    clock_ahead(days=90, seconds=1)
    await timers.run_due()
    row = await request_row(request)
    assert (row.status, row.smart_account_id, row.decided_by) == ("expired", None, None)
    assert await account_at(domain) is None
    [mail] = await mails_to(email_of(partner), "account_expired")
    assert domain in mail.text
    assert await reminders(email_of(invited)) == 0, "what is over is not reminded of"
    event = (await events_of(domain))[-1]
    assert (event.type, event.via, event.rule) == (
        "account_request_expired", "rule", "account_request_expiry",
    )  # fmt: skip
    assert (event.actor, event.smart_account_id) == (domain, account.id)
    shown = await done(await partner.get(f"{CALL}/{request}"))
    assert (shown["status"], shown["decided_by"], shown["deciders"]) == ("expired", None, [])
    again = await made(await partner.post(CALL, json=for_customer(domain, email_of(invited))))
    assert again["status"] == "pending_acceptance"


async def test_that_after_a_pause_one_mail_says_it_all(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    clock_ahead(days=61)
    await timers.run_due()
    assert await reminders(email_of(invited)) == 1
    assert (await request_row(request)).reminders == 3


async def test_that_timers_at_the_same_moment_do_it_once(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    clock_ahead(days=7, seconds=1)
    await asyncio.gather(*(timers.run_due() for _ in range(4)))
    assert await reminders(email_of(invited)) == 1
    clock_ahead(days=83)
    await asyncio.gather(*(timers.run_due() for _ in range(4)))
    assert len(await mails_to(email_of(partner), "account_expired")) == 1
    assert (await request_row(request)).status == "expired"


async def test_that_accepting_and_expiring_at_the_same_moment_leaves_one_of_the_two(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    domain = (await request_row(request)).domain
    clock_ahead(days=90, seconds=1)
    answer, _ = await asyncio.gather(invited.post(f"{CALL}/{request}/accept"), timers.run_due())
    status, account = (await request_row(request)).status, await account_at(domain)
    assert (status, answer.status_code) in {("active", 200), ("expired", 409)}
    assert (account is not None) is (status == "active")


async def test_that_what_is_decided_is_not_reminded_of(
    partner: httpx.AsyncClient, invited: httpx.AsyncClient, clock_ahead: Ahead
) -> None:
    request = await ask(partner, invited)
    await done(await invited.post(f"{CALL}/{request}/accept"))
    clock_ahead(days=91)
    await timers.run_due()
    assert await reminders(email_of(invited)) == 0
    assert (await request_row(request)).status == "active"


async def test_that_those_who_decide_are_reminded_too(
    newcomer: Newcomer, person: SignedIn, clock_ahead: Ahead
) -> None:
    domain = await company()
    admin, someone = await newcomer(organization=domain), await newcomer()
    await make_account(domain, (email_of(admin), "sa_admin"))
    below, free = fresh_domain(above=domain), fresh_domain()
    for asked in (below, free):
        await made(await someone.post("/smart-accounts", json=creation(asked)))
    clock_ahead(days=8)
    await timers.run_due()
    assert await reminders(email_of(admin), "account_approval_reminder") == 1
    mails = await mails_to(APPROVER, "account_approval_reminder")
    assert len([mail for mail in mails if free in mail.subject]) == 1
    assert not [mail for mail in mails if below in mail.subject]


async def test_that_an_approval_begins_the_days_anew(
    newcomer: Newcomer, person: SignedIn, clock_ahead: Ahead
) -> None:
    """Who is invited late has as long as everybody."""
    someone, outsider = await newcomer(), await newcomer()
    body = for_customer(fresh_domain(), email_of(outsider))
    told = await made(await someone.post(CALL, json=body))
    first = (await request_row(told["id"])).expires_at
    clock_ahead(days=80)
    await done(await (await person(APPROVER)).post(f"{CALL}/{told['id']}/approve"))
    row = await request_row(told["id"])
    assert first is not None
    assert row.expires_at is not None
    assert row.expires_at - first >= timedelta(days=80)
    assert row.reminders == 0
    clock_ahead(days=11)
    await timers.run_due()
    assert (await request_row(told["id"])).status == "pending_acceptance"
    assert await reminders(email_of(outsider)) == 1


async def test_that_an_upgrade_expires_without_touching_its_account(
    newcomer: Newcomer, clock_ahead: Ahead
) -> None:
    domain = await company()
    someone = await newcomer(organization=domain)
    smb = f"{domain.split('.')[0]}.smb"
    account = await make_account(smb, (email_of(someone), "sa_admin"), is_smb=True)
    body = {key: value for key, value in creation(fresh_domain()).items() if key != "authority"}
    told = await made(await someone.post(f"/smart-accounts/{smb}/upgrade", json=body))
    clock_ahead(days=91)
    await timers.run_due()
    row = await request_row(told["id"])
    assert (row.status, row.smart_account_id) == ("expired", account.id)
    assert await account_at(smb) is not None
