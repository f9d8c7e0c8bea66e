"""The stream that tells the desk's pages to look again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from assistant.console import live
from assistant.conversations.hub import DESK, Hub, hub
from assistant.handoff import presence
from assistant.handoff.models import Presence
from backend.core import clock, jobs
from backend.core.database import database
from tests.assistant.serving import serving
from tests.conftest import SignIn
from tests.console.conftest import open_case


async def test_a_new_case_wakes_the_desk(app: FastAPI, asker: httpx.AsyncClient) -> None:
    async with hub().waiting(DESK) as changed:
        await open_case(asker)
        await asyncio.wait_for(changed.wait(), 10)


def test_every_event_of_a_case_wakes_the_desk() -> None:
    for event in (
        "training_requested",
        "case_opened",
        "case_claimed",
        "case_replied",
        "case_noted",
        "case_updated",
        "case_closed",
        "case_cancelled",
        "training_scheduled",
        "training_rescheduled",
    ):
        assert "wake_desk" in jobs.following(event)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The app on a port."""
    async with serving(app) as served:
        yield served


@pytest.fixture
def own_hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub that the test may close."""
    mine = Hub()
    monkeypatch.setattr(live, "hub", lambda: mine)
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.01)
    return mine


async def _nothing() -> None:
    """Nobody keeps count of who is there."""


async def _events(stream: AsyncIterator[Any]) -> Any:
    return await asyncio.wait_for(anext(stream), 5)


async def test_it_speaks_at_once_and_when_woken(own_hub: Hub) -> None:
    async with aclosing(live.events(_nothing, [])) as stream:
        assert (await _events(stream)).event == "changed"
        waiting = asyncio.ensure_future(_events(stream))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await own_hub.wake(DESK)
        assert (await waiting).event == "changed"


async def test_it_ends_at_once_when_the_product_stops(own_hub: Hub) -> None:
    async with aclosing(live.events(_nothing, [])) as stream:
        await _events(stream)
        waiting = asyncio.ensure_future(_events(stream))
        await asyncio.sleep(0.05)
        own_hub.closing.set()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_strangers_get_no_stream(client: httpx.AsyncClient) -> None:
    assert (await client.get("/console/stream")).status_code == 401


async def test_it_tells_who_types_in_the_chat_that_is_looked_at(own_hub: Hub) -> None:
    async with aclosing(live.events(_nothing, ["chat"])) as stream:
        assert (await _events(stream)).event == "changed"
        waiting = asyncio.ensure_future(_events(stream))
        await asyncio.sleep(0.05)
        await own_hub.type("chat", "user", "Nadia")
        typing = await waiting
        assert (typing.event, typing.data) == ("typing", "Nadia")


async def test_an_open_console_means_that_its_agent_is_there(
    app: FastAPI, address: str, sign_in: SignIn
) -> None:
    headers = await sign_in("mia@support.example")

    async def there() -> bool:
        async with database().read() as session:
            return await presence.is_there(session, "mia@support.example")

    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
        http.stream("GET", f"{address}/console/stream", headers=headers) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data"):
                break
        assert await there()
    for _ in range(50):  # the connection's end is noticed a moment later
        await asyncio.sleep(0.1)
        async with database().read() as session:
            at = await session.get_one(Presence, "mia@support.example")
        if at.until < clock.now() + timedelta(seconds=20):
            break
    assert at.until <= clock.now() + presence.TURNING_PAGES
