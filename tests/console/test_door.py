"""Who comes in, and what others see."""

import httpx
import pytest

from backend.core.auth import COOKIE
from tests.console.conftest import Desk, open_case


async def test_strangers_are_asked_to_sign_in_and_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/console/cases/C-500001?x=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "/console/sign-in?next=%2Fconsole%2Fcases%2FC-500001%3Fx%3D1"
    )


async def test_the_demo_lists_support_people_only(client: httpx.AsyncClient) -> None:
    page = (await client.get("/console/sign-in")).text
    assert "Lee Castellwyn" in page
    assert "Nadia" not in page


async def test_choosing_somebody_signs_in(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/console/sign-in",
        data={"email": "lee@support.example", "target": "/console/conversations"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console/conversations"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "All queues" in (await client.get("/console")).text
    await client.post("/console/sign-out")
    assert (await client.get("/console")).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/console",
        "/",
        "javascript:alert(1)",
        "/consolex",
        "\\\\elsewhere.example",
    ],
)
async def test_signing_in_leads_to_the_console_only(client: httpx.AsyncClient, target: str) -> None:
    answer = await client.post(
        "/console/sign-in", data={"email": "lee@support.example", "target": target}
    )
    assert answer.headers["Location"] == "/console"


async def test_nobody_signs_in_here_who_is_not_at_the_desk(client: httpx.AsyncClient) -> None:
    answer = await client.post("/console/sign-in", data={"email": "nadia@northwind.example"})
    assert answer.status_code == 422
    assert "not a support person" in answer.text
    assert COOKIE not in answer.cookies


async def test_another_site_cannot_sign_somebody_in(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/console/sign-in",
        data={"email": "lee@support.example"},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


async def test_customers_get_a_page_that_says_whose_desk_it_is(desk: Desk) -> None:
    nadia = await desk("nadia@northwind.example")
    for address in ("/console", "/console/cases/C-500001", "/console/conversations"):
        answer = await nadia.get(address)
        assert answer.status_code == 403
        assert "support agents" in answer.text
        assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_form_from_another_site_does_nothing(
    lee: httpx.AsyncClient, asker: httpx.AsyncClient
) -> None:
    number = await open_case(asker)
    answer = await lee.post(
        f"/console/cases/{number}/reply",
        data={"text": "forged"},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 401
    assert "forged" not in (await lee.get(f"/console/cases/{number}")).text


async def test_who_was_signed_out_keeps_the_page_with_what_was_typed(
    client: httpx.AsyncClient, htmx: dict[str, str]
) -> None:
    answer = await client.post("/console/cases/C-500001/reply", data={"text": "long"}, headers=htmx)
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "still here" in answer.text


async def test_pages_allow_nothing_inline(lee: httpx.AsyncClient, asker: httpx.AsyncClient) -> None:
    number = await open_case(asker)
    for address in (
        "/console",
        "/console/sign-in",
        f"/console/cases/{number}",
        "/console/conversations",
        "/console/mails",
        "/console/nowhere",
    ):
        answer = await lee.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert " style=" not in answer.text
        assert "<style" not in answer.text
        assert " onclick" not in answer.text


async def test_addresses_that_lead_nowhere_get_a_page(lee: httpx.AsyncClient) -> None:
    for address in (
        "/console/nowhere",
        "/console/cases/C-999999",
        "/console/conversations/none",
        "/console?show=rubbish",
        "/console?cursor=rubbish",
    ):
        answer = await lee.get(address)
        assert answer.status_code in {404, 422}, address
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Go to the queue" in answer.text


async def test_files_are_kept_by_browsers_until_they_change(client: httpx.AsyncClient) -> None:
    page = (await client.get("/console/sign-in")).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    kept = await client.get(address)
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Content-Type"].startswith("text/css")
    for outside in ("../pages.py", "%2e%2e%2fpages.py", "..%5cpages.py", "nothing.css"):
        assert (await client.get(f"/console/static/{outside}")).status_code in {303, 404}
