"""Talks with the assistant, and the Rasa beside it."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from assistant.engines import rasa as engine
from backend.core.settings import settings
from tests.assistant.fake_rasa import FakeRasa, channel
from tests.assistant.serving import serving
from tests.conftest import Newcomer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _rasa_server() -> AsyncIterator[tuple[FakeRasa, str]]:
    rasa = FakeRasa()
    async with serving(channel(rasa)) as address:
        yield rasa, address


@pytest_asyncio.fixture(loop_scope="session")
async def rasa(
    app: FastAPI, _rasa_server: tuple[FakeRasa, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeRasa]:
    """A Rasa that answers; without this fixture nothing listens where Rasa should be."""
    fake, address = _rasa_server
    fake.reset()
    monkeypatch.setattr(settings(), "rasa_url", address)
    await engine.close()
    yield fake
    fake.go_on()
    await engine.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The app on a port."""
    async with serving(app) as served:
        yield served


class Talk:
    """One conversation of one person."""

    def __init__(self, person: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self.person, self.opened, self.id = person, opened, opened["id"]
        self.path = f"/conversations/{self.id}"
        self.email: str = getattr(person, "email", "")

    async def send(self, *, key: str | None = None, **content: Any) -> httpx.Response:
        """Post one message."""
        body = {"client_message_id": key or uuid.uuid4().hex, **content}
        return await self.person.post(f"{self.path}/messages", json=body)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """Say something; the replies."""
        answer = await self.send(text=text)
        assert answer.status_code == 200, answer.text
        replies: list[dict[str, Any]] = answer.json()["replies"]
        return replies

    async def press(self, payload: str) -> list[dict[str, Any]]:
        """Press a button; the replies."""
        answer = await self.send(payload=payload)
        assert answer.status_code == 200, answer.text
        replies: list[dict[str, Any]] = answer.json()["replies"]
        return replies

    async def transcript(self) -> list[dict[str, Any]]:
        """All that was said."""
        items: list[dict[str, Any]] = (await self.person.get(f"{self.path}/messages")).json()[
            "items"
        ]
        return items

    async def settle(self, proposal: dict[str, Any], how: str = "confirm") -> httpx.Response:
        """Confirm or cancel a card."""
        return await self.person.post(f"{self.path}/proposals/{proposal['id']}/{how}")

    async def cases(self) -> list[dict[str, Any]]:
        """The person's cases."""
        items: list[dict[str, Any]] = (await self.person.get("/cases")).json()["items"]
        return items


Begin = Callable[..., Awaitable[Talk]]


@pytest.fixture
def begin(newcomer: Newcomer) -> Begin:
    """`await begin()` is a new conversation of somebody new, or of `person`."""

    async def start(
        person: httpx.AsyncClient | None = None, portal: str = "clc", **fields: Any
    ) -> Talk:
        person = person or await newcomer(**fields)
        opened = await person.post("/conversations", json={"portal": portal})
        assert opened.status_code == 201
        return Talk(person, opened.json())

    return start


@pytest_asyncio.fixture(loop_scope="session")
async def talk(begin: Begin) -> Talk:
    """A conversation of somebody new."""
    return await begin()
