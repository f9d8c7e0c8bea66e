"""The Fulfillment Contact lets somebody else assign one order, by a link that only they can use."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel

from backend.core.database import database
from backend.orders.expiring import end_order_delegations
from backend.orders.models import OrderDelegation
from tests.access.company import Company
from tests.access.conftest import Found, mails_to
from tests.conftest import SignedIn
from tests.orders.shop import assign, fresh_number, on, sold, stands, told_of

Ahead = Callable[..., None]


async def delegated(company: Company, number: str, email: str, **body: Any) -> dict[str, Any]:
    answer = await (await company.client("nora")).post(
        f"/orders/{number}/delegations", json={"email": email} | body
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def token_in(text: str) -> str:
    found = re.search(r"#order_delegation=(\S+)", text)
    assert found
    return found[1]


async def redeem(who: httpx.AsyncClient, token: str) -> httpx.Response:
    return await who.post("/order-delegations/redeem", json={"token": token})


async def outsider(found: Found) -> tuple[httpx.AsyncClient, str]:
    """Somebody of another company, who sees nothing of the order."""
    other = await found()
    email = await other.newcomer()
    return await other.client(email), email


async def statuses(company: Company, number: str) -> list[str]:
    listed = await (await company.client("nora")).get(f"/orders/{number}/delegations")
    return [one["status"] for one in listed.json()["items"]]


async def test_that_a_delegate_redeems_and_assigns_and_the_contact_hears_of_both(
    company: Company, found: Found
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    answer = await delegated(company, number, email, message="Please until Friday.")
    assert (answer["status"], answer["email"]) == ("sent", email)
    assert (await delegate.get(f"/orders/{number}")).status_code == 404
    (mail,) = await mails_to(email, "order_delegated")
    assert "Please until Friday." in mail.text
    token = token_in(mail.text)
    assert answer["link"].endswith(token)
    opened = await redeem(delegate, token)
    assert opened.status_code == 200, opened.text
    assert opened.json()["number"] == number
    assert [one["way"] for one in opened.json()["visible_because"]] == ["delegate"]
    assert {"assign_order"} <= {*opened.json()["you_may"]}
    assert not {"share_order", "delegate_order"} & {*opened.json()["you_may"]}
    (told,) = await mails_to(company.email("nora"), "order_delegation_redeemed")
    assert email in told.text
    done = await assign(delegate, number, company)
    assert done.status_code == 200, done.text
    assert await stands(number, company) == ["DEFAULT", "DEFAULT"]
    (event,) = await told_of(number, "order_assigned")
    assert (event.actor, event.on_behalf_of) == (email, company.email("nora"))
    assert len(await mails_to(company.email("nora"))) == 2
    assert await statuses(company, number) == ["redeemed"]
    listed = (await delegate.get(f"/orders/{number}/delegations")).json()["items"]
    assert [one["email"] for one in listed] == [email]
    assert [one["link"] for one in listed] == [None]


async def test_that_another_address_cannot_use_the_link_and_leaves_it_unused(
    company: Company, found: Found
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    stranger, _ = await outsider(found)
    token = token_in((await delegated(company, number, email))["link"])
    for who in (stranger, await company.client("nora")):
        refused = await redeem(who, token)
        assert refused.status_code == 403
        assert email not in refused.text
        assert number not in refused.text
    assert await statuses(company, number) == ["sent"]
    assert (await redeem(delegate, token)).status_code == 200
    again = await redeem(delegate, token)
    assert again.status_code == 200
    assert again.json()["number"] == number
    assert (await redeem(stranger, token)).status_code == 403
    assert len(await told_of(number, "order_delegation_redeemed")) == 1


@pytest.mark.parametrize("spoilt", ["x" * 40, "{id}." + "0" * 64, "{token}x"])
async def test_that_no_other_token_opens_anything(
    company: Company, found: Found, spoilt: str
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    answer = await delegated(company, number, email)
    token = spoilt.format(id=answer["id"], token=token_in(answer["link"]))
    assert (await redeem(delegate, token)).status_code == 404


async def test_that_two_at_once_redeem_it_once(company: Company, found: Found) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    token = token_in((await delegated(company, number, email))["link"])
    answers = await asyncio.gather(*(redeem(delegate, token) for _ in range(4)))
    assert {one.status_code for one in answers} == {200}
    assert len(await told_of(number, "order_delegation_redeemed")) == 1


async def test_that_it_ends_when_revoked_and_can_be_given_again(
    company: Company, found: Found
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    nora = await company.client("nora")
    first = await delegated(company, number, email)
    path = f"/orders/{number}/delegations"
    twice = await nora.post(path, json={"email": email})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/delegated-already")
    revoked = await nora.delete(f"{path}/{first['id']}")
    assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
    assert revoked.json()["link"] is None
    late = await redeem(delegate, token_in(first["link"]))
    assert late.status_code == 409
    assert "took it back" in late.json()["detail"]
    assert (await nora.delete(f"{path}/{first['id']}")).status_code == 409
    second = await delegated(company, number, email)
    assert second["link"] != first["link"]
    assert (await redeem(delegate, token_in(second["link"]))).status_code == 200
    assert (await nora.delete(f"{path}/{second['id']}")).status_code == 200
    assert (await delegate.get(f"/orders/{number}")).status_code == 404
    assert (await assign(delegate, number, company)).status_code == 404
    (told,) = await mails_to(email, "order_delegation_over")
    assert number in told.text
    assert await statuses(company, number) == ["revoked", "revoked"]


async def test_that_an_unused_link_ends_after_14_days(
    company: Company, found: Found, clock_ahead: Ahead
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    token = token_in((await delegated(company, number, email))["link"])
    clock_ahead(days=13, hours=23)
    await end_order_delegations()
    assert await statuses(company, number) == ["sent"]
    clock_ahead(hours=2)
    late = await redeem(delegate, token)
    assert late.status_code == 409, "it is over although no timer has run"
    await asyncio.gather(*(end_order_delegations() for _ in range(3)))
    assert await statuses(company, number) == ["expired"]
    (event,) = await told_of(number, "order_delegation_ended")
    assert event.via == "rule"
    (mail,) = await mails_to(company.email("nora"), "order_delegation_unused")
    assert email in mail.text
    await delegated(company, number, email)


async def test_that_a_used_one_does_not_end_by_time(
    company: Company, found: Found, clock_ahead: Ahead
) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    await redeem(delegate, token_in((await delegated(company, number, email))["link"]))
    clock_ahead(days=40)
    await end_order_delegations()
    assert (await delegate.get(f"/orders/{number}")).status_code == 200


async def test_who_may_not_delegate(company: Company, found: Found) -> None:
    number = await sold(company)
    delegate, email = await outsider(found)
    other, other_email = await outsider(found)
    path, body = f"/orders/{number}/delegations", {"email": other_email}
    colleague = await (await company.client("nils")).post(path, json=body)
    assert colleague.status_code == 403
    assert company.email("nora") in colleague.json()["detail"]
    assert (await other.post(path, json=body)).status_code == 404
    await redeem(delegate, token_in((await delegated(company, number, email))["link"]))
    again = await delegate.post(path, json=body)
    assert again.status_code == 403, "a delegate does not delegate"
    shared = await delegate.post(f"/orders/{number}/shares", json={"emails": [other_email]})
    assert shared.status_code == 403, "nor share"
    assert (await delegate.get(f"/orders/{number}/shares")).status_code == 403
    viewer = await sold(company, on(company), contact="somebody@elsewhere.example")
    refused = await (await company.client("vic")).post(f"/orders/{viewer}/delegations", json=body)
    assert refused.status_code == 403


async def test_that_only_customers_delegate(person: SignedIn, found: Found) -> None:
    _, email = await outsider(found)
    number = await sold(None, contact="paul@fabrikam.example")
    paul = await person("paul@fabrikam.example")
    refused = await paul.post(f"/orders/{number}/delegations", json={"email": email})
    assert refused.status_code == 403
    assert "customers" in refused.json()["detail"]


async def test_to_whom_nothing_is_delegated(company: Company) -> None:
    number = await sold(company)
    nora = await company.client("nora")
    path = f"/orders/{number}/delegations"
    oneself = await nora.post(path, json={"email": company.email("nora").upper()})
    assert oneself.status_code == 422
    assert [one["field"] for one in oneself.json()["errors"]] == ["email"]
    for email in (company.email("nils"), f"nobody-yet@{company.domain}"):
        colleague = await nora.post(path, json={"email": email})
        assert colleague.status_code == 409, "colleagues may assign anyway"
        assert colleague.json()["type"] == "/problems/may-assign-already"
    assert (await nora.post(path, json={"email": "nobody"})).status_code == 422
    assert (await nora.post(path, json={})).status_code == 422
    look_alike = await nora.post(path, json={"email": f"a@{company.domain}.evil.example"})
    assert look_alike.status_code == 201, "a domain that only looks like it is another one"


@pytest.mark.parametrize(
    "state", [{"type": "stocking"}, {"type": "ea"}, {"booked_at": None, "status": "submitted"}]
)
async def test_that_what_cannot_be_assigned_is_not_delegated(
    company: Company, state: dict[str, Any]
) -> None:
    number = await sold(company, **state)
    refused = await (await company.client("nora")).post(
        f"/orders/{number}/delegations", json={"email": "a@elsewhere.example"}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nothing-to-assign")


async def test_that_a_rehearsal_sends_and_shows_nothing(company: Company) -> None:
    number = await sold(company)
    tried = await (await company.client("nora")).post(
        f"/orders/{number}/delegations", json={"email": "dry@elsewhere.example"},
        headers={"Dry-Run": "true"},
    )  # fmt: skip
    assert (tried.status_code, tried.json()["link"], tried.json()["id"]) == (200, None, None)
    assert await mails_to("dry@elsewhere.example") == []
    assert await statuses(company, number) == []


async def test_that_the_token_is_stored_nowhere(company: Company) -> None:
    number = await sold(company)
    answer = await delegated(company, number, "b@elsewhere.example")
    async with database().read() as session:
        row = await session.get_one(OrderDelegation, answer["id"])
    assert token_in(answer["link"]) not in str(row.model_dump())


async def everything(table: Table) -> list[str]:
    """All rows of a table, each as one text."""
    async with database().read() as session:
        rows = await (await session.connection()).execute(table.select())
        return [str(tuple(row)) for row in rows]


async def test_that_an_answer_that_is_kept_does_not_show_the_link(company: Company) -> None:
    """Whoever reads the database finds the token in the mail alone, until it is sent."""
    number, nora = await sold(company), await company.client("nora")
    told = {"json": {"email": "kept@elsewhere.example"},
            "headers": {"Idempotency-Key": fresh_number()}}  # fmt: skip
    first = await nora.post(f"/orders/{number}/delegations", **told)
    again = await nora.post(f"/orders/{number}/delegations", **told)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    token = token_in(first.json()["link"])
    found = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        if any(token in row for row in await everything(table))
    } if await mails_to("kept@elsewhere.example") else set()  # fmt: skip
    assert found == {"mail"}


@pytest.mark.parametrize("email", ["b@elsewhere.example", "b@freemail.example"])
async def test_that_somebody_from_outside_is_warned_about(company: Company, email: str) -> None:
    """Colleagues of the contact need no delegation: they may assign already."""
    number, nora = await sold(company), await company.client("nora")
    for headers in ({"Dry-Run": "true"}, {}):
        answer = await nora.post(
            f"/orders/{number}/delegations", json={"email": email}, headers=headers
        )
        assert answer.is_success, answer.text
        lines = {one["label"]: one["value"] for one in answer.json()["receipt"]["lines"]}
        assert lines["Outside your company"] == email.split("@")[1]
        (warning,) = answer.json()["warnings"]
        assert warning.startswith(f"{email} is outside your company.")
    path = f"/orders/{number}/delegations/{answer.json()['id']}"
    assert (await nora.delete(path)).json()["warnings"] == []
