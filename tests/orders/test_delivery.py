"""Licences arrive once, where the line stands then; and accounts that go let orders go."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.core import clock, jobs
from backend.core.database import database, lock_row
from backend.core.events import Event
from backend.orders.arrivals import deliver_to_activated_account
from backend.orders.delivery import deliver
from backend.orders.models import DroppedLine, Order, OrderLine
from backend.orders.releasing import release_orders
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to
from tests.orders.shop import licenses_of, lines_of, on, order_of, sold, stands, told_of


async def arrive(number: str, line: int = 1) -> bool:
    """As the feed does it: the order locked, one line delivered."""
    async with database().write() as session:
        await lock_row(session, Order, number)
        order = await session.get_one(Order, number, populate_existing=True)
        return await deliver(session, order, await session.get_one(OrderLine, (number, line)))


async def test_that_licences_arrive_once_in_the_lines_virtual_account(company: Company) -> None:
    ends = clock.now() + timedelta(days=365)
    line = on(company, "Oslo", kind="term", quantity=7, ends_at=ends, subscription_id="SUB-1")
    number = await sold(company, line)
    assert [await arrive(number), await arrive(number)] == [True, False]
    (license_,) = await licenses_of(number)
    assert license_.smart_account_id == company.id
    assert license_.virtual_account_id == company.places["Oslo"]
    assert (license_.quantity, license_.kind, license_.subscription_id) == (7, "term", "SUB-1")
    assert license_.ends_at == ends
    (delivered,) = await lines_of(number)
    assert (delivered.provisioning, delivered.delivered_at) == (
        "completed", license_.starts_at,
    )  # fmt: skip
    (event,) = await events_of(company, "licenses_arrived")
    assert event.via == "feed"
    listed = await company.below("ada", "GET", "/licenses")
    assert [one["order_number"] for one in listed.json()["items"]] == [number]


async def test_that_twice_at_once_they_arrive_once(company: Company) -> None:
    number = await sold(company, on(company))
    told = await asyncio.gather(*(arrive(number) for _ in range(4)))
    assert sorted(told) == [False, False, False, True]
    assert len(await licenses_of(number)) == 1


async def test_that_without_a_virtual_account_the_default_takes_them(company: Company) -> None:
    number = await sold(company, on(company, None))
    assert await arrive(number)
    assert await stands(number, company) == ["DEFAULT"]
    assert (await licenses_of(number))[0].virtual_account_id == company.places["DEFAULT"]


@pytest.mark.parametrize("line", [{}, {"smart_enabled": False}], ids=["nowhere", "PAK"])
async def test_that_what_is_on_no_account_is_delivered_without_licences(
    company: Company, line: dict[str, Any]
) -> None:
    number = await sold(company, line)
    assert not await arrive(number)
    assert (await lines_of(number))[0].delivered_at is not None
    assert await licenses_of(number) == []


async def test_that_an_account_that_is_not_active_takes_none(found: Found) -> None:
    pending = await found(status="pending")
    number = await sold(pending, on(pending))
    assert not await arrive(number)
    assert await licenses_of(number) == []


async def test_that_what_a_pending_account_could_not_take_arrives_when_it_is_active(
    found: Found,
) -> None:
    pending = await found(status="pending")
    number = await sold(pending, on(pending, None))
    assert not await arrive(number)
    async with database().write() as session:
        account = await session.get_one(SmartAccount, pending.id)
        account.status = "active"
        session.add(account)
        event = Event(
            type="account_activated", actor="x", via="rest", subject=account.domain, text="…",
            smart_account_id=account.id,
        )  # fmt: skip
        session.add(event)
    assert "deliver_to_activated_account" in jobs.following("account_activated")
    for _ in range(2):
        await deliver_to_activated_account(event.id)
    (license_,) = await licenses_of(number)
    assert license_.virtual_account_id == pending.places["DEFAULT"]


async def test_that_a_place_that_waits_for_licences_or_has_some_is_not_deleted(
    company: Company,
) -> None:
    waiting = await sold(company, on(company, "Oslo-Lab"))
    await sold(company, on(company, "Americas"), status="cancelled", cancelled_at=clock.now())
    path = f"/virtual-accounts/{company.places['Oslo-Lab']}"
    for delivered in (False, True):
        if delivered:
            await arrive(waiting)
        answer = await company.below("ada", "DELETE", path)
        assert answer.status_code == 409, answer.text
        assert ("licences lie" if delivered else "delivered into it") in answer.json()["detail"]


async def test_that_an_account_that_was_never_accepted_lets_its_orders_go(
    company: Company, found: Found
) -> None:
    pending = await found(status="pending")
    number = await sold(company, on(pending, assigned_by=None), on(company))
    nora = await company.client("nora")
    assert (await nora.post(f"/orders/{number}/follow")).status_code == 201
    async with database().write() as session:
        await lock_row(session, SmartAccount, pending.id)
        await release_orders(session, await session.get_one(SmartAccount, pending.id))
    assert [line.smart_account_id for line in await lines_of(number)] == [None, company.id]
    order = await order_of(number)
    assert (order.unassigned_lines, order.is_held) == (1, True)
    (event,) = await told_of(number, "order_released")
    assert pending.domain in event.text
    (mail,) = await mails_to(company.email("nora"), "order_news")
    assert mail.subject == f"Order {number}: No Smart Account on the order"


async def test_that_the_end_of_its_request_deletes_the_account(company: Company) -> None:
    """A request for a customer that is cancelled, with an order on its account."""
    partner = await company.client(await company.newcomer("p-" + company.domain, "partner"))
    asked = await partner.post(
        "/smart-account-requests",
        json={"name": "Late Customer", "domain": f"late-{company.domain}",
              "customer_emails": [f"boss@late-{company.domain}"]},
    )  # fmt: skip
    assert asked.status_code == 201, asked.text
    async with database().read() as session:
        request = await session.get_one(SmartAccountRequest, asked.json()["id"])
        account = request.smart_account_id
    number = await sold(company, {"smart_account_id": account, "assigned_at": clock.now()})
    async with database().write() as session:
        session.add(DroppedLine(order_number=number, number=7, smart_account_id=account))
    ended = await partner.post(f"/smart-account-requests/{request.id}/cancel")
    assert ended.status_code == 200, ended.text
    async with database().read() as session:
        assert await session.get(SmartAccount, account) is None
    assert (await order_of(number)).unassigned_lines == 1
