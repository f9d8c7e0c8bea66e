"""What Commerce delivers without an account that takes it waits, is said to, and arrives later."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database, lock_row
from backend.orders.arrivals import deliver_what_slipped_through
from backend.orders.models import Order, OrderLine
from backend.orders.releasing import release_orders
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to
from tests.access.statements import whole_tables
from tests.orders.asked import asked, plans
from tests.orders.shop import assign, licenses_of, on, order_of, sold, stands, told_of

NOW = {"provisioning": "completed"}


def delivered(**more: Any) -> dict[str, Any]:
    """Fields of a line that Commerce has delivered."""
    return NOW | {"delivered_at": clock.now() - timedelta(hours=2)} | more


async def seen(who: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await who.get(path)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def codes(who: httpx.AsyncClient, number: str) -> list[str]:
    return [one["code"] for one in (await seen(who, f"/orders/{number}/delays"))["items"]]


async def activate(account: int | None) -> None:
    async with database().write() as session:
        row = await session.get_one(SmartAccount, account)
        row.status, row.activated_at, row.smart_licensing_notice = "active", clock.now(), 1
        session.add(row)


# --- On no account ----------------------------------------------------------------------------


async def test_that_a_line_delivered_without_an_account_waits_for_one(company: Company) -> None:
    number = await sold(company, delivered(), delivered(smart_enabled=False), status="provisioned")
    nora = await company.client("nora")
    order = await seen(nora, f"/orders/{number}")
    assert [(one["code"], one["lines"]) for one in order["delays"]] == [("SA_MISSING", [1])]
    assert order["assignment_status"] == "unassigned"
    assert {"assign_order", "delegate_order"} <= set(order["you_may"])
    assert "unassign_order" not in order["you_may"]
    last = next(step for step in order["timeline"] if step["step"] == "provisioned")
    assert (last["done"], last["at"], last["title"]) == (False, None, "Licences in a Smart Account")
    assert (await order_of(number)).unassigned_lines == 1
    for narrowed in ("delayed=true", "assignment=unassigned"):
        listed = await seen(nora, f"/orders?q={number}&{narrowed}")
        assert [one["number"] for one in listed["items"]] == [number], narrowed
    found = await seen(nora, f"/orders/{number}/licenses")
    waiting, pak = found["items"]
    assert "but the licences wait: No Smart Account on the order." in waiting["text"]
    assert company.email("nora") in waiting["text"], "who acts"
    assert "They lie" not in waiting["text"] + pak["text"]
    assert pak["text"].startswith("Delivered as a PAK on ")
    assert found["text"].startswith("1 of 2 lines arrived. Delivered on ")


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
async def test_that_assigning_lets_its_licences_arrive(company: Company, many: bool) -> None:
    number, nora = await sold(company, delivered(), delivered(), {}), await company.client("nora")
    if many:
        body = {"orders": [number], "smart_account": company.domain, "accept_terms": True,
                "virtual_account": "Oslo"}  # fmt: skip
        answer = await nora.post("/orders/assignments", json=body)
        assert answer.json()["assigned"] == 1, answer.text
    else:
        answer = await assign(nora, number, company, "Oslo")
        receipt = answer.json()["receipt"]
        assert receipt["title"] == "Order assigned"
        told = {one["label"]: one["value"] for one in receipt["lines"]}
        assert "line 2" in told["Their licences are there"]
        assert "line 3" not in told["Their licences are there"]
    assert await stands(number, company) == ["Oslo", "Oslo", "Oslo"]
    assert [(one.line, one.virtual_account_id) for one in await licenses_of(number)] == [
        (1, company.places["Oslo"]), (2, company.places["Oslo"]),
    ]  # fmt: skip
    arrived = await events_of(company, "licenses_arrived")
    assert [one.actor for one in arrived] == [company.email("nora")] * 2
    assert await codes(nora, number) == []
    found = await seen(nora, f"/orders/{number}/licenses")
    assert found["items"][0]["text"].startswith("They lie in ")
    again = await nora.delete(f"/orders/{number}/assignment")
    assert again.status_code == 409, "what has arrived stays"


async def test_that_a_rehearsal_lets_nothing_arrive(company: Company) -> None:
    number, nora = await sold(company, delivered()), await company.client("nora")
    answer = await assign(nora, number, company, dry_run=True)
    assert answer.status_code == 200, answer.text
    assert await licenses_of(number) == []
    assert await codes(nora, number) == ["SA_MISSING"]


async def test_that_it_is_assigned_beside_what_has_arrived_elsewhere(
    company: Company, found: Found
) -> None:
    number, other = await sold(company, on(company, **delivered()), delivered()), await found()
    nora = await company.client("nora")
    answer = await assign(nora, number, other, "Oslo")
    assert answer.status_code == 200, answer.text
    assert await stands(number, other) == [None, "Oslo"]
    assert [one.line for one in await licenses_of(number)] == [2]
    answer = await assign(nora, number, other, lines=[1])
    assert answer.json()["type"] == "/problems/licenses-delivered"


async def test_that_a_closed_order_names_the_case_instead(company: Company) -> None:
    number = await sold(company, delivered(), status="closed", closed_at=clock.now())
    nora = await company.client("nora")
    (delay,) = (await seen(nora, f"/orders/{number}/delays"))["items"]
    assert (delay["code"], delay["operation"]) == ("SA_MISSING", "open_case")
    assert delay["next_step"].endswith("is closed in Commerce. Open a case about it.")
    assert delay["who"] == "Licensing support, by a case"
    assert (await assign(nora, number, company)).status_code == 409


async def test_that_without_a_contact_that_comes_first(company: Company) -> None:
    number = await sold(
        company, delivered(), contact=None, partner_domain="p.example", partner_name="P"
    )
    async with database().read() as session:
        order = await session.get_one(Order, number)
        assert order.is_held
        assert order.unassigned_lines == 1


@pytest.mark.parametrize(
    ("type_", "words"), [("stocking", "partner’s stock"), ("ea", "EA Workspace")]
)
async def test_that_what_is_for_no_account_waits_for_none(
    company: Company, type_: str, words: str
) -> None:
    number, nora = await sold(company, delivered(), type=type_), await company.client("nora")
    assert await codes(nora, number) == []
    found = await seen(nora, f"/orders/{number}/licenses")
    assert words in found["items"][0]["text"]
    assert "They lie" not in found["text"]


# --- On an account that is pending ------------------------------------------------------------


async def test_that_licences_do_not_lie_in_a_pending_account(
    company: Company, found: Found
) -> None:
    pending = await found(status="pending")
    number = await sold(company, on(pending, **delivered(), assigned_by=None), status="provisioned")
    nora = await company.client("nora")
    order = await seen(nora, f"/orders/{number}")
    assert [one["code"] for one in order["delays"]] == ["SA_PENDING"]
    assert next(one for one in order["timeline"] if one["step"] == "provisioned")["done"] is False
    listed = await seen(nora, f"/orders?q={number}&delayed=true")
    assert [one["number"] for one in listed["items"]] == [number]
    assert (await seen(nora, "/orders/summary"))["delayed"] == 1
    text = (await seen(nora, f"/orders/{number}/licenses"))["items"][0]["text"]
    assert "They lie" not in text
    assert "The chosen Smart Account is not active yet" in text
    assert "Who acts: The customer who was invited to accept" in text
    assert "Accept the Smart Account within its 90 days" in text


async def test_that_another_account_may_take_them_meanwhile(company: Company, found: Found) -> None:
    pending = await found(status="pending")
    number = await sold(company, on(pending, **delivered(), assigned_by=None))
    answer = await assign(await company.client("nora"), number, company, "Oslo")
    assert answer.status_code == 200, answer.text
    (license_,) = await licenses_of(number)
    assert license_.virtual_account_id == company.places["Oslo"]


async def test_that_followers_hear_when_they_arrive(company: Company, found: Found) -> None:
    pending = await found(status="pending")
    number = await sold(company, on(pending, **delivered()), status="provisioned")
    nora = await company.client("nora")
    assert (await nora.post(f"/orders/{number}/follow")).status_code == 201
    await activate(pending.id)
    await deliver_what_slipped_through()
    (news,) = await told_of(number, "order_news")
    assert news.details["now"] == ["PROVISIONED"]
    (mail,) = await mails_to(company.email("nora"), "order_news")
    assert number in mail.subject


# --- What slips through -----------------------------------------------------------------------


async def test_that_a_message_that_is_open_while_the_account_begins_is_made_good(
    found: Found,
) -> None:
    """It has found the account pending; the account's own job has looked before it commits."""
    pending = await found(status="pending")
    number = await sold(pending, on(pending, "Oslo", **delivered()))
    await activate(pending.id)
    nora = await pending.client("nora")
    text = (await seen(nora, f"/orders/{number}/licenses"))["items"][0]["text"]
    assert "They lie" not in text
    for _ in range(2):
        await deliver_what_slipped_through()
    (license_,) = await licenses_of(number)
    assert license_.virtual_account_id == pending.places["Oslo"]
    assert len(await events_of(pending, "licenses_arrived")) == 1


