"""Assigning after the sale: each rule by name, who may, what changes, what is said."""

from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import database
from backend.core.identity import Person
from backend.orders.delivery import deliver
from backend.orders.models import Order, OrderDelegation, OrderLine, OrderShare
from backend.partners.models import OrderFulfillmentManager
from tests.access.company import Company
from tests.access.conftest import Found, events_of, mails_to
from tests.conftest import SignedIn
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

# --- The rules of assigning -------------------------------------------------------------------


async def test_that_an_order_is_assigned_whole_to_the_default(company: Company) -> None:
    number = await sold(company)
    answer = await assign(await company.client("nora"), number, company)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["receipt"]["title"] == "Order assigned"
    assert body["assignment"]["smart_account"] == company.domain
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]
    order = await order_of(number)
    assert (order.unassigned_lines, order.is_held) == (0, False)
    assert {line.assigned_by for line in await lines_of(number)} == {company.email("nora")}


async def test_that_an_assignment_is_in_the_history_of_the_account(company: Company) -> None:
    number = await sold(company)
    await assign(await company.client("nora"), number, company, "Americas")
    (event,) = await events_of(company, "order_assigned")
    assert event.subject == f"order {number}"
    assert (event.actor, event.via, event.on_behalf_of) == (company.email("nora"), "rest", None)
    assert event.text.startswith(f"Order {number} assigned to {company.name} ({company.domain})")
    assert event.details == {"order": number, "lines": [1, 2], "terms": 1}
    history = await company.below("ada", "GET", "/events?type=order_assigned")
    assert [one["subject"] for one in history.json()["items"]] == [f"order {number}"]
    places = await company.below("vito", "GET", "/events?type=order_assigned")
    assert len(places.json()["items"]) == 1


async def test_that_lines_are_assigned_one_by_one(company: Company, found: Found) -> None:
    number, other = await sold(company), await found()
    nora = await company.client("nora")
    assert (await assign(nora, number, company, "Oslo", lines=[2])).status_code == 200
    assert await stands(number, company) == [None, "Oslo"]
    assert (await order_of(number)).unassigned_lines == 1
    assert (await assign(nora, number, other, lines=[1, 1])).status_code == 200
    assert await stands(number, company) == [None, "Oslo"]
    assert await stands(number, other) == ["DEFAULT", None]


async def test_that_either_number_and_dashes_do(company: Company) -> None:
    number = await sold(company)
    web = (await order_of(number)).web_order_number
    answer = await assign(await company.client("nora"), f"WO {web}", company)
    assert answer.status_code == 200
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


NOT_ASSIGNABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "stocking"}, "stocking order", "partner sells"),
    ({"type": "ea"}, "Enterprise Agreement", "EA Workspace"),
    ({"contact": None}, "no Fulfillment Contact", "partner add the Fulfillment Contact"),
    ({"status": "cancelled"}, "was cancelled", "replaced"),
    ({"status": "closed"}, "closed in Commerce", "case"),
    ({"status": "submitted", "booked_at": None}, "not booked yet", "once it is booked"),
]


@pytest.mark.parametrize(
    ("fields", "why", "hint"), NOT_ASSIGNABLE,
    ids=["stocking", "ea", "no contact", "cancelled", "closed", "not booked"],
)  # fmt: skip
async def test_that_an_order_as_it_stands_is_refused_with_the_rule(
    company: Company, fields: dict[str, Any], why: str, hint: str
) -> None:
    if fields.get("status") == "cancelled":
        fields = fields | {"cancelled_at": clock.now()}
    number = await sold(company, **fields)
    if "contact" in fields:
        # Without a contact only the partner's manager and those it is shared with see it.
        async with database().write() as session:
            session.add(OrderShare(order_number=number, email=company.email("nora"),
                                   shared_by=company.email("ada")))  # fmt: skip
    answer = await assign(await company.client("nora"), number, company)
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"] == "/problems/order-not-assignable"
    assert why in answer.json()["detail"]
    assert hint in answer.json()["hint"]
    assert await stands(number, company) == [None, None]


async def test_that_a_product_without_smart_licensing_is_refused(company: Company) -> None:
    number = await sold(company, {"smart_enabled": False, "product": "Classic"}, {})
    nora = await company.client("nora")
    answer = await assign(nora, number, company, lines=[1])
    assert answer.status_code == 409
    assert "line 1 (Classic)" in answer.json()["detail"]
    assert "License Registration Portal" in answer.json()["hint"]
    assert (await assign(nora, number, company)).status_code == 200
    assert await stands(number, company) == [None, "DEFAULT"]
    only = await sold(company, {"smart_enabled": False})
    assert (await assign(nora, only, company)).status_code == 409


