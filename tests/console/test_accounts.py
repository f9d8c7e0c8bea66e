"""The approver's desk: requests for Smart Accounts, and the administrator who has left."""

import re
import uuid

import httpx
import pytest_asyncio

from tests.conftest import Newcomer
from tests.console.conftest import Desk

SEAT = {
    "organization": "Sample Works", "street": "1 Test Street", "city": "Leeds",
    "postal_code": "LS1 1ZZ", "country": "GB",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def cyra(desk: Desk) -> httpx.AsyncClient:
    """Who decides them."""
    return await desk("cyra@support.example")


async def ask(newcomer: Newcomer, **fields: str) -> tuple[httpx.AsyncClient, str, str]:
    """Somebody who asked for an account at a domain that is not his own, its domain and id."""
    asker = await newcomer()
    domain = f"d{uuid.uuid4().hex[:10]}.example"
    body = {
        "name": "Sample Works", "domain": domain, "headquarters": SEAT,
        "visibility": "unrestricted", "authority": "self",
    }  # fmt: skip
    answer = await asker.post("/smart-accounts", json=body | fields)
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "pending_approval"
    return asker, domain, answer.json()["id"]


def listed(page: str) -> list[str]:
    """The domains of the requests on the page."""
    return re.findall(r'data-request="([^"]+)"', page)


async def test_that_a_request_waits_for_the_approver_and_is_approved(
    cyra: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    asker, domain, request_id = await ask(newcomer, name="Nothing <b>bold</b>")
    page = (await cyra.get("/console/accounts")).text
    assert domain in listed(page)
    assert "Nothing &lt;b&gt;bold" in page
    assert asker.email in page  # type: ignore[attr-defined]
    assert 'aria-label="Approve Nothing &lt;b&gt;' in page
    done = await cyra.post(f"/console/accounts/requests/{request_id}/approve")
    assert done.status_code == 303
    assert domain not in listed((await cyra.get("/console/accounts")).text)
    assert domain in listed((await cyra.get("/console/accounts", params={"show": "all"})).text)
    own = await asker.get(f"/smart-accounts/{domain}")
    assert own.json()["status"] == "active"
    assert own.json()["roles"]


async def test_that_a_declined_request_tells_its_requester_why(
    cyra: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    asker, domain, request_id = await ask(newcomer)
    answer = await cyra.post(
        f"/console/accounts/requests/{request_id}/decline",
        data={"reason": "That company is not yours"}, headers={"HX-Request": "true"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert domain not in listed(answer.text)
    request = (await asker.get(f"/smart-account-requests/{request_id}")).json()
    assert (request["status"], request["reason"]) == ("declined", "That company is not yours")
    again = await cyra.post(
        f"/console/accounts/requests/{request_id}/approve", headers={"HX-Request": "true"}
    )
    assert again.status_code == 409


async def test_that_the_last_administrator_is_replaced_only_with_proof(
    cyra: httpx.AsyncClient,
) -> None:
    typed = {"smart_account": "contoso.example", "email": "colin@contoso.example",
             "case_number": "C-999999"}  # fmt: skip
    page = await cyra.post("/console/accounts/replace-administrator", data=typed)
    assert page.status_code >= 400
    assert 'role="alert"' in page.text or "field-problem" in page.text
    assert 'value="colin@contoso.example"' in page.text


async def test_that_others_of_the_desk_neither_see_nor_decide_them(
    lee: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    asker, _, request_id = await ask(newcomer)
    assert "/console/accounts" not in (await lee.get("/console")).text
    assert (await lee.get("/console/accounts")).status_code == 403
    answer = await lee.post(f"/console/accounts/requests/{request_id}/approve")
    assert answer.status_code in {403, 404}
    request = (await asker.get(f"/smart-account-requests/{request_id}")).json()
    assert request["status"] == "pending_approval"


async def test_that_the_navigation_counts_what_waits(
    cyra: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    await ask(newcomer)
    page = (await cyra.get("/console")).text
    waiting = re.search(r'count-waiting">(\d+)<span class="sr-only"> waiting for you', page)
    assert waiting
    assert int(waiting[1]) >= 1
