"""Endpoints: who sets them up, where they may lead, and what becomes of their secrets."""

import socket
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlmodel import select

from backend.core.clock import now
from backend.core.database import database
from backend.core.ids import new_id
from backend.core.settings import settings
from backend.core.unit_of_work import IdempotencyKey
from backend.webhooks import addresses, sending
from backend.webhooks.addresses import Forbidden, checked_url, is_public, target_of
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint
from backend.webhooks.signing import seal, unseal
from tests.conftest import Newcomer, SignedIn
from tests.webhooks.conftest import LEE, MO, Later, MakeEndpoint, done, opened

URL = "https://cases.example/in"


async def test_that_only_a_lead_looks_after_them(
    endpoint: MakeEndpoint, person: SignedIn, newcomer: Newcomer
) -> None:
    there = await endpoint()
    for someone in (await person(LEE), await person("cyra@support.example"), await newcomer()):
        assert (await someone.get("/webhooks")).status_code == 403
        assert (await someone.post("/webhooks", json={"url": URL})).status_code == 403
        for method, path in (
            ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate-secret"), ("POST", "/test"),
            ("GET", "/deliveries"), ("POST", "/deliveries/x/replay"),
        ):  # fmt: skip
            body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
            answer = await someone.request(method, f"/webhooks/{there.id}{path}", **body)
            assert answer.status_code == 404, (method, path)


async def test_that_the_secret_is_shown_once_and_sealed(
    person: SignedIn, endpoint: MakeEndpoint
) -> None:
    there = await endpoint()
    (secret,) = there.receiver.secrets
    assert secret.startswith("whsec_")
    assert secret not in (await there.lead.get("/webhooks")).text
    async with database().read() as session:
        row = await session.get_one(WebhookEndpoint, there.id)
    assert secret.removeprefix("whsec_") not in row.secret
    assert unseal(row.secret) == secret


async def test_that_an_idempotency_key_keeps_no_secret(
    person: SignedIn, endpoint: MakeEndpoint
) -> None:
    mo, key = await person(MO), new_id()
    answer = await mo.post("/webhooks", json={"url": URL}, headers={"Idempotency-Key": key})
    assert answer.status_code == 201
    async with database().read() as session:
        kept = await session.exec(select(IdempotencyKey).where(IdempotencyKey.key == key))
        assert kept.first() is None
    await mo.delete(f"/webhooks/{answer.json()['id']}")


async def test_that_a_dry_run_makes_and_shows_nothing(person: SignedIn) -> None:
    mo = await person(MO)
    before = (await mo.get("/webhooks")).json()
    tried = await mo.post("/webhooks", json={"url": URL}, headers={"Dry-Run": "true"})
    assert (tried.status_code, tried.json()["secret"], tried.json()["id"]) == (200, None, None)
    assert (await mo.get("/webhooks")).json() == before


async def test_that_for_a_day_both_secrets_sign(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later
) -> None:
    there, someone = await endpoint(), await newcomer()
    told = (await there.lead.post(f"/webhooks/{there.id}/rotate-secret")).json()
    assert told["secret"] not in there.receiver.secrets
    await opened(someone)
    await done()
    assert len(there.receiver.got) == 1, "the receiver still has the old one"
    assert there.receiver.headers[0]["webhook-signature"].count("v1,") == 2
    there.receiver.secrets[:] = [told["secret"]]
    await opened(someone)
    await done()
    assert len(there.receiver.got) == 2, "and now the new one"
    await later(hours=25)
    assert (await there.seen())["old_secret_until"] is None
    await opened(someone)
    await done()
    assert len(there.receiver.got) == 3
    assert there.receiver.headers[-1]["webhook-signature"].count("v1,") == 1


async def test_that_a_test_arrives_also_while_it_is_paused(endpoint: MakeEndpoint) -> None:
    there = await endpoint(event_types=["case.closed"])
    async with database().write() as session:
        row = await session.get_one(WebhookEndpoint, there.id)
        row.paused_because, row.paused_at = "failing", now()
    answer = await there.lead.post(f"/webhooks/{there.id}/test")
    assert answer.status_code == 202
    await done()
    (message,) = there.receiver.got
    assert (message["type"], message["data"]["endpoint"]) == ("webhook.test", there.id)
    assert (await there.only())["sequence"] == 0


