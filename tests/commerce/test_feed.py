"""What Commerce tells of an order, rule by rule."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from assistant.tools import is_tool
from backend.core.client import licensing_api
from backend.core.database import database
from backend.core.identity import Organization
from backend.core.settings import settings
from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.commerce.messages import BOOKED, LATER, TOKEN, applied, line, send, state_of, told
from tests.conftest import SignedIn, client_of
from tests.orders.shop import assign, fresh_number, licenses_of, lines_of, order_of, told_of


async def test_that_a_new_order_is_there_at_once(
    commerce: httpx.AsyncClient, company: Company
) -> None:
    number = fresh_number()
    message = told(contact=company.email("nora"), web_order_number=f"9{number}", country="no")
    assert await applied(commerce, number, message)
    seen = (await (await company.client("nora")).get(f"/orders/{number}")).json()
    assert (seen["status"], seen["country"]) == ("booked", "NO")
    assert [one["code"] for one in seen["delays"]] == ["SA_MISSING"]
    (event,) = await told_of(number)
    assert (event.type, event.via, event.actor) == ("order_received", "feed", "commerce")
    order = await order_of(number)
    assert (order.unassigned_lines, order.is_held) == (1, True)


async def test_that_the_newest_version_holds(commerce: httpx.AsyncClient) -> None:
    number = fresh_number()
    assert await applied(commerce, number, told(3, line(quantity=3), end_customer="Three"))
    for late in (1, 2, 3):
        answer = await send(commerce, number, told(late, end_customer="Old"))
        assert answer.json() == {"order_number": number, "version": 3, "applied": False}
    assert (await order_of(number)).end_customer == "Three"
    assert await applied(commerce, number, told(5, line(quantity=9), status="closed"))
    order, (only,) = await order_of(number), await lines_of(number)
    assert (order.version, order.status, order.end_customer) == (5, "closed", "")
    assert order.closed_at is not None
    assert only.quantity == 9
    assert [one.type for one in await told_of(number)] == ["order_received", "order_changed"]


async def test_that_ten_at_once_leave_the_newest(commerce: httpx.AsyncClient) -> None:
    number = fresh_number()
    messages = [told(version, line(quantity=version)) for version in range(1, 11)]
    answers = await asyncio.gather(*(send(commerce, number, one) for one in messages * 2))
    assert {one.status_code for one in answers} == {200}, answers[0].text
    (only,) = await lines_of(number)
    assert (only.quantity, (await order_of(number)).version) == (10, 10)


async def test_that_an_assignment_made_here_is_never_overwritten(
    commerce: httpx.AsyncClient, company: Company, found: Found
) -> None:
    number, other = fresh_number(), await found()
    contact = company.email("nora")
    in_commerce = {"smart_account": other.domain, "virtual_account": "emea"}
    await applied(commerce, number, told(1, line(1), line(2, **in_commerce), contact=contact))
    first, second = await lines_of(number)
    assert first.smart_account_id is None
    assert (second.smart_account_id, second.virtual_account_id, second.assigned_by) == (
        other.id, other.places["EMEA"], None,
    )  # fmt: skip
    answer = await assign(await company.client("nora"), number, company, "Oslo", lines=[1])
    assert answer.status_code == 200, answer.text
    lines = [line(1, **in_commerce), line(2)]
    await applied(commerce, number, told(2, *lines, contact=contact))
    first, second = await lines_of(number)
    assert (first.virtual_account_id, first.assigned_by) == (company.places["Oslo"], contact)
    assert second.smart_account_id is None, "what Commerce said, Commerce takes back"


async def test_that_licences_arrive_once_and_follow_their_line(
    commerce: httpx.AsyncClient, company: Company
) -> None:
    number, contact = fresh_number(), company.email("nora")
    await applied(commerce, number, told(1, line(1), line(2), contact=contact))
    await assign(await company.client("nora"), number, company)
    assert await licenses_of(number) == []
    done = {"provisioning": "completed", "delivered_at": LATER}
    for version in (2, 2, 3):
        await send(commerce, number, told(version, line(1, **done), line(2), contact=contact))
    (one,) = await licenses_of(number)
    assert (one.line, one.quantity, one.virtual_account_id) == (1, 5, company.places["DEFAULT"])
    assert len(await told_of(number, "licenses_arrived")) == 1
    changed = line(1, **done | {"quantity": 7})
    await applied(commerce, number, told(4, changed, line(2, **done), contact=contact))
    first, _ = await licenses_of(number)
    assert (first.id, first.quantity) == (one.id, 7)
    await applied(commerce, number, told(5, line(1), line(2, **done), contact=contact))
    assert [row.line for row in await licenses_of(number)] == [2], "Commerce took it back"


async def test_that_licences_without_a_virtual_account_go_into_the_default_one(
    commerce: httpx.AsyncClient, company: Company
) -> None:
    number = fresh_number()
    done = line(smart_account=company.domain, provisioning="completed")
    await applied(commerce, number, told(1, done))
    (one,) = await licenses_of(number)
    assert one.virtual_account_id == company.places["DEFAULT"]
    moved = line(smart_account=company.domain, virtual_account="APAC", provisioning="completed")
    await applied(commerce, number, told(2, moved))
    (one,) = await licenses_of(number)
    assert one.virtual_account_id == company.places["APAC"]


async def test_that_a_line_that_vanishes_goes_and_comes_back_with_what_was_decided(
    commerce: httpx.AsyncClient, company: Company
) -> None:
    number, contact = fresh_number(), company.email("nora")
    await applied(commerce, number, told(1, line(1), line(2), contact=contact))
    await assign(await company.client("nora"), number, company, "Oslo")
    await applied(commerce, number, told(2, line(1), contact=contact))
    assert [one.number for one in await lines_of(number)] == [1]
    assert "without line 2" in (await told_of(number, "order_changed"))[0].text
    await applied(commerce, number, told(3, line(1), line(2), line(3), contact=contact))
    assert [one.virtual_account_id for one in await lines_of(number)] == [
        company.places["Oslo"], company.places["Oslo"], None,
    ]  # fmt: skip
    assert (await state_of(number))["DroppedLine"] == []


async def test_that_a_provisioning_contact_named_here_stays(
    commerce: httpx.AsyncClient, company: Company
) -> None:
    number, contact = fresh_number(), company.email("nora")
    plan = {"kind": "subscription", "provisioning_contact": "left@elsewhere.example"}
    await applied(commerce, number, told(1, line(**plan), contact=contact))
    answer = await (await company.client("nora")).put(
        f"/orders/{number}/provisioning-contact", json={"email": company.email("una")}
    )
    assert answer.status_code == 200, answer.text
    await applied(commerce, number, told(2, line(**plan), contact=contact))
    (only,) = await lines_of(number)
    assert only.provisioning_contact == company.email("una")
    assert only.set_up_mail_at is not None
    assert only.provisioning == "awaiting_provisioning_details"


async def test_that_another_contact_ends_what_the_former_gave(
    commerce: httpx.AsyncClient, company: Company, found: Found
) -> None:
    number, other = fresh_number(), await found()
    await applied(commerce, number, told(1, contact=company.email("nora")))
    nora, guest = await company.client("nora"), await other.client("ada")
    given = await nora.post(f"/orders/{number}/delegations", json={"email": other.email("ada")})
    token = given.json()["link"].partition("=")[2]
    assert (await guest.post("/order-delegations/redeem", json={"token": token})).is_success
    await nora.post(f"/orders/{number}/shares", json={"emails": [other.email("ben")]})
    ben = await other.client("ben")
    assert (await ben.get(f"/orders/{number}")).status_code == 200
    await applied(commerce, number, told(2, contact=company.email("nils")))
    assert (await guest.get(f"/orders/{number}")).status_code == 404, "the delegator is not it"
    assert (await ben.get(f"/orders/{number}")).status_code == 200, "nora may still assign it"
    (mail,) = await mails_to(other.email("ada"), "order_delegation_over")
    assert "somebody else is its Fulfillment Contact" in mail.text
    await applied(commerce, number, told(3, contact="somebody@elsewhere.example"))
    assert (await ben.get(f"/orders/{number}")).status_code == 404
    assert (await nora.get(f"/orders/{number}")).status_code == 404
    await applied(commerce, number, told(4, contact=company.email("nora")))
    for who in (guest, ben):
        assert (await who.get(f"/orders/{number}")).status_code == 404, "what ended stays ended"
    late = await guest.post("/order-delegations/redeem", json={"token": token})
    assert late.status_code == 409


async def test_that_a_late_message_ends_what_it_should_have_ended(
    commerce: httpx.AsyncClient, company: Company, found: Found
) -> None:
    number, other = fresh_number(), await found()
    contact = company.email("nora")
    await applied(commerce, number, told(1, contact=contact))
    nora, ben = await company.client("nora"), await other.client("ben")
    await nora.post(f"/orders/{number}/shares", json={"emails": [other.email("ben")]})
    await applied(commerce, number, told(3, contact=contact))
    assert (await ben.get(f"/orders/{number}")).status_code == 200
    assert not await applied(commerce, number, told(2, contact="x@elsewhere.example"))
    assert (await ben.get(f"/orders/{number}")).status_code == 404
    await nora.post(f"/orders/{number}/shares", json={"emails": [other.email("ben")]})
    assert not await applied(commerce, number, told(2, contact="x@elsewhere.example"))
    assert (await ben.get(f"/orders/{number}")).status_code == 200, "given again since"


async def test_that_a_manager_keeps_what_he_shared(
    commerce: httpx.AsyncClient, person: SignedIn, found: Found
) -> None:
    number, other = fresh_number(), await found()
    partner = {"domain": "fabrikam.example", "name": "Fabrikam Partners"}
    await applied(commerce, number, told(1, contact="a@elsewhere.example", partner=partner))
    olivia, ben = await person("olivia@fabrikam.example"), await other.client("ben")
    shared = await olivia.post(f"/orders/{number}/shares", json={"emails": [other.email("ben")]})
    assert shared.status_code == 201, shared.text
    await applied(commerce, number, told(2, contact="b@other.example", partner=partner))
    assert (await ben.get(f"/orders/{number}")).status_code == 200
    lucerne = {"domain": "lucerne.example"}
    await applied(commerce, number, told(3, contact="b@other.example", partner=lucerne))
    assert (await ben.get(f"/orders/{number}")).status_code == 404


async def test_that_followers_hear(commerce: httpx.AsyncClient, company: Company) -> None:
    number, contact = fresh_number(), company.email("nora")
    await applied(commerce, number, told(1, contact=contact))
    assert (await (await company.client("nora")).post(f"/orders/{number}/follow")).is_success
    await applied(commerce, number, told(2, contact=contact, holds={"credit": LATER}))
    await applied(commerce, number, told(3, contact=contact, holds={"credit": LATER}))
    (event,) = await told_of(number, "order_news")
    assert event.details["news"] == ["CREDIT_HOLD"]


async def test_that_an_unknown_partner_is_put_on_file(commerce: httpx.AsyncClient) -> None:
    number = fresh_number()
    domain = f"p{number}.example"
    await applied(commerce, number, told(partner={"domain": domain, "name": "New Partner"}))
    async with database().read() as session:
        organization = await session.get_one(Organization, domain)
    assert (organization.kind, organization.public_mailbox) == ("partner", False)
    assert (await order_of(number)).partner_name == "New Partner"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a negative quantity": (told(1, line(quantity=-1)), "lines.0.quantity"),
    "nothing of it": (told(1, line(quantity=0)), "lines.0.quantity"),
    "more than there can be": (told(1, line(quantity=2**40)), "lines.0.quantity"),
    "an unknown status": (told(1, status="lost"), "status"),
    "an unknown state of a line": (told(1, line(provisioning="lost")), "lines.0.provisioning"),
    "a line twice": (told(1, line(1), line(2), line(1)), "lines"),
    "no line": (told(1) | {"lines": []}, "lines"),
    "too many lines": (told(1, *(line(n) for n in range(1, 502))), "lines"),
    "no version": (told(0), "version"),
    "a contact without an address": (told(1, contact="nobody"), "fulfillment_contact.email"),
    "a partner that is none": (told(1, partner={"domain": "x"}), "partner.domain"),
    "a moment without a zone": (told(1, placed_at="2026-09-01T10:00:00"), "placed_at"),
    "a moment out of reach": (told(1, placed_at="0001-01-01T00:00:00+05:00"), "placed_at"),
    "a field that there is not": (told(1, colour="red"), "colour"),
    "a delivery that is none": (told(1, line(delivered_at=BOOKED)), "lines.0"),
    "booked but only submitted": (told(1, status="submitted"), "body"),
    "an account that there is not": (
        told(1, line(1), line(2, smart_account="nobody.example")), "lines.1.smart_account",
    ),
    "a virtual account that there is not": (
        told(1, line(smart_account="northwind.example", virtual_account="Nowhere")),
        "lines.0.virtual_account",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("message", "field"), WRONG.values(), ids=WRONG)
async def test_that_a_wrong_message_is_refused_by_field(
    commerce: httpx.AsyncClient, message: dict[str, Any], field: str
) -> None:
    number = fresh_number()
    answer = await send(commerce, number, message)
    assert answer.status_code == 422, answer.text
    assert field in {one["field"] for one in answer.json()["errors"]}, answer.text
    assert (await send(commerce, number, told())).json()["applied"] is True


async def test_that_two_orders_never_have_one_web_order_number(
    commerce: httpx.AsyncClient,
) -> None:
    number, other = fresh_number(), fresh_number()
    await applied(commerce, number, told(web_order_number=f"5{number}"))
    answer = await send(commerce, other, told(web_order_number=f"5{number}"))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["web_order_number"]
    assert await applied(commerce, number, told(2, web_order_number=f"5{number}"))


@pytest.mark.parametrize("number", ["123", "x4100001", "4" * 21, "4100 001"])
async def test_that_a_wrong_number_is_refused(commerce: httpx.AsyncClient, number: str) -> None:
    assert (await send(commerce, number, told())).status_code == 422


async def test_that_500_lines_are_taken_and_5_megabytes_are_not(
    commerce: httpx.AsyncClient,
) -> None:
    number = fresh_number()
    assert await applied(commerce, number, told(1, *(line(n) for n in range(1, 501))))
    assert len(await lines_of(number)) == 500
    large = b'{"version": 2, "end_customer": "' + b"x" * 5 * 1024 * 1024 + b'"}'
    path = f"/commerce/orders/{number}"
    announced = await commerce.put(path, content=large)
    assert announced.status_code == 413
    assert announced.headers["content-type"] == "application/problem+json"

    async def pieces() -> Any:
        for at in range(0, len(large), 65536):
            yield large[at : at + 65536]

    assert (await commerce.put(path, content=pieces())).status_code == 413
    assert (await order_of(number)).version == 1


async def test_that_nobody_but_commerce_is_let_in(
    app: FastAPI, commerce: httpx.AsyncClient, person: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = fresh_number()
    path = f"/commerce/orders/{number}"
    nadia = await person("nadia@northwind.example")
    assert (await nadia.put(path, json=told())).status_code == 401
    wrong = {"": "", "x": "Bearer x", "basic": f"Basic {TOKEN}", "more": f"Bearer {TOKEN}x",
             "odd": "Bearer \xe9"}  # fmt: skip
    async with client_of(app) as stranger:
        for shown in wrong.values():
            headers = [(b"Authorization", shown.encode("latin-1"))] if shown else []
            url = f"http://product.test/api/v1{path}"
            answer = await stranger.put(url, json=told(), headers=headers)
            assert answer.status_code == 401, shown
            assert answer.headers["www-authenticate"] == "Bearer"
    assert await applied(commerce, number, told())
    assert (await commerce.get("/me")).status_code == 401, "nor is it good for anything else"
    for nothing in (None, SecretStr("")):
        monkeypatch.setattr(settings(), "commerce_token", nothing)
        for headers in ({"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
            answer = await commerce.put(path, json=told(2), headers=headers)
            assert answer.status_code == 401


async def test_that_it_is_no_tool_of_anybody(app: FastAPI) -> None:
    assert not is_tool(licensing_api().operations["put_commerce_order"])


async def test_that_orders_with_the_same_accounts_crosswise_do_not_wait_for_each_other(
    commerce: httpx.AsyncClient, company: Company, found: Found
) -> None:
    other = await found()
    there = [company.domain, other.domain]
    pairs = [(fresh_number(), way) for _ in range(8) for way in (there, there[::-1])]
    answers = await asyncio.gather(
        *(
            send(commerce, number, told(1, *(
                line(at, provisioning="completed", smart_account=domain)
                for at, domain in enumerate(way, 1)
            ), contact=company.email("nora")))
            for number, way in pairs
        )
    )  # fmt: skip
    assert {one.status_code for one in answers} <= {200, 201}
    for number, _ in pairs:
        assert len(await licenses_of(number)) == 2


async def test_that_undoing_brings_back_what_commerce_says_by_then(
    commerce: httpx.AsyncClient, company: Company, found: Found
) -> None:
    number, other = fresh_number(), await found()
    contact, nora = company.email("nora"), await company.client("nora")
    there = {"smart_account": other.domain}
    await applied(commerce, number, told(1, line(1, **there), contact=contact))
    assert (await assign(nora, number, company, "Oslo")).status_code == 200
    there["virtual_account"] = "EMEA"
    await applied(commerce, number, told(2, line(1, **there), contact=contact))
    assert (await lines_of(number))[0].smart_account_id == company.id
    undone = await nora.delete(f"/orders/{number}/assignment")
    assert undone.status_code == 200, undone.text
    assert "EMEA again, as Commerce has it" in str(undone.json()["receipt"])
    before = await state_of(number)
    await applied(commerce, number, told(3, line(1, **there), contact=contact))
    after = await state_of(number)
    before["order"]["version"] = 3
    assert after == before, "the next message changes nothing"
