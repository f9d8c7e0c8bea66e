"""Other assistants over MCP, with the official SDK's client and real HTTP."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolRequestParams

from assistant.channels import mcp
from backend.core.settings import settings
from tests.agent.conftest import training
from tests.product import Product

CREATE = "create_training_engagement"


@asynccontextmanager
async def connected(product: Product, token: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(f"{product.base}/mcp", http_client=http)) as client,
    ):
        yield client


def mcp_token(product: Product, email: str) -> str:
    person = product.client(email)
    made = person.http.post("/auth/mcp-token").raise_for_status().json()
    person.http.close()
    token: str = made["access_token"]
    return token


async def test_that_a_client_lists_and_calls_tools_as_the_person(product: Product) -> None:
    async with connected(product, mcp_token(product, "uma@northwind.example")) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"get_me", CREATE, "search_knowledge"} <= names
        assert not {"claim_case", "read_outbox", "http.confirm_proposal"} & names
        told = await client.call_tool("get_me", {})
        assert "uma@northwind.example" in told.content[0].text


async def test_that_what_the_person_may_not_do_is_refused(product: Product) -> None:
    nadia = product.client("nadia@northwind.example")
    number = nadia.http.post("/training-engagements", json=training()).json()["number"]
    nadia.http.close()
    async with connected(product, mcp_token(product, "uma@northwind.example")) as client:
        for name, given in (
            ("get_case", {"case_number": number}),
            ("claim_case", {"case_number": number}),
            ("read_outbox", {}),
            ("http.confirm_proposal", {}),
        ):
            told = await client.call_tool(name, given)
            assert told.is_error, name
            assert "nadia" not in told.content[0].text


async def test_that_a_write_is_a_link_to_a_card_that_only_the_person_confirms(
    product: Product,
) -> None:
    uma = product.client("uma@northwind.example")
    token = mcp_token(product, "uma@northwind.example")
    before = len(uma.cases())
    async with connected(product, token) as client:
        told = await client.call_tool(CREATE, training())
    text = told.content[0].text
    assert "Nothing has been done yet" in text
    assert len(uma.cases()) == before
    uma.conversation = text.split("conversation=")[1].split()[0]
    proposal = [m["proposal"] for m in uma.transcript() if m["proposal"]][-1]
    where = f"/conversations/{uma.conversation}/proposals/{proposal['id']}/confirm"
    as_client = {"Authorization": f"Bearer {token}"}
    assert uma.http.post(where, headers=as_client).status_code == 403
    assert uma.http.post("/cases", headers=as_client, json={}).status_code == 403
    assert len(uma.cases()) == before
    assert uma.settle(proposal["id"]).status_code == 200
    assert len(uma.cases()) == before + 1
    uma.http.close()


async def test_that_without_a_valid_token_there_is_nothing(product: Product) -> None:
    async with httpx2.AsyncClient() as http:
        for headers in ({}, {"Authorization": "Bearer rubbish"}):
            asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            answer = await http.post(f"{product.base}/mcp", json=asked, headers=headers)
            assert answer.status_code == 401


async def test_that_a_sender_of_that_name_does_not_talk_among_the_cards(product: Product) -> None:
    uma = product.client("uma@northwind.example")
    async with connected(product, mcp_token(product, uma.email)) as client:
        told = await client.call_tool(CREATE, training())
    uma.conversation = told.content[0].text.split("conversation=")[1].split()[0]
    before = uma.transcript()
    said = {"sender": "mcp", "message": "hello"}
    webhook = uma.http.post(f"{product.base}/webhooks/rest/webhook", json=said)
    assert webhook.status_code == 200
    assert uma.transcript() == before
    uma.http.close()


async def test_that_a_kept_answer_is_not_given_to_an_mcp_token(product: Product) -> None:
    uma = product.client("uma@northwind.example")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"category": "other", "title": "T", "description": "D"}
    assert uma.http.post("/cases", json=body, headers=headers).status_code == 201
    as_client = {"Authorization": f"Bearer {mcp_token(product, uma.email)}"}
    again = uma.http.post("/cases", json=body, headers=headers | as_client)
    assert again.status_code == 403
    assert "number" not in again.json()
    assert uma.http.post("/cases", json=body, headers=headers).status_code == 201
    uma.http.close()


async def test_that_too_many_calls_are_refused_with_when_to_go_on(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = f"{uuid.uuid4().hex}@northwind.example"
    monkeypatch.setattr(mcp, "_person_id", lambda: person)
    monkeypatch.setattr(settings(), "messages_a_minute", 2)
    asked = CallToolRequestParams(name="list_webinars", arguments={})
    told = [await mcp._call_tool(None, asked) for _ in range(3)]
    assert "More than 2 tool calls" in told[2].content[0].text
    assert "Wait" in told[2].content[0].text
    assert told[2].is_error
    assert not any("More than" in one.content[0].text for one in told[:2])


HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "a path that climbs": ("get_case", {"case_number": "../conversations"}),
    "a path with a coded slash": ("get_case", {"case_number": "..%2Fdemo%2Foutbox"}),
    "somebody else's case": ("get_case", {"case_number": "{victim}"}),
    "somebody else's case cancelled": ("cancel_case", {"case_number": "{victim}"}),
    "a requester of its own choice": (
        CREATE, training(requester="nadia@northwind.example", via="console"),
    ),
    "a write that is confirmed already": (CREATE, training(confirmed=True, dry_run=False)),
    "a confirmation": ("http.confirm_proposal", {"proposal_id": "x"}),
    "a token": ("create_mcp_token", {}),
    "a message in the person's place": ("http.post_message", {"text": "yes"}),
    "a tool in other letters": ("оpen_case", {"category": "other"}),
    "a title of a megabyte": (
        "open_case", {"category": "other", "title": "A" * 1_000_000, "description": "D"},
    ),
    "a zero in a title": ("open_case", {"category": "other", "title": "\0", "description": "D"}),
}  # fmt: skip


@pytest.mark.parametrize(("tool", "given"), HOSTILE.values(), ids=HOSTILE)
async def test_that_a_hostile_client_gets_a_refusal_and_changes_nothing(
    product: Product, tool: str, given: dict[str, Any]
) -> None:
    nadia, uma = (product.client(f"{name}@northwind.example") for name in ("nadia", "uma"))
    if "{victim}" in given.values():
        number = nadia.http.post("/training-engagements", json=training()).json()["number"]
        given = {"case_number": number}
    before = (nadia.cases(), uma.cases(), uma.user)
    async with connected(product, mcp_token(product, uma.email)) as client:
        told = await client.call_tool(tool, given)
    assert told.is_error
    assert "nadia" not in told.content[0].text
    after = (nadia.cases(), uma.cases(), uma.http.get("/me").json())
    assert after[:2] == before[:2]
    assert after[2]["name"] == before[2]["name"]
