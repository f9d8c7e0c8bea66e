"""Lists of orders: what narrows them, their pages, what they count, what they cost."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.orders.models import STATUSES
from backend.orders.schemas import AssignmentStatus
from tests.access.statements import counted, whole_tables
from tests.accounts.world import make_account
from tests.orders.asked import asked, plans
from tests.orders.conftest import Arrive, Somebody
from tests.orders.making import line_of, make_order


async def orders_of(contact: str, count: int, **fields: Any) -> list[str]:
    """So many orders, oldest first, two of them of one moment."""
    now = clock.now()
    return [
        await make_order(
            contact=contact, placed_at=now - timedelta(days=max(count - at, 2)), **fields
        )
        for at in range(count)
    ]


async def test_that_every_size_of_page_gives_the_same_whole_list(somebody: Arrive) -> None:
    fay = await somebody()
    there = await orders_of(fay.email, 7)
    whole = await fay.numbers()
    assert sorted(whole) == sorted(there)
    for limit in range(1, 9):
        assert await fay.numbers(limit=limit) == whole
    placed = [one["placed_at"] for one in (await fay.get("/orders"))["items"]]
    assert placed == sorted(placed, reverse=True)


async def test_that_an_order_seen_in_many_ways_is_listed_once(somebody: Arrive) -> None:
    fay = await somebody()
    account = await make_account(fay.domain, (fay.email, "sa_admin"))
    number = await make_order(*[line_of(account.id)] * 5, contact=fay.email)
    listed = (await fay.get("/orders"))["items"]
    assert [one["number"] for one in listed] == [number]
    assert [one["way"] for one in listed[0]["visible_because"]] == [
        "fulfillment_contact", "account",
    ]  # fmt: skip
    assert (await fay.get("/orders/summary"))["total"] == 1


async def test_that_a_new_order_shifts_no_page(somebody: Arrive) -> None:
    fay = await somebody()
    there = await orders_of(fay.email, 4)
    first = await fay.get("/orders", limit=2)
    await make_order(contact=fay.email, placed_at=clock.now())
    second = await fay.get("/orders", limit=2, cursor=first["next"])
    seen = [one["number"] for page in (first, second) for one in page["items"]]
    assert sorted(seen) == sorted(there)


@pytest.mark.parametrize("query", ["cursor=nonsense", "limit=0", "limit=201", "assignment=some",
                                   "status=late", "delayed=perhaps"])  # fmt: skip
async def test_that_what_no_list_can_be_narrowed_to_is_refused(
    somebody: Arrive, query: str
) -> None:
    fay = await somebody()
    await make_order(contact=fay.email)
    answer = await fay.http.get(f"/orders?{query}")
    assert answer.status_code == 422
    assert answer.json()["hint"]


class Shelf:
    """Orders of one contact, one of each kind, by a name."""

    def __init__(self, contact: Somebody) -> None:
        self.contact = contact
        self.numbers: dict[str, str] = {}

    async def put(self, name: str, *lines: dict[str, Any], **fields: Any) -> None:
        self.numbers[name] = await make_order(*lines, contact=self.contact.email, **fields)

    def named(self, numbers: list[str]) -> set[str]:
        names = {number: name for name, number in self.numbers.items()}
        return {names[number] for number in numbers}


async def shelf_of(somebody: Arrive) -> Shelf:
    fay = await somebody()
    shelf, now = Shelf(fay), clock.now()
    good = await make_account((await somebody()).domain)
    pending = await make_account((await somebody()).domain, status="pending", notices=False)
    holding = await make_account((await somebody()).domain, type="holding")
    await shelf.put("unassigned", end_customer="Blue Harbour", customer_order_number="PO-77")
    await shelf.put("half", line_of(good.id), line_of(), customer_order_number="998877")
    await shelf.put("pending", line_of(pending.id), status="in_fulfilment")
    await shelf.put("holding", line_of(holding.id), line_of(good.id))
    await shelf.put("going on", line_of(good.id, sku="Q-9000", product="Green Lantern"))
    await shelf.put("stocking", type="stocking", customer_order_number="2024-118")
    await shelf.put("cancelled", status="cancelled", cancelled_at=now)
    await shelf.put("unbooked", status="submitted", booked_at=None)
    await shelf.put("later", line_of(good.id, requested_start=now + timedelta(days=9)))
    await shelf.put("held", line_of(good.id), holds={"credit": now.isoformat()})
    return shelf


async def test_that_lists_are_narrowed(somebody: Arrive) -> None:
    shelf = await shelf_of(somebody)

    async def found(**params: Any) -> set[str]:
        return shelf.named(await shelf.contact.numbers(limit=3, **params))

    everything = set(shelf.numbers)
    delayed = {"unassigned", "half", "pending", "holding", "later", "held"}
    assert await found() == everything
    assert await found(delayed=True) == delayed
    assert await found(delayed=False) == everything - delayed
    assert await found(assignment="unassigned") == {"unassigned", "half", "unbooked"}
    assert await found(assignment="assigned_pending_sa") == {"pending"}
    assert await found(assignment="held_by_partner") == {"holding"}
    assert await found(assignment="assigned") == {"going on", "later", "held"}
    assert await found(assignment="not_applicable") == {"stocking", "cancelled"}
    assert await found(status="cancelled") == {"cancelled"}
    assert await found(status="booked", delayed=True, assignment="assigned") == {"later", "held"}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("{unassigned}", {"unassigned"}), (" SO #{half} ", {"half"}), ("po-77", {"unassigned"}),
        ("998877", {"half"}), ("2024-118", {"stocking"}),
        ("blue harb", {"unassigned"}), ("q-9000", {"going on"}),
        ("green l", {"going on"}), ("%", set()), ("_", set()), ("600", None), ("6", None),
        ("9" * 200, set()), ("٣٣٣", set()), ("  ", None),
    ],
)  # fmt: skip
async def test_that_orders_are_found_by_what_people_type(
    somebody: Arrive, said: str, names: set[str] | None
) -> None:
    shelf = await shelf_of(somebody)
    found = await shelf.contact.numbers(q=said.format(**shelf.numbers))
    assert shelf.named(found) == (set(shelf.numbers) if names is None else names)


async def test_that_web_order_numbers_are_as_good(somebody: Arrive) -> None:
    fay = await somebody()
    number = await make_order(contact=fay.email)
    web = f"88{number}"
    other = await make_order(contact=fay.email, web_order_number=web)
    assert await fay.numbers(q=web) == [other]
    assert await fay.numbers(q=web[:6]) == [other]
    assert (await fay.get(f"/orders/{web}"))["number"] == other
    assert (await fay.get(f"/orders/SO {other[:3]}-{other[3:]}"))["number"] == other


async def test_that_the_summary_is_what_counting_by_hand_gives(somebody: Arrive) -> None:
    shelf = await shelf_of(somebody)
    listed = (await shelf.contact.get("/orders"))["items"]
    summary = await shelf.contact.get("/orders/summary")
    assert summary["total"] == len(listed) == len(shelf.numbers)
    assert summary["delayed"] == sum(1 for one in listed if one["delays"])
    by_status = Counter(one["status"] for one in listed)
    assert summary["by_status"] == {status: by_status[status] for status in STATUSES}
    by_assignment = Counter(one["assignment_status"] for one in listed)
    assert summary["by_assignment"] == {one: by_assignment[one] for one in AssignmentStatus}
    assert summary["unassigned"] == by_assignment["unassigned"]


async def test_that_nobody_without_orders_gets_an_error(somebody: Arrive) -> None:
    nobody = await somebody()
    assert await nobody.get("/orders") == {"items": [], "next": None}
    summary = await nobody.get("/orders/summary")
    assert (summary["total"], summary["delayed"], summary["unassigned"]) == (0, 0, 0)


async def test_that_a_list_costs_as_many_statements_however_long_it_is(somebody: Arrive) -> None:
    fay = await somebody()
    account = await make_account(fay.domain, (fay.email, "sa_admin"), notices=False)
    await make_order(line_of(account.id), contact=fay.email)
    with counted() as few:
        assert len((await fay.get("/orders"))["items"]) == 1
    for _ in range(12):
        await make_order(line_of(account.id), line_of(), line_of(), contact=fay.email)
    with counted() as many:
        assert len((await fay.get("/orders"))["items"]) == 13
    assert len(many) == len(few) <= 14, "\n\n".join(many)


@pytest.mark.parametrize("path", [
    "/orders", "/orders?delayed=true", "/orders?assignment=assigned", "/orders?q=harbour",
    "/orders?q=600001", "/orders?status=booked", "/orders/summary", "/orders/{number}",
    "/orders/{number}/delays", "/orders/{number}/licenses", "/orders/{other}",
    "/smart-accounts/{domain}/licenses",
    "/smart-accounts/{domain}/licenses?virtual_account=DEFAULT",
])  # fmt: skip
async def test_that_no_call_reads_a_whole_table(somebody: Arrive, path: str) -> None:
    fay = await somebody()
    account = await make_account(fay.domain, (fay.email, "sa_user"))
    number = await make_order(line_of(account.id), contact=fay.email)
    there = path.format(number=number, other=f"{number}9", domain=fay.domain)
    with asked() as statements:
        await fay.http.get(there)
    assert len(statements) > 3
    for told in await plans(statements):
        assert whole_tables(told) == [], told
