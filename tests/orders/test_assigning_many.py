"""Many orders in one call: each has its own result, all of it is one transaction."""

import time
from typing import Any

import httpx
import pytest

from backend.core import clock
from backend.core.database import database
from backend.orders.models import OrderFollower
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to
from tests.access.statements import counted
from tests.conftest import SignedIn
from tests.orders.shop import fresh_number, on, order_of, sold, stands, told_of
from tests.orders.test_assigning import delegated

MOST = 500


async def assign_all(
    who: httpx.AsyncClient, company: Company, numbers: list[str], *, dry_run: bool = False,
    **body: Any,
) -> httpx.Response:  # fmt: skip
    told = {"smart_account": company.domain, "accept_terms": True, "orders": numbers} | body
    headers = {"Dry-Run": "true"} if dry_run else {}
    return await who.post("/orders/assignments", json=told, headers=headers)


async def test_that_each_order_has_a_result_and_a_bad_one_stops_no_other(
    company: Company, found: Found
) -> None:
    good, again = await sold(company), await sold(company, on(company), on(company))
    bad = {
        "stocking": await sold(company, type="stocking"),
        "Fulfillment Contact": await sold(company, contact=None),
        "cancelled": await sold(company, status="cancelled", cancelled_at=clock.now()),
        "not booked": await sold(company, status="submitted", booked_at=None),
        "PAK": await sold(company, {"smart_enabled": False}),
        "no order": await sold(await found()),
    }
    bad["no order 17"] = "17"
    web = (await order_of(good)).web_order_number
    wanted = [good, *bad.values(), again, f"SO {good}", str(web)]
    answer = await assign_all(await company.client("nora"), company, wanted)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    told = [(row["number"], row["status"]) for row in body["results"]]
    assert told == [
        (good, "assigned"), *((number, "failed") for number in bad.values()),
        (again, "unchanged"), (good, "unchanged"), (good, "unchanged"),
    ]  # fmt: skip
    assert (body["assigned"], body["unchanged"], body["failed"]) == (1, 3, 7)
    reasons = {row["number"]: row["detail"] for row in body["results"] if row["status"] == "failed"}
    hidden = {"no order", "no order 17", "Fulfillment Contact"}  # nobody of the company sees it
    for why, number in bad.items():
        assert ("There is no order" if why in hidden else why) in reasons[number]
        assert "/api/v1" not in reasons[number]
    assert await stands(good, company) == ["DEFAULT", "DEFAULT"]
    assert body["receipt"]["title"] == "Orders assigned"


async def test_that_an_account_that_takes_none_fails_the_call(
    company: Company, found: Found
) -> None:
    numbers, nora = [await sold(company), await sold(company)], await company.client("nora")
    pending = await found(status="pending")
    assert (await assign_all(nora, pending, numbers)).status_code == 409
    wrong = await assign_all(nora, company, numbers, virtual_account="Nowhere")
    assert wrong.status_code == 422
    assert [await stands(number, company) for number in numbers] == [[None, None], [None, None]]


@pytest.mark.parametrize("count", [0, MOST + 1])
async def test_that_there_are_between_one_and_five_hundred(company: Company, count: int) -> None:
    numbers = [str(4_000_000 + at) for at in range(count)]
    answer = await assign_all(await company.client("nora"), company, numbers)
    assert answer.status_code == 422


async def test_that_a_dry_run_of_many_changes_nothing(company: Company) -> None:
    numbers = [await sold(company) for _ in range(3)]
    answer = await assign_all(await company.client("nora"), company, numbers, dry_run=True)
    assert answer.json()["assigned"] == 3
    for number in numbers:
        assert await stands(number, company) == [None, None]
        assert await told_of(number) == []
    assert await events_of(company) == []


async def test_that_every_order_is_in_the_history_and_a_delegate_causes_one_mail(
    company: Company, person: SignedIn
) -> None:
    delegate = await company.newcomer(f"d{fresh_number()}.example")
    numbers = [await sold(company) for _ in range(3)]
    for number in numbers:
        await delegated(number, company.email("nora"), delegate)
    await assign_all(await person(delegate), company, numbers)
    told = await events_of(company, "order_assigned")
    assert {event.subject for event in told} == {f"order {number}" for number in numbers}
    assert {event.on_behalf_of for event in told} == {company.email("nora")}
    (mail,) = await mails_to(company.email("nora"), "order_assigned")
    assert mail.subject == "3 orders were assigned in your place"
    assert all(number in mail.text for number in numbers)
    seen = await company.below("vito", "GET", "/events?type=order_assigned")
    assert seen.json()["items"] == []  # vito has a role in Oslo and Americas alone


async def test_that_followers_hear_of_it(company: Company) -> None:
    numbers = [await sold(company) for _ in range(3)]
    async with database().write() as session:
        session.add(
            OrderFollower(order_number=numbers[0], person=company.email("vic"),
                          told=["SA_MISSING"])
        )  # fmt: skip
    await assign_all(await company.client("nora"), company, numbers)
    (mail,) = await mails_to(company.email("vic"), "order_news")
    assert numbers[0] in mail.subject


async def test_that_a_row_costs_no_statements(company: Company) -> None:
    few = [await sold(company) for _ in range(2)]
    many = [await sold(company) for _ in range(40)]
    nora = await company.client("nora")
    with counted() as for_few:
        assert (await assign_all(nora, company, few)).json()["assigned"] == 2
    with counted() as for_many:
        assert (await assign_all(nora, company, many)).json()["assigned"] == 40
    assert len(for_many) == len(for_few), for_many
    assert len(for_few) <= 30, for_few


async def test_that_five_hundred_take_a_moment(company: Company) -> None:
    numbers = [await sold(company, {}, {}, {}) for _ in range(MOST)]
    nora = await company.client("nora")
    begun = time.perf_counter()
    rehearsed = await assign_all(nora, company, numbers, dry_run=True)
    between = time.perf_counter()
    answer = await assign_all(nora, company, numbers)
    took = time.perf_counter() - between
    print(f"500 orders with 1,500 lines: dry run {between - begun:.2f} s, for real {took:.2f} s")
    assert rehearsed.json()["assigned"] == answer.json()["assigned"] == MOST
    assert took < 5
    assert await stands(numbers[-1], company) == ["DEFAULT"] * 3
