"""The page about systems outside: for leads, with the secret shown once and messages sent again."""

import re

import httpx
from starlette.responses import PlainTextResponse

from backend.core.database import database
from backend.webhooks.models import WebhookDelivery
from tests.conftest import Newcomer
from tests.console.conftest import open_case
from tests.webhooks.conftest import MakeEndpoint, done, endpoint
from tests.webhooks.receiver import Receiver

__all__ = ["endpoint"]
PAGE = "/console/case-system"


async def test_that_only_a_lead_finds_it(lee: httpx.AsyncClient, mo: httpx.AsyncClient) -> None:
    assert PAGE not in (await lee.get("/console")).text
    assert (await lee.get(PAGE)).status_code == 403
    assert PAGE in (await mo.get("/console")).text
    assert (await mo.get(PAGE)).status_code == 200


async def test_that_a_secret_stands_on_one_page_only(mo: httpx.AsyncClient) -> None:
    url = "https://cases.example/console-test"
    added = await mo.post(PAGE, data={"url": url, "description": "Our <CS-One>"})
    assert added.status_code == 200
    secret = re.search(r"<code>(whsec_[^<]+)</code>", added.text)
    assert secret
    page = (await mo.get(PAGE)).text
    assert "Our &lt;CS-One&gt;" in page
    assert secret[1] not in page
    found = re.search(r'id="endpoint-([0-9a-f]{32})"', page)
    assert found
    new = await mo.post(f"{PAGE}/{found[1]}/rotate")
    assert "whsec_" in new.text
    assert secret[1] not in new.text
    assert (await mo.post(f"{PAGE}/{found[1]}/delete")).status_code == 303
    assert url not in (await mo.get(PAGE)).text


async def test_that_a_wrong_address_is_said_where_it_was_typed(mo: httpx.AsyncClient) -> None:
    page = await mo.post(PAGE, data={"url": "https://me:secret@cases.example/"})
    assert page.status_code == 422
    assert "every message is signed" in page.text
    assert 'aria-invalid="true"' in page.text


async def test_that_what_was_given_up_is_counted_and_sent_again(
    endpoint: MakeEndpoint, newcomer: Newcomer, mo: httpx.AsyncClient
) -> None:
    sorry = PlainTextResponse("<b>Sorry</b>", 500)
    there = await endpoint(Receiver(script=[sorry]), description="Flaky one")
    number = await open_case(await newcomer())
    await done()
    sent = await there.only()
    async with database().write() as session:
        row = await session.get_one(WebhookDelivery, sent["id"])
        row.status = "dead"
    page = (await mo.get(PAGE)).text
    assert re.search(r'count-waiting">1<span class="sr-only"> given up', page)
    assert "&lt;b&gt;Sorry" in page
    assert f'href="/console/cases/{number}"' in page
    path = f"{PAGE}/{there.id}/deliveries/{sent['id']}"
    assert (await mo.post(path, data={"key": "k1"})).status_code == 303
    await done()
    assert [one["id"] for one in there.receiver.got] == [sent["id"]]
    page = (await mo.get(PAGE)).text
    assert "Arrived" in page
    assert "count-waiting" not in page.split("nav-outside")[-1].split("</ul>")[0]
    assert (await mo.post(f"{PAGE}/{there.id}/explode")).status_code == 404
