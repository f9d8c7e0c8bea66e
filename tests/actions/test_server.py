"""The action server's door."""

import json
import zlib

import httpx
import pytest

from actions.server import create_app
from backend.core.settings import settings
from tests.actions.talk import StandInApi

CALL = {
    "next_action": "action_repeat", "sender_id": "c",
    "tracker": {
        "sender_id": "c", "slots": {}, "events": [], "paused": False, "active_loop": {},
        "latest_message": {"text": "again", "metadata": {"person": "nadia@northwind.example"}},
        "latest_action_name": "action_listen", "followup_action": None,
    },
    "domain": {"a": "domain of megabytes"}, "version": "3.6.21",
}  # fmt: skip


@pytest.fixture
async def server(api: StandInApi) -> httpx.AsyncClient:
    secret = settings().actions_secret.get_secret_value()
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app()),
        base_url="http://actions",
        headers={"X-Actions-Secret": secret},
    )


async def test_that_a_wrong_or_missing_secret_is_401(server: httpx.AsyncClient) -> None:
    for secret in (b"", b"wrong", "ä".encode()):
        answer = await server.post(
            "/actions/webhook", json=CALL, headers=[(b"X-Actions-Secret", secret)]
        )
        assert answer.status_code == 401


async def test_that_an_action_runs_and_replies(server: httpx.AsyncClient) -> None:
    answer = await server.post("/actions/webhook", json=CALL)
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["custom"]["text"]


async def test_that_compressed_calls_are_read(server: httpx.AsyncClient) -> None:
    body = zlib.compress(json.dumps(CALL).encode())
    answer = await server.post(
        "/actions/webhook", content=body, headers={"Content-Encoding": "deflate"}
    )
    assert answer.status_code == 200


async def test_that_an_unknown_action_is_404(server: httpx.AsyncClient) -> None:
    answer = await server.post("/actions/webhook", json={**CALL, "next_action": "action_x"})
    assert answer.status_code == 404
    assert answer.json()["action_name"] == "action_x"


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"next_action": "x"}'])
async def test_that_rubbish_is_422(server: httpx.AsyncClient, body: bytes) -> None:
    assert (await server.post("/actions/webhook", content=body)).status_code == 422