async def test_that_the_sweep_leaves_what_waits_for_something_else(
    company: Company, found: Found
) -> None:
    pending = await found(status="pending")
    waiting = [
        await sold(company, on(pending, **delivered())),
        await sold(company, delivered()),
        await sold(company, on(company, **delivered(smart_enabled=False))),
        await sold(company, on(company)),
    ]
    await deliver_what_slipped_through()
    assert [await licenses_of(number) for number in waiting] == [[], [], [], []]


async def test_that_the_sweep_finds_them_by_indexes(company: Company) -> None:
    await activate(company.id)
    with asked() as statements:
        await deliver_what_slipped_through()
    accounts, lines = await plans(statements)
    assert "ix_smart_account_activated_at" in accounts
    assert "order_lines_of_an_account" in lines
    assert "license_of_a_line" in lines
    assert whole_tables(accounts) + whole_tables(lines) == [], lines


# --- Undone -----------------------------------------------------------------------------------


async def lines_of_commerce(number: str) -> list[tuple[int | None, str | None, str | None]]:
    async with database().read() as session:
        line = await session.get_one(OrderLine, (number, 1))
        return [(line.smart_account_id, line.virtual_account_id, line.assigned_by),
                (line.commerce_account_id, line.commerce_place_id, None)]  # fmt: skip


