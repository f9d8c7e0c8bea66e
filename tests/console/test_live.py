"""The stream that tells the desk's pages to look again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from assistant.console import live
from assistant.conversations.hub import DESK, Hub, hub
from backend.core import jobs
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


@pytest.fixture
def own_hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub that the test may close."""
    mine = Hub()
    monkeypatch.setattr(live, "hub", lambda: mine)
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.01)
    return mine


async def _events(stream: AsyncIterator[Any]) -> Any:
    return await asyncio.wait_for(anext(stream), 5)


async def test_it_speaks_at_once_and_when_woken(own_hub: Hub) -> None:
    async with aclosing(live.stream(None)) as stream:  # type: ignore[arg-type, type-var]
        assert (await _events(stream)).event == "changed"
        waiting = asyncio.ensure_future(_events(stream))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await own_hub.wake(DESK)
        assert (await waiting).event == "changed"


async def test_it_ends_at_once_when_the_product_stops(own_hub: Hub) -> None:
    async with aclosing(live.stream(None)) as stream:  # type: ignore[arg-type, type-var]
        await _events(stream)
        waiting = asyncio.ensure_future(_events(stream))
        await asyncio.sleep(0.05)
        own_hub.closing.set()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_strangers_get_no_stream(client: httpx.AsyncClient) -> None:
    assert (await client.get("/console/stream")).status_code == 401