async def test_that_an_endpoint_that_is_off_is_told_of_nothing(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint()
    assert (await there.change(active=False))["health"] == "off"
    await opened(await newcomer())
    await done()
    assert await there.deliveries() == []
    await there.change(active=True)
    await done()
    assert there.receiver.got == []


async def test_that_a_secret_sealed_with_another_key_is_an_error_in_words(
    endpoint: MakeEndpoint, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await endpoint()
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "secret_key", SecretStr("quite another key " * 3))
        sealed = seal("whsec_eA==")
    async with database().write() as session:
        row = await session.get_one(WebhookEndpoint, there.id)
        row.secret = sealed
    await opened(await newcomer())
    await done()
    assert "Rotate the secret" in (await there.only())["error"]


async def test_that_a_message_shows_no_body_to_whoever_lists_it(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint()
    await opened(await newcomer(), description="Something private")
    await done()
    listed = await there.lead.get(f"/webhooks/{there.id}/deliveries")
    assert "Something private" not in listed.text
    async with database().read() as session:
        rows = await session.exec(
            select(WebhookDelivery).where(WebhookDelivery.endpoint_id == there.id)
        )
        assert "Something private" in rows.one().body


# --- Where they may lead ----------------------------------------------------------------------


@pytest.fixture
def real_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "demo_mode", False)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://cases.example/in", "cases.example/in", "https://", "https://cases.example:99999/",
        "https://name:word@cases.example/in", "https://name@cases.example/in",
        "https://cases.example/in#here", "https://cases.exa mple/in", "javascript:alert(1)",
        "file:///etc/passwd", "https://[::1/in", f"https://cases.example/{'x' * 500}",
    ],
)  # fmt: skip
async def test_that_what_is_no_right_address_is_refused_with_the_reason(
    person: SignedIn, url: str
) -> None:
    answer = await (await person(MO)).post("/webhooks", json={"url": url})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "url"
    assert len(error["message"]) > 20


@pytest.mark.parametrize(
    "url",
    [
        "http://cases.example/in", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
        "https://0x7f.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://10.1.2.3/", "https://192.168.0.1/", "https://172.16.0.1/", "https://169.254.169.254/",
        "https://[fe80::1]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/", "https://0.0.0.0/",
        "https://[2002:7f00:1::]/", "https://localhost/", "https://metadata.google.internal/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://printer.local/",
    ],
)  # fmt: skip
def test_that_nothing_leads_into_our_own_network(real_world: None, url: str) -> None:
    with pytest.raises(Forbidden):
        checked_url(url)


def test_that_public_addresses_are_fine(real_world: None) -> None:
    for url in (
        URL,
        "https://93.184.215.14/in",
        "https://[2606:4700::1111]/",
        "https://cases.example:8443/in?a=b",
    ):
        assert checked_url(url) == url


@given(st.ip_addresses(v=4))
def test_that_an_address_in_disguise_is_no_more_public_than_without(address: Any) -> None:
    import ipaddress

    mapped = ipaddress.ip_address(f"::ffff:{address}")
    translated = ipaddress.ip_address(f"64:ff9b::{address}")
    assert is_public(mapped) == is_public(translated) == is_public(address)
    assert not (is_public(address) and (address.is_private or address.is_loopback))


async def test_that_a_name_is_looked_at_when_something_is_sent(
    real_world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was right when it was set up, and leads into our network now."""
    leads_to = ["93.184.215.14"]

    async def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 0, 0, "", (ip, 443)) for ip in leads_to]

    import asyncio

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    target = await target_of("https://cases.example/in?a=b")
    assert target.url == "https://93.184.215.14:443/in?a=b"
    assert (target.host, target.host_header) == ("cases.example", "cases.example")
    leads_to.append("10.0.0.7")
    with pytest.raises(Forbidden, match=r"10\.0\.0\.7"):
        await target_of("https://cases.example/in")


async def test_that_a_forbidden_address_is_never_called(
    endpoint: MakeEndpoint, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await endpoint()
    assert addresses.settings is sending.target_of.__globals__["settings"]
    row = WebhookEndpoint(
        url=there.receiver.address.replace("http://", "https://"), secret=seal("whsec_eA=="),
        created_by=MO,
    )  # fmt: skip
    message = WebhookDelivery(endpoint_id=row.id, event_id="x", type="case.opened", body="{}")
    monkeypatch.setattr(settings(), "demo_mode", False)
    outcome = await sending.send(row, message)
    assert "not in the internet" in outcome.error
    assert there.receiver.tried == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("0", 0), ("999999999999", 86400), ("soon", None), (None, None), ("-5", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("", None)],
)  # fmt: skip
def test_how_retry_after_is_read(said: str | None, seconds: int | None) -> None:
    wait = sending._retry_after(said)
    assert (wait.total_seconds() if wait is not None else None) == seconds


async def test_that_a_lead_can_only_have_so_many(
    person: SignedIn, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.webhooks import endpoints

    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 0)
    answer = await (await person(MO)).post("/webhooks", json={"url": URL})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-webhooks")