async def test_that_undoing_brings_back_what_commerce_had_assigned(
    company: Company, found: Found
) -> None:
    other, nora = await found(), await company.client("nora")
    contact = company.email("nora")
    number = await sold(
        company, on(company, "EMEA", assigned_by=None, provisioning="in_progress"), {}
    )
    assert (await assign(nora, number, other, "Oslo")).status_code == 200
    assert (await assign(nora, number, other, "Americas")).status_code == 200
    assert await lines_of_commerce(number) == [
        (other.id, other.places["Americas"], contact), (company.id, company.places["EMEA"], None),
    ]  # fmt: skip
    answer = await nora.delete(f"/orders/{number}/assignment")
    assert answer.status_code == 200, answer.text
    assert await lines_of_commerce(number) == [
        (company.id, company.places["EMEA"], None), (None, None, None),
    ]  # fmt: skip
    told = {one["label"]: one["value"] for one in answer.json()["receipt"]["lines"]}
    (back,) = (label for label in told if "as Commerce has it" in label)
    assert "EMEA" in back
    assert "line 1" in told[back]
    assert "line 2" in told["On no Smart Account now"]
    assert (await events_of(company, "order_returned"))[0].subject == f"order {number}"
    assert len(await events_of(other, "order_unassigned")) == 1
    assert (await codes(nora, number)) == ["SA_MISSING"]
    assert (await nora.delete(f"/orders/{number}/assignment")).status_code == 409


async def test_that_an_account_that_goes_is_not_come_back_to(
    company: Company, found: Found
) -> None:
    pending, nora = await found(status="pending"), await company.client("nora")
    number = await sold(company, on(pending, assigned_by=None))
    assert (await assign(nora, number, company)).status_code == 200
    async with database().write() as session:
        await lock_row(session, SmartAccount, pending.id)
        await release_orders(session, await session.get_one(SmartAccount, pending.id))
    assert (await nora.delete(f"/orders/{number}/assignment")).status_code == 200
    assert await stands(number, company) == [None]
