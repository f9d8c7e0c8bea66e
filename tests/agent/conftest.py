"""The agent in the app, talking to a scripted model over real HTTP."""

import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from assistant.engines.agent import provider
from assistant.engines.agent.breaker import breaker
from backend.core.settings import settings
from tests.agent.scripted_model import ScriptedModel
from tests.assistant.conftest import _rasa_server, rasa
from tests.conftest import SignedIn
from tests.product import working_day

# Everything but understanding is real in this Rasa; without it nothing listens there.
__all__ = ["_rasa_server", "rasa"]
Talk = Callable[[str], Awaitable["Talking"]]


@pytest.fixture(scope="session")
def one_model() -> Iterator[ScriptedModel]:
    """One server for all tests."""
    with ScriptedModel() as running:
        yield running


@pytest.fixture
def model(
    app: FastAPI, one_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScriptedModel]:
    """The scripted model, configured as the agent's; the breaker is closed."""
    config = settings()
    monkeypatch.setattr(config, "openai_base_url", one_model.url)
    monkeypatch.setattr(config, "assistant_model", "scripted")
    provider.chat_model.cache_clear()
    breaker.succeeded()
    one_model.requests.clear()
    yield one_model
    provider.chat_model.cache_clear()
    breaker.succeeded()


class Talking:
    """One conversation of one person."""

    def __init__(self, http: httpx.AsyncClient, conversation: str) -> None:
        self.http, self.id = http, conversation

    async def say(self, words: str, **content: str) -> list[dict[str, Any]]:
        """Say something; the replies."""
        body = {"client_message_id": uuid.uuid4().hex} | (content or {"text": words})
        answer = await self.http.post(f"/conversations/{self.id}/messages", json=body)
        replies: list[dict[str, Any]] = answer.raise_for_status().json()["replies"]
        return replies

    async def card(self, words: str) -> dict[str, Any]:
        """Say something that ends with a card; its proposal."""
        replies = await self.say(words)
        assert replies[-1]["proposal"], replies
        found: dict[str, Any] = replies[-1]["proposal"]
        return found

    async def settle(self, proposal: str, how: str = "confirm") -> httpx.Response:
        """Confirm or cancel a card."""
        return await self.http.post(f"/conversations/{self.id}/proposals/{proposal}/{how}")

    async def cases(self) -> list[dict[str, Any]]:
        """The person's own cases."""
        listed = await self.http.get("/cases", params={"mine": True, "limit": 200})
        items: list[dict[str, Any]] = listed.raise_for_status().json()["items"]
        return items


@pytest_asyncio.fixture(loop_scope="session")
async def talk(model: ScriptedModel, person: SignedIn) -> Talk:
    """`await talk(email)` begins a conversation on CLC, which the agent serves."""

    async def begin(email: str) -> Talking:
        http = await person(email)
        opened = await http.post("/conversations", json={"portal": "clc"})
        assert opened.json()["engine"] == "agent"
        return Talking(http, opened.json()["id"])

    return begin


def training(**changed: Any) -> dict[str, Any]:
    """Arguments of a training request that nothing is wrong with."""
    hour = uuid.uuid4().int % 9 + 8
    minute = uuid.uuid4().int % 60
    body: dict[str, Any] = {
        "kind": "training", "portal": "clc", "topics": ["orders"], "attendees": 3,
        "windows": [{"start": f"{working_day(5 + uuid.uuid4().int % 60)}T{hour:02}:{minute:02}"}],
        "time_zone": "Europe/Oslo", "language": "en",
    }  # fmt: skip
    return body | changed
