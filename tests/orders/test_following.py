"""Following: news by mail and in the chat, once, to whoever still sees the order."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from assistant.conversations.models import Message
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.core.timers import run_due
from backend.orders.delivery import deliver
from backend.orders.mails import mail_order_news
from backend.orders.models import Order, OrderFollower, OrderLine, OrderShare
from backend.orders.news import note_changes
from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.conftest import ClockAt
from tests.orders.shop import assign, lines_of, on, sold, told_of


async def follow(company: Company, who: str, number: str, **headers: str) -> Any:
    client = await company.client(who)
    return await client.post(f"/orders/{number}/follow", headers=headers)


async def followers(number: str) -> dict[str, list[str]]:
    """Who follows an order, by the first part of the address, and what each was told last."""
    async with database().read() as session:
        rows = await session.exec(select(OrderFollower).where(OrderFollower.order_number == number))
        return {one.person.split("@")[0]: one.told for one in rows.all()}


async def test_that_following_begins_once_and_ends(company: Company) -> None:
    number = await sold(company)
    tried = await follow(company, "nora", number, **{"Dry-Run": "true"})
    assert (tried.status_code, tried.json()["number"]) == (200, number)
    assert await followers(number) == {}
    first, second = await follow(company, "nora", number), await follow(company, "nora", number)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["following"] is True
    assert second.json()["receipt"]["title"] == "You follow this order already"
    assert await followers(number) == {"nora": ["SA_MISSING"]}
    nora = await company.client("nora")
    for title in ("You no longer follow this order", "You did not follow it"):
        answer = await nora.delete(f"/orders/{number}/follow")
        assert (answer.status_code, answer.json()["receipt"]["title"]) == (200, title)
        assert answer.json()["following"] is False
    assert await followers(number) == {}


async def test_that_whoever_sees_an_order_follows_it_and_others_find_none(
    company: Company, found: Found
) -> None:
    other = await found()
    number = await sold(company, on(other), on(other))
    assert (await follow(other, "vic", number)).status_code == 201
    assert (await follow(await found(), "ada", number)).status_code == 404
    assert (await follow(other, "nora", number)).status_code == 404


async def test_that_news_comes_by_mail_and_in_the_latest_chat_once(company: Company) -> None:
    number = await sold(company)
    vic = await company.client("vic")
    talk = (await vic.post("/conversations", json={"portal": "clc"})).json()["id"]
    await follow(company, "vic", number)
    await assign(await company.client("nora"), number, company)
    (mail,) = await mails_to(company.email("vic"), "order_news")
    assert mail.subject == f"Order {number}: nothing holds it up any more"
    assert "No longer: No Smart Account on the order" in mail.text
    said = (await vic.get(f"/conversations/{talk}/messages")).json()["items"]
    news = [one for one in said if one["role"] == "system"]
    assert len(news) == 1
    assert number in news[0]["text"]
    assert "No longer: No Smart Account on the order." in news[0]["text"]
    # The same job once more, and another look at the order: nothing is told twice.
    (event,) = await told_of(number, "order_news")
    await mail_order_news(event.id)
    await run_due()
    assert len(await mails_to(company.email("vic"), "order_news")) == 1
    async with database().read() as session:
        rows = await session.exec(select(Message).where(Message.event_id == event.id))
        assert len(rows.all()) == 1


async def test_that_a_change_that_changes_no_delay_is_no_news(company: Company) -> None:
    number = await sold(company)
    await follow(company, "vic", number)
    nora = await company.client("nora")
    await assign(nora, number, company, lines=[1])
    assert await told_of(number, "order_news") == []
    await assign(nora, number, company)
    assert len(await told_of(number, "order_news")) == 1


async def test_that_a_dry_run_is_no_news(company: Company) -> None:
    number = await sold(company)
    await follow(company, "vic", number)
    await assign(await company.client("nora"), number, company, dry_run=True)
    assert await told_of(number, "order_news") == []
    assert await followers(number) == {"vic": ["SA_MISSING"]}


async def test_that_the_end_is_news(company: Company) -> None:
    number = await sold(company, on(company), on(company))
    await follow(company, "vic", number)
    for at, told in ((1, 0), (2, 1)):
        async with database().write() as session:
            order = await session.get_one(Order, number)
            await deliver(session, order, await session.get_one(OrderLine, (number, at)))
            await session.flush()
            lines = [await session.get_one(OrderLine, (number, one)) for one in (1, 2)]
            await note_changes(session, order, lines)
        assert len(await told_of(number, "order_news")) == told
    (mail,) = await mails_to(company.email("vic"), "order_news")
    assert mail.subject == f"Order {number}: everything is provisioned"


async def test_that_a_cancelled_order_is_news(company: Company) -> None:
    number = await sold(company)
    await follow(company, "vic", number)
    async with database().write() as session:
        order = await session.get_one(Order, number)
        order.status, order.cancelled_at = "cancelled", clock.now()
        session.add(order)
        await note_changes(session, order, await lines_of(number))
    (mail,) = await mails_to(company.email("vic"), "order_news")
    assert mail.subject == f"Order {number}: the order was cancelled"


async def test_that_what_happens_to_the_account_is_news_and_so_is_a_day(
    company: Company, found: Found, clock_at: ClockAt
) -> None:
    """Nobody touches the order; a timer finds what its followers were not told."""
    other = await found(smart_licensing_notice=0)
    later = clock.now() + timedelta(days=5)
    number = await sold(company, on(other), on(other, requested_start=later))
    await follow(company, "vic", number)
    assert set((await followers(number))["vic"]) == {"EULA_NOT_ACCEPTED", "START_DATE_FUTURE"}
    await other.below("ada", "POST", "/notices/smart-licensing/accept")
    await run_due()
    assert (await followers(number))["vic"] == ["START_DATE_FUTURE"]
    assert len(await mails_to(company.email("vic"), "order_news")) == 1
    clock_at(clock.now() + timedelta(days=6))
    await run_due()
    await run_due()
    assert (await followers(number))["vic"] == []
    subjects = [mail.subject for mail in await mails_to(company.email("vic"), "order_news")]
    assert subjects == [
        f"Order {number}: The requested start date lies ahead",
        f"Order {number}: nothing holds it up any more",
    ]


async def test_that_who_does_not_see_it_any_more_hears_nothing(
    company: Company, found: Found
) -> None:
    number, other = await sold(company), await found()
    async with database().write() as session:
        session.add(OrderShare(order_number=number, email=other.email("nora"),
                               shared_by=company.email("nora")))  # fmt: skip
    await follow(other, "nora", number)
    async with database().write() as session:
        await session.delete(await session.get_one(OrderShare, (number, other.email("nora"))))
    await assign(await company.client("nora"), number, company)
    assert await mails_to(other.email("nora"), "order_news") == []
    assert await told_of(number, "order_news") == []
    assert await followers(number) == {}


@pytest.mark.parametrize("kind", ["order_followed", "order_unfollowed"])
async def test_that_following_is_in_the_history(company: Company, kind: str) -> None:
    number = await sold(company)
    await follow(company, "vic", number)
    await (await company.client("vic")).delete(f"/orders/{number}/follow")
    (event,) = await told_of(number, kind)
    assert isinstance(event, Event)
    assert event.actor == company.email("vic")