async def test_that_the_terms_are_accepted_or_nothing_happens(company: Company) -> None:
    number = await sold(company)
    nora = await company.client("nora")
    for body in ({}, {"accept_terms": False}):
        told = {"smart_account": company.domain} | body
        answer = await nora.post(f"/orders/{number}/assignment", json=told)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "accept_terms"
        assert "accepts the terms" in answer.json()["detail"]
        many = await nora.post("/orders/assignments", json=told | {"orders": [number]})
        assert many.status_code == 422
    assert await stands(number, company) == [None, None]


# --- Where it goes ----------------------------------------------------------------------------


async def test_that_a_pending_account_takes_nothing(company: Company, found: Found) -> None:
    number, pending = await sold(company), await found(status="pending")
    answer = await assign(await company.client("nora"), number, pending)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/account-not-active"


async def test_that_an_open_notice_is_said_with_who_can_accept_it(
    company: Company, found: Found
) -> None:
    number, unsigned = await sold(company), await found(smart_licensing_notice=0)
    answer = await assign(await company.client("nora"), number, unsigned)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/notice-open"
    assert unsigned.email("ada") in answer.json()["detail"]


async def test_that_an_unknown_account_is_a_wrong_field(company: Company) -> None:
    nora, number = await company.client("nora"), await sold(company)
    for domain in ("nobody.example", f"x.{company.domain}", f"{company.domain}.evil.example"):
        answer = await assign(nora, number, company, smart_account=domain)
        assert answer.status_code == 422, domain
        assert answer.json()["errors"][0]["field"] == "smart_account"


async def test_that_a_restricted_account_is_found_by_its_exact_domain(
    company: Company, found: Found
) -> None:
    number, hidden = await sold(company), await found(visibility="restricted")
    nora = await company.client("nora")
    answer = await assign(nora, number, hidden, "Osla")
    assert answer.status_code == 422
    assert "Oslo" not in answer.text
    assert (await assign(nora, number, hidden)).status_code == 200


@pytest.mark.parametrize("place", ["EMEA / Oslo", "EMEA/oslo", "oslo", "APAC", "APAC / Tokyo"])
async def test_that_a_virtual_account_is_named_or_its_path_is(company: Company, place: str) -> None:
    number = await sold(company)
    answer = await assign(await company.client("nora"), number, company, place)
    assert answer.status_code == 200, answer.text
    name = place.rsplit("/")[-1].strip().title() if "/" in place or place == "oslo" else place
    assert await stands(number, company) == [name, name]


@pytest.mark.parametrize(
    ("place", "near"),
    [("Oslu", "Oslo"), ("Americs", "Americas"), ("APA", None), ("EMEA / Tokyo", "Tokyo")],
)
async def test_that_an_unknown_virtual_account_names_those_near_it(
    company: Company, place: str, near: str | None
) -> None:
    number = await sold(company)
    answer = await assign(await company.client("nora"), number, company, place)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "virtual_account"
    assert ("Did you mean" in error["message"]) is (near is not None)
    assert near is None or f"Did you mean {near}" in error["message"]
    assert "APAC" not in error["message"].replace(place, "")


async def test_that_a_virtual_account_of_another_account_is_none_here(
    company: Company, found: Found
) -> None:
    number, other = await sold(company), await found()
    answer = await assign(await company.client("nora"), number, company, other.places["Oslo"])
    assert answer.status_code == 422


async def test_that_somebody_from_outside_hears_no_name_they_did_not_say(
    company: Company, found: Found
) -> None:
    number, other = await sold(company), await found(visibility="restricted")
    answer = await assign(await company.client("nora"), number, other, dry_run=True)
    assert answer.status_code == 200
    receipt = answer.json()["receipt"]
    assert {"label": "Virtual account", "value": "its default virtual account"} in receipt["lines"]
    assert "DEFAULT" not in str(receipt)


async def test_that_a_holding_account_is_for_its_partners_people(
    company: Company, found: Found
) -> None:
    holding = await found(type="holding", smart_licensing_notice=0)
    number = await sold(company)
    refused = await assign(await company.client("nora"), number, holding)
    assert refused.status_code == 403
    assert "holding account" in refused.json()["detail"]
    async with database().write() as session:
        session.add(OrderShare(order_number=number, email=holding.email("nora"),
                               shared_by=company.email("nora")))  # fmt: skip
    assert (await assign(await holding.client("nora"), number, holding)).status_code == 200
    # … and whoever may assign moves it on to the customer.
    assert (await assign(await company.client("nora"), number, company)).status_code == 200
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


