"""An address gets so many mails about an order in a day, whatever sets them off."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.core import clock, jobs
from backend.core.database import database
from backend.core.settings import settings
from tests.access.company import Company
from tests.access.conftest import mails_to
from tests.conftest import ClockAt
from tests.orders.shop import fresh_number, sold

MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "order_mails_a_day", MOST)


def address() -> str:
    return f"it{fresh_number()}@elsewhere.example"


def subscription(contact: str | None = None) -> dict[str, Any]:
    return {"kind": "subscription", "provisioning_contact": contact}


async def contact(who: httpx.AsyncClient, number: str, email: str, **headers: str) -> Any:
    path = f"/orders/{number}/provisioning-contact"
    return await who.put(path, json={"email": email}, headers=headers)


def refuses(answer: httpx.Response, email: str) -> None:
    assert answer.status_code == 429, answer.text
    told = answer.json()
    assert told["type"] == "/problems/mailed-enough"
    assert email in told["detail"]
    assert "UTC" in told["hint"]
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400


async def test_that_naming_a_contact_to_and_fro_is_limited(
    company: Company, clock_at: ClockAt
) -> None:
    email, nora = address(), await company.client("nora")
    number = await sold(company, subscription())
    for said in (email, email.upper()):
        for one in (said, address()):
            assert (await contact(nora, number, one)).status_code == 200
            assert await jobs.drained(database(), 20)
    assert len(await mails_to(email)) == MOST + 1, "the last says that somebody else does it"
    for said in (email, email.upper(), f" {email.title()} "):
        refuses(await contact(nora, number, said), email)
        refuses(await contact(nora, number, said, **{"Dry-Run": "true"}), email)
    clock_at(clock.now() + timedelta(hours=25))
    assert (await contact(nora, number, email)).status_code == 200


async def test_that_delegating_and_revoking_is_limited(company: Company) -> None:
    email, nora = address(), await company.client("nora")
    number = await sold(company)
    for at in range(MOST):
        said = email.upper() if at % 2 else email
        made = await nora.post(f"/orders/{number}/delegations", json={"email": said})
        assert made.status_code == 201, made.text
        path = f"/orders/{number}/delegations/{made.json()['id']}"
        assert (await nora.delete(path)).status_code == 200
    for said in (email, email.upper()):
        refuses(await nora.post(f"/orders/{number}/delegations", json={"email": said}), email)
    other = await sold(company)
    made = await nora.post(f"/orders/{other}/delegations", json={"email": email})
    assert made.status_code == 201, "another order is another matter"
    made = await nora.post(f"/orders/{number}/delegations", json={"email": address()})
    assert made.status_code == 201, "and so is another address"


async def test_that_all_ways_to_mail_count_together(company: Company) -> None:
    email, nora = address(), await company.client("nora")
    number = await sold(company, subscription(), {})
    assert (await contact(nora, number, email)).status_code == 200
    for _ in range(MOST - 1):
        shared = await nora.post(f"/orders/{number}/shares", json={"emails": [address(), email]})
        assert shared.status_code == 201, shared.text
        assert (await nora.delete(f"/orders/{number}/shares/{email}")).status_code == 200
    refuses(await nora.post(f"/orders/{number}/shares", json={"emails": [email]}), email)
    refuses(await nora.post(f"/orders/{number}/delegations", json={"email": email}), email)
    refuses(await nora.post(f"/orders/{number}/provisioning-mail"), email)
