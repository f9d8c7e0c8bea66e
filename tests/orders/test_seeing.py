"""By which ways people come to an order, and what they are told where there is none for them."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from backend.core import clock
from backend.core.database import database
from backend.core.identity import Organization, Person
from backend.core.ids import new_id
from backend.orders.models import Order, OrderDelegation, OrderShare
from backend.partners.models import OrderFulfillmentManager
from tests.accounts.world import company, make_account
from tests.orders.conftest import Arrive, Somebody
from tests.orders.making import line_of, make_order


async def stored(*rows: Any) -> None:
    async with database().write() as session:
        session.add_all(rows)


async def ways(who: Somebody, number: str) -> list[str]:
    order = await who.get(f"/orders/{number}")
    assert all(one["text"] for one in order["visible_because"])
    assert number in await who.numbers()
    return [one["way"] for one in order["visible_because"]]


async def sees_nothing_of(who: Somebody, number: str) -> None:
    """The list is as if it were not there, and it is missing in the same words as any other."""
    assert number not in await who.numbers(q=number)
    other = str(int(number) + 40_000_000)
    for path in ("", "/delays", "/licenses"):
        answer = await who.http.get(f"/orders/{number}{path}")
        missing = await who.http.get(f"/orders/{other}{path}")
        assert (answer.status_code, missing.status_code) == (404, 404)
        assert answer.text.replace(number, other) == missing.text


async def test_that_views_by_the_contacts_domain_are_logged(somebody: Arrive) -> None:
    fay = await somebody()
    colleague = await somebody(fay.domain)
    number = await make_order(contact=fay.email)
    for who, expected in ((colleague, 4), (fay, 0)):
        with capture_logs() as logs:
            for path in (
                "/orders",
                *(f"/orders/{number}{at}" for at in ("", "/delays", "/licenses")),
            ):
                await who.get(path)
        views = [one for one in logs if one["event"] == "orders_viewed_by_domain"]
        assert len(views) == expected
        assert all(one["person"] == who.email and one["orders"] == [number] for one in views)


async def test_that_the_contact_and_colleagues_see_it_and_nobody_else(somebody: Arrive) -> None:
    fay = await somebody()
    colleague, stranger = await somebody(fay.domain), await somebody()
    number = await make_order(contact=fay.email)
    assert await ways(fay, number) == ["fulfillment_contact"]
    assert await ways(colleague, number) == ["domain"]
    await sees_nothing_of(stranger, number)


@pytest.mark.parametrize("likeness", [
    "{domain}.evil.example", "sub.{domain}", "x{domain}", "{name}.example.com", "{name}.examples",
    "{name}-x.example",
])  # fmt: skip
async def test_that_a_domain_that_looks_like_the_contacts_is_another(
    somebody: Arrive, likeness: str
) -> None:
    fay = await somebody()
    number = await make_order(contact=fay.email)
    domain = likeness.format(domain=fay.domain, name=fay.domain.removesuffix(".example"))
    await stored(Organization(domain=domain, name=domain, kind="customer"))
    await sees_nothing_of(await somebody(domain), number)


@pytest.mark.parametrize("below", ["", "de."])
async def test_that_sharing_a_mailbox_provider_means_nothing(somebody: Arrive, below: str) -> None:
    provider = await company(public_mailbox=True)
    if below:
        await stored(Organization(domain=below + provider, name="Below", kind="customer"))
    gina, greg = await somebody(below + provider), await somebody(below + provider)
    number = await make_order(contact=gina.email)
    assert await ways(gina, number) == ["fulfillment_contact"]
    await sees_nothing_of(greg, number)


async def test_that_a_new_address_has_to_be_verified_to_count(somebody: Arrive) -> None:
    fay, mallory = await somebody(), await somebody()
    number = await make_order(contact=fay.email)
    async with database().write() as session:
        row = await session.get_one(Person, mallory.email)
        row.email_pending = f"me@{fay.domain}"
        row.other_emails = [f"me@{fay.domain}"]
        row.organization_domain = fay.domain
    await sees_nothing_of(mallory, number)


async def test_that_a_changed_contact_takes_the_old_domain_along(somebody: Arrive) -> None:
    fay, new = await somebody(), await somebody()
    colleague = await somebody(fay.domain)
    number = await make_order(contact=fay.email)
    async with database().write() as session:
        order = await session.get_one(Order, number)
        order.fc_email, order.fc_domain = new.email, new.domain
    await sees_nothing_of(fay, number)
    await sees_nothing_of(colleague, number)
    assert await ways(new, number) == ["fulfillment_contact"]


async def test_that_managers_see_what_their_partner_sold_once_it_is_booked(
    somebody: Arrive,
) -> None:
    olivia, otto = await somebody(kind="partner"), await somebody(kind="partner")
    oscar = await somebody(olivia.domain, kind="partner")
    await stored(*[OrderFulfillmentManager(partner_domain=one.domain, person=one.email)
                   for one in (olivia, otto)])  # fmt: skip
    number = await make_order(partner_domain=olivia.domain, partner_name="Partner")
    assert await ways(olivia, number) == ["order_fulfillment_manager"]
    for other in (otto, oscar):
        await sees_nothing_of(other, number)
    early = await make_order(partner_domain=olivia.domain, number="8" * 9,
                             status="submitted", booked_at=None)  # fmt: skip
    await sees_nothing_of(olivia, early)


async def test_that_a_delegate_sees_it_from_redeeming_until_the_end(somebody: Arrive) -> None:
    fay, del_ = await somebody(), await somebody()
    number, now = await make_order(contact=fay.email), clock.now()
    given = OrderDelegation(
        order_number=number, email=del_.email, token_hash=new_id(), delegator=fay.email,
        expires_at=now + timedelta(days=14),
    )  # fmt: skip
    await stored(given)
    await sees_nothing_of(del_, number)
    async with database().write() as session:
        row = await session.get_one(OrderDelegation, given.id)
        row.delegate, row.redeemed_at = del_.email, now
    assert await ways(del_, number) == ["delegate"]
    async with database().write() as session:
        (await session.get_one(OrderDelegation, given.id)).ended_at = now
    await sees_nothing_of(del_, number)


async def test_that_an_order_is_shared_with_an_address(somebody: Arrive) -> None:
    fay, anna = await somebody(), await somebody()
    number = await make_order(contact=fay.email)
    await stored(OrderShare(order_number=number, email=anna.email, shared_by=fay.email))
    assert await ways(anna, number) == ["shared"]
    await sees_nothing_of(await somebody(anna.domain), number)


async def test_that_whoever_looks_by_a_role_changes_nothing(somebody: Arrive) -> None:
    fay, uma, apo = await somebody(), await somebody(), await somebody()
    account = await make_account(
        uma.domain, (uma.email, "sa_user"), (apo.email, "sa_approver"), notices=False
    )
    number = await make_order(line_of(account.id), contact=fay.email)
    assert await ways(uma, number) == ["account"]
    await sees_nothing_of(apo, number)
    order = await uma.get(f"/orders/{number}")
    assert order["you_may"] == ["explain_order_delay", "follow_order"]
    assert [one["code"] for one in order["delays"]] == ["EULA_NOT_ACCEPTED"]
    assert apo.email in order["delays"][0]["who"]
    assert order["delays"][0]["operation"] is None


async def test_that_a_restricted_account_is_named_to_members_and_the_contact(
    somebody: Arrive,
) -> None:
    fay, uma, anna = await somebody(), await somebody(), await somebody()
    account = await make_account(
        uma.domain, (uma.email, "sa_user"), visibility="restricted", notices=False
    )
    number = await make_order(line_of(account.id), contact=fay.email)
    await stored(OrderShare(order_number=number, email=anna.email, shared_by=fay.email))
    for knows in (fay, uma):
        order = await knows.get(f"/orders/{number}")
        assert order["assignment"]["smart_account"] == account.domain
    answer = await anna.http.get(f"/orders/{number}")
    order = answer.json()
    assert order["assignment_status"] == "assigned"
    assert order["assignment"] == {"smart_account": None, "name": None, "virtual_account": None}
    assert account.domain not in answer.text
    assert account.name not in answer.text


async def test_that_a_wrong_number_brings_the_nearest_of_ones_own(somebody: Arrive) -> None:
    fay = await somebody()
    number = await make_order(contact=fay.email)
    other = await make_order()
    another = number[:-1] + str((int(number[-1]) + 5) % 10)
    for said in (number[:-1], another, f"{number}0"):
        answer = await fay.http.get(f"/orders/{said}")
        assert answer.status_code == 404
        assert f"Did you mean {number}" in answer.json()["hint"], said
        assert other not in answer.text
    assert "Did you mean" not in (await fay.http.get("/orders/12")).json()["hint"]


@pytest.mark.parametrize("said", ["..", "%00", "%25", "a" * 40, "a" * 41, "0", "-1", "summary2"])
async def test_that_odd_numbers_are_no_order(somebody: Arrive, said: str) -> None:
    fay = await somebody()
    answer = await fay.http.get(f"/orders/{said}")
    assert answer.status_code in {404, 422}
    assert answer.json()["hint"]