# --- Who may ----------------------------------------------------------------------------------


async def test_that_an_order_one_may_not_see_is_none(company: Company, found: Found) -> None:
    number, stranger = await sold(company), await (await found()).client("ada")
    hidden = await assign(stranger, number, company)
    none = await assign(stranger, "999", company)
    assert (hidden.status_code, none.status_code) == (404, 404)
    assert hidden.json()["detail"].replace(number, "…") == none.json()["detail"].replace("999", "…")


async def test_that_whoever_only_sees_it_on_an_account_may_not(
    company: Company, found: Found
) -> None:
    other = await found()
    number = await sold(company, on(other), on(other))
    ada = await other.client("ada")
    answer = await assign(ada, number, other, "Oslo")
    assert answer.status_code == 403
    assert "Fulfillment Contact" in answer.json()["hint"]
    assert (await ada.delete(f"/orders/{number}/assignment")).status_code == 403
    assert await stands(number, other) == ["DEFAULT", "DEFAULT"]


async def test_that_colleagues_managers_and_whom_it_is_shared_with_may(
    company: Company, person: SignedIn
) -> None:
    partner = await company.newcomer(f"p{fresh_number()}.example", kind="partner")
    shared = await company.newcomer(f"s{fresh_number()}.example")
    domain = partner.rsplit("@", 1)[-1]
    for who in (company.email("vic"), partner, shared):
        number = await sold(company, partner_domain=domain)
        async with database().write() as session:
            if await session.get(OrderFulfillmentManager, (domain, partner)) is None:
                session.add(OrderFulfillmentManager(partner_domain=domain, person=partner))
            session.add(OrderShare(order_number=number, email=shared,
                                   shared_by=company.email("nora")))  # fmt: skip
        answer = await assign(await person(who), number, company)
        assert answer.status_code == 200, (who, answer.text)


async def test_that_a_delegate_assigns_in_place_of_the_contact_who_hears_of_it(
    company: Company, person: SignedIn
) -> None:
    number, delegate = await sold(company), await company.newcomer("elsewhere.example")
    await delegated(number, company.email("nora"), delegate)
    assert (await assign(await person(delegate), number, company)).status_code == 200
    (event,) = await told_of(number, "order_assigned")
    assert (event.actor, event.on_behalf_of) == (delegate, company.email("nora"))
    (mail,) = await mails_to(company.email("nora"), "order_assigned")
    assert mail.subject == f"Order {number} was assigned in your place"
    assert delegate in mail.text


async def delegated(number: str, contact: str, delegate: str) -> None:
    async with database().write() as session:
        now = clock.now()
        session.add(
            OrderDelegation(
                order_number=number, email=delegate, token_hash=fresh_number(), delegator=contact,
                expires_at=now + timedelta(days=14), delegate=delegate, redeemed_at=now,
            )
        )  # fmt: skip


# --- Again, and back --------------------------------------------------------------------------


async def test_that_the_same_again_changes_nothing(company: Company) -> None:
    number, nora = await sold(company), await company.client("nora")
    await assign(nora, number, company)
    again = await assign(nora, number, company)
    assert again.status_code == 200
    assert again.json()["receipt"]["title"] == "Assigned there already"
    assert len(await told_of(number)) == 1


async def test_that_it_goes_elsewhere_while_nothing_is_delivered(
    company: Company, found: Found
) -> None:
    number, other, nora = await sold(company), await found(), await company.client("nora")
    await assign(nora, number, company)
    assert (await assign(nora, number, other, "Oslo")).status_code == 200
    assert await stands(number, other) == ["Oslo", "Oslo"]
    (lost,) = await events_of(company, "order_unassigned")
    assert "another Smart Account" in lost.text
    assert other.domain not in lost.text


async def test_that_delivered_licences_stay_in_their_account(
    company: Company, found: Found
) -> None:
    other, nora = await found(), await company.client("nora")
    number = await sold(company, on(company), on(company))
    await delivered(number, 1)
    for lines in (None, [1], [2]):
        answer = await assign(nora, number, other, lines=lines)
        assert answer.status_code == 409, lines
        assert answer.json()["type"] == "/problems/licenses-delivered"
        assert "case" in answer.json()["hint"]
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]


async def test_that_what_stood_nowhere_is_still_assigned_beside_what_is_delivered(
    company: Company, found: Found
) -> None:
    number, other = await sold(company, on(company), {}), await found()
    await delivered(number, 1)
    answer = await assign(await company.client("nora"), number, other)
    assert answer.status_code == 200, answer.text
    assert await stands(number, other) == [None, "DEFAULT"]


