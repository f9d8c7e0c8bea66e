"""At the same moment: orders assigned by several, places deleted, mails asked for twice."""

import asyncio
from collections import Counter
from typing import Any

from backend.core.database import database
from backend.virtual_accounts.models import VirtualAccount
from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.orders.shop import (
    assign,
    fresh_number,
    licenses_of,
    lines_of,
    on,
    order_of,
    sold,
    stands,
    told_of,
)
from tests.orders.test_delivery import arrive
from tests.orders.test_set_up import address, subscription


async def standing(number: str, *companies: Company) -> list[str]:
    """The domain of the account on which each line stands."""
    domains: dict[Any, str] = {one.id: one.domain for one in companies}
    return [domains.get(line.smart_account_id, "") for line in await lines_of(number)]


async def test_that_two_who_assign_at_once_leave_it_on_one_account(
    company: Company, found: Found
) -> None:
    other = await found()
    nora, vic = await company.client("nora"), await company.client("vic")
    for _ in range(4):
        number = await sold(company)
        answers = await asyncio.gather(
            assign(nora, number, company, "Oslo"), assign(vic, number, other, "Americas"),
            assign(nora, number, company, "Oslo"), assign(vic, number, other, "Americas"),
        )  # fmt: skip
        assert {answer.status_code for answer in answers} == {200}
        stood = set(await standing(number, company, other))
        assert len(stood) == 1
        assert (await order_of(number)).unassigned_lines == 0
        last = (await told_of(number, "order_assigned"))[-1]
        assert stood == {company.domain if last.smart_account_id == company.id else other.domain}


async def test_that_assigning_and_undoing_at_once_end_in_one_of_both(company: Company) -> None:
    nora, vic = await company.client("nora"), await company.client("vic")
    for _ in range(4):
        number = await sold(company, on(company), on(company))
        undone, assigned = await asyncio.gather(
            vic.delete(f"/orders/{number}/assignment"), assign(nora, number, company, "Oslo"),
        )  # fmt: skip
        assert (undone.status_code, assigned.status_code) == (200, 200)
        stood = await stands(number, company)
        assert stood in (["Oslo", "Oslo"], [None, None])
        assert (await order_of(number)).unassigned_lines == stood.count(None)


async def test_that_licences_arrive_where_the_order_then_stands(
    company: Company, found: Found
) -> None:
    other, nora = await found(), await company.client("nora")
    for _ in range(4):
        number = await sold(company, on(company))
        arrived, moved = await asyncio.gather(arrive(number), assign(nora, number, other))
        assert arrived
        assert moved.status_code in {200, 409}
        where = other if moved.status_code == 200 else company
        assert await stands(number, where) == ["DEFAULT"]
        (license_,) = await licenses_of(number)
        assert license_.smart_account_id == where.id


async def test_that_a_place_is_not_deleted_under_an_order(company: Company) -> None:
    nora, ada = await company.client("nora"), await company.client("ada")
    ends: Counter[str] = Counter()
    for _ in range(6):
        name = f"New {fresh_number()}"
        path = f"/smart-accounts/{company.domain}/virtual-accounts"
        place = (await ada.post(path, json={"name": name})).json()["id"]
        number = await sold(company)
        assigned, deleted = await asyncio.gather(
            assign(nora, number, company, name), ada.delete(f"{path}/{place}")
        )
        async with database().read() as session:
            there = await session.get(VirtualAccount, place) is not None
        ends[f"{assigned.status_code} {deleted.status_code}"] += 1
        assert (assigned.status_code, deleted.status_code) in {(200, 409), (422, 200)}
        assert there is (deleted.status_code == 409)
        lines = await lines_of(number)
        expected = place if assigned.status_code == 200 else None
        assert {line.virtual_account_id for line in lines} == {expected}
    assert sum(ends.values()) == 6


async def test_that_many_at_once_about_the_same_orders_wait_for_each_other(
    company: Company, found: Found
) -> None:
    other = await found()
    numbers = [await sold(company) for _ in range(12)]
    nora, vic = await company.client("nora"), await company.client("vic")

    async def all_to(who: Any, goal: Company, order: list[str]) -> Any:
        told = {"smart_account": goal.domain, "accept_terms": True, "orders": order}
        return await who.post("/orders/assignments", json=told)

    answers = await asyncio.gather(
        all_to(nora, company, numbers), all_to(vic, other, numbers[::-1]),
        all_to(vic, company, numbers[6:] + numbers[:6]), all_to(nora, other, numbers[::-1]),
        *(assign(nora, number, other, "Oslo") for number in numbers[:4]),
    )  # fmt: skip
    assert {answer.status_code for answer in answers} == {200}
    for number in numbers:
        assert len(set(await standing(number, company, other))) == 1


async def test_that_one_mail_goes_out_however_often_it_is_asked_for(company: Company) -> None:
    contact, nora = address(), await company.client("nora")
    number = await sold(company, subscription(contact))
    answers = await asyncio.gather(
        *(nora.post(f"/orders/{number}/provisioning-mail") for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 429, 429, 429]
    assert len(await mails_to(contact)) == 1


async def test_that_following_twice_at_once_begins_once(company: Company) -> None:
    number, vic = await sold(company), await company.client("vic")
    answers = await asyncio.gather(*(vic.post(f"/orders/{number}/follow") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len(await told_of(number, "order_followed")) == 1


async def test_that_the_same_key_assigns_once(company: Company) -> None:
    number, nora = await sold(company), await company.client("nora")
    told = {"smart_account": company.domain, "accept_terms": True}
    answers = await asyncio.gather(
        *(
            nora.post(f"/orders/{number}/assignment", json=told,
                      headers={"Idempotency-Key": f"k{number}"})
            for _ in range(3)
        )
    )  # fmt: skip
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len(await told_of(number, "order_assigned")) == 1
