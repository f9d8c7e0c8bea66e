"""Who is asking: bearers, cookies, MCP clients; and what exists in demo mode alone."""

from contextlib import nullcontext

import httpx
import pytest
from fastapi import FastAPI

from assistant.lifespan import lifespan
from backend.core.auth import COOKIE
from backend.core.client import Caller
from backend.core.settings import settings
from backend.core.tokens import mint_internal, mint_session
from tests.conftest import Newcomer, SignedIn

NADIA = "nadia@northwind.example"
ME = "/api/v1/me"
CASES = "/api/v1/cases"
CASE = {"category": "other", "title": "A question", "description": "About signing in"}
HOST = "http://product.test"


def cookie(email: str = NADIA) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={mint_session(email)}"}


async def test_that_signing_in_gives_a_token_and_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/api/v1/auth/demo", json={"email": " Nadia@Northwind.example "})
    assert answer.status_code == 200
    told = answer.json()
    assert told["token_type"] == "bearer"
    assert told["user"]["email"] == NADIA
    set_cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=lax" in set_cookie
    me = await client.get(ME, headers={"Authorization": f"bearer {told['access_token']}"})
    assert me.json() == told["user"]


async def test_that_nobody_from_outside_the_demo_world_signs_in(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/demo", json={"email": "who@nowhere.example"})
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic bmFkaWE6eA==", "Bearer a.b.c", "nonsense"]
)
async def test_that_a_wrong_token_is_refused_with_what_to_do(
    client: httpx.AsyncClient, header: str
) -> None:
    answer = await client.get(ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["hint"].startswith("Sign in again")


async def test_that_a_token_of_somebody_unknown_is_refused(client: httpx.AsyncClient) -> None:
    token = mint_session("gone@northwind.example")
    answer = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_that_a_good_token_counts_before_the_cookie(client: httpx.AsyncClient) -> None:
    token = mint_session("vera@northwind.example")
    headers = cookie() | {"Authorization": f"Bearer {token}"}
    assert (await client.get(ME, headers=headers)).json()["email"] == "vera@northwind.example"


async def test_that_a_wrong_token_is_not_saved_by_the_cookie(client: httpx.AsyncClient) -> None:
    answer = await client.get(ME, headers=cookie() | {"Authorization": "Bearer x"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"Origin": HOST}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({}, 201),
        ({"Origin": "http://evil.example"}, 401),
        ({"Origin": "http://product.test.evil.example"}, 401),
        ({"Origin": "null"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 401),
        ({"Sec-Fetch-Site": "same-site"}, 401),
    ],
)
async def test_that_a_cookie_counts_for_a_write_only_from_our_own_pages(
    client: httpx.AsyncClient, sent: dict[str, str], status: int
) -> None:
    answer = await client.post(CASES, json=CASE, headers=cookie() | sent)
    assert answer.status_code == status


async def test_that_a_cookie_counts_for_reading(client: httpx.AsyncClient) -> None:
    assert (await client.get(ME, headers=cookie())).json()["email"] == NADIA


async def test_that_signing_out_takes_the_cookie_back(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/auth/demo", json={"email": NADIA})
    assert (await client.get(ME)).status_code == 200
    assert (await client.post("/api/v1/auth/sign-out")).status_code == 204
    assert (await client.get(ME)).status_code == 401


async def test_that_a_token_for_mcp_reads_and_is_refused_by_writes(
    client: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    someone = await newcomer()
    minted = (await someone.post("/auth/mcp-token")).json()
    assert minted["expires_in"] == 8 * 3600
    mcp = {"Authorization": f"Bearer {minted['access_token']}"}
    assert (await client.get(ME, headers=mcp)).json()["email"] == someone.email
    for path, body in ((CASES, CASE), ("/api/v1/auth/mcp-token", None)):
        answer = await client.post(path, json=body, headers=mcp)
        assert answer.status_code == 403, path
        assert answer.json()["hint"] == "Confirm the proposal in the chat, signed in as yourself."
    assert (await someone.get("/cases")).json()["items"] == []


async def test_that_a_token_for_mcp_or_for_one_call_is_no_cookie(
    client: httpx.AsyncClient, person: SignedIn
) -> None:
    nadia = await person(NADIA)
    mcp = (await nadia.post("/auth/mcp-token")).json()["access_token"]
    for token in (mcp, mint_internal(Caller(NADIA))):
        answer = await client.get(ME, headers={"Cookie": f"{COOKIE}={token}"})
        assert answer.status_code == 401


async def test_that_an_internal_call_is_noted_with_its_face_and_conversation(
    client: httpx.AsyncClient, person: SignedIn
) -> None:
    nadia = await person(NADIA)
    talk = (await nadia.post("/conversations", json={"portal": "clc"})).json()["id"]
    token = mint_internal(Caller(NADIA, talk, "agent"))
    case = await client.post(CASES, json=CASE, headers={"Authorization": f"Bearer {token}"})
    assert case.status_code == 201
    lee = await person("lee@support.example")
    seen = (await lee.get(f"/cases/{case.json()['number']}")).json()
    assert seen["conversation"] == talk


DEMO_CALLS = [
    ("POST", "/auth/demo", {"email": NADIA}),
    ("POST", "/auth/demo", {"email": 7}),
    ("GET", "/demo/people", None),
    ("GET", "/demo/outbox", None),
    ("POST", "/demo/clock", {"advance": 60}),
    ("POST", "/demo/clock", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), DEMO_CALLS)
async def test_that_outside_demo_mode_its_calls_do_not_exist(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str,
    body: object,
) -> None:  # fmt: skip
    monkeypatch.setattr(settings(), "demo_mode", False)
    answer = await client.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == 404, answer.text
    assert "set-cookie" not in answer.headers


async def test_that_outside_demo_mode_the_app_does_not_start_with_default_secrets(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[object] = []

    async def prepare(db: object) -> None:
        prepared.append(db)

    monkeypatch.setattr(settings(), "demo_mode", False)
    with pytest.raises(SystemExit, match="SECRET_KEY, RASA_SECRET, ACTIONS_SECRET"):
        await lifespan(prepare, nullcontext)(app).__aenter__()
    assert prepared == []


async def test_that_a_token_for_one_call_makes_no_lasting_one(client: httpx.AsyncClient) -> None:
    internal = {"Authorization": f"Bearer {mint_internal(Caller(NADIA))}"}
    assert (await client.post("/api/v1/auth/mcp-token", headers=internal)).status_code == 403


async def test_that_a_name_can_be_changed_and_not_removed(newcomer: Newcomer) -> None:
    someone = await newcomer()
    refused = await someone.patch("/me", json={"name": None})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "name"
    assert (await someone.patch("/me", json={"name": "Noor"})).json()["name"] == "Noor"


async def test_that_a_profile_says_what_changed_and_what_did_not(newcomer: Newcomer) -> None:
    someone = await newcomer(phone="+47 555 01 00")
    same = await someone.patch("/me", json={"phone": "+47 555 01 00"})
    assert same.json()["receipt"]["title"] == "Nothing to change"
    moved = await someone.patch("/me", json={"address": {"street": "Quay 2", "city": "Oslo"}})
    assert moved.json()["receipt"]["lines"] == [{"label": "Address", "value": "Quay 2, Oslo"}]
    endless = await someone.patch("/me", json={"address": {f"line{i}": "x" for i in range(11)}})
    assert endless.status_code == 422