@pytest.mark.parametrize("status", ["provisioned", "closed"])
async def test_that_delivered_licences_move_between_virtual_accounts(
    company: Company, status: str
) -> None:
    number = await sold(company, on(company, "Oslo"), on(company, "Oslo"))
    await delivered(number, 1, 2, status=status)
    refused = await assign(await company.client("nora"), number, company, "Americas")
    assert refused.status_code == 403
    assert "SA User" in refused.json()["detail"]
    for who, code in (("vik", 403), ("viola", 403), ("vera", 403), ("vito", 200)):
        answer = await assign(await company.client(who), number, company, "Americas")
        assert answer.status_code == code, (who, answer.text)
    assert answer.json()["receipt"]["title"] == "Licences moved"
    assert await stands(number, company) == ["Americas", "Americas"]
    assert {one.virtual_account_id for one in await licenses_of(number)} == {
        company.places["Americas"]
    }
    (event,) = await told_of(number, "licenses_moved")
    assert event.actor == company.email("vito")


async def delivered(number: str, *lines: int, status: str = "in_fulfilment") -> None:
    async with database().write() as session:
        order = await session.get_one(Order, number)
        for at in lines:
            assert await deliver(session, order, await session.get_one(OrderLine, (number, at)))
        order.status = status
        session.add(order)


async def test_that_an_assignment_is_undone(company: Company) -> None:
    number, nora = await sold(company), await company.client("nora")
    await assign(nora, number, company, "Oslo")
    answer = await nora.delete(f"/orders/{number}/assignment")
    assert answer.status_code == 200, answer.text
    assert answer.json()["receipt"]["title"] == "Assignment undone"
    assert await stands(number, company) == [None, None]
    order = await order_of(number)
    assert (order.unassigned_lines, order.is_held) == (2, True)
    (event,) = await events_of(company, "order_unassigned")
    assert event.subject == f"order {number}"
    again = await nora.delete(f"/orders/{number}/assignment")
    assert again.status_code == 409


async def test_that_what_commerce_assigned_or_delivered_stays(company: Company) -> None:
    nora = await company.client("nora")
    commerce = await sold(company, on(company, assigned_by=None))
    answer = await nora.delete(f"/orders/{commerce}/assignment")
    assert answer.status_code == 409
    assert "Commerce" in answer.json()["detail"]
    arrived = await sold(company, on(company), on(company))
    await delivered(arrived, 1)
    answer = await nora.delete(f"/orders/{arrived}/assignment")
    assert answer.status_code == 409
    assert "delivered" in answer.json()["detail"]
    assert await stands(arrived, company) == ["DEFAULT", "DEFAULT"]


async def test_that_assigning_releases_the_hold(company: Company) -> None:
    later = clock.now() + timedelta(days=9)
    number = await sold(
        company, {"provisioning": "on_hold"}, {"provisioning": "on_hold", "requested_start": later}
    )
    nora = await company.client("nora")
    await assign(nora, number, company)
    assert [one.provisioning for one in await lines_of(number)] == ["in_progress", "scheduled"]
    await nora.delete(f"/orders/{number}/assignment")
    assert [one.provisioning for one in await lines_of(number)] == ["on_hold", "on_hold"]


# --- Dry runs and wrong lines -----------------------------------------------------------------


async def test_that_a_dry_run_changes_nothing(company: Company) -> None:
    number, nora = await sold(company), await company.client("nora")
    before = (await order_of(number)).updated_at
    answer = await assign(nora, number, company, "Oslo", dry_run=True)
    assert answer.status_code == 200
    assert answer.json()["receipt"]["title"] == "Order assigned"
    assert await stands(number, company) == [None, None]
    assert (await order_of(number)).updated_at == before
    assert await told_of(number) == []


@pytest.mark.parametrize("lines", [[3], [1, 7], [0], [], [-1]])
async def test_that_a_line_that_there_is_not_is_a_wrong_field(
    company: Company, lines: list[int]
) -> None:
    number = await sold(company)
    answer = await assign(await company.client("nora"), number, company, lines=lines)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("lines")
    assert await stands(number, company) == [None, None]


async def test_that_a_person_whose_address_changed_keeps_nothing_of_the_old_one(
    company: Company, person: SignedIn
) -> None:
    """Rules look at the verified address, whatever somebody signed in with first."""
    who = await company.newcomer()
    number = await sold(company, contact=who)
    client = await person(who)
    async with database().write() as session:
        row = await session.get_one(Person, who)
        row.email = f"new-{row.email.split('@')[0]}@elsewhere-{fresh_number()}.example"
        session.add(row)
    assert (await assign(client, number, company)).status_code == 404
