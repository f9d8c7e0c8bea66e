"""Endpoints with a real receiver behind them, and the case system with its token."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr

from backend.core import clock, jobs, timers
from backend.core.database import database
from backend.core.settings import settings
from tests.assistant.serving import serving
from tests.conftest import ClockAt, SignedIn, client_of
from tests.webhooks.receiver import Receiver

MO, LEE = "mo@support.example", "lee@support.example"
TOKEN = "the-case-system-shows-this-token-to-us"
CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}


@dataclass
class Endpoint:
    """One endpoint as its lead sees it, and the receiver behind it."""

    lead: httpx.AsyncClient
    id: str
    receiver: Receiver

    async def seen(self) -> dict[str, Any]:
        listed = (await self.lead.get("/webhooks", params={"limit": 200})).json()["items"]
        return next(one for one in listed if one["id"] == self.id)

    async def deliveries(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.lead.get(f"/webhooks/{self.id}/deliveries", params=query)
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return list(reversed(items))

    async def only(self) -> dict[str, Any]:
        (one,) = await self.deliveries()
        return one

    async def change(self, **body: Any) -> dict[str, Any]:
        answer = await self.lead.patch(f"/webhooks/{self.id}", json=body)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


MakeEndpoint = Callable[..., Awaitable[Endpoint]]
Later = Callable[..., Awaitable[None]]


async def done() -> None:
    """Wait until every job has run."""
    assert await jobs.drained(database(), 30)


@pytest_asyncio.fixture(loop_scope="session")
async def endpoint(person: SignedIn) -> AsyncIterator[MakeEndpoint]:
    """`await endpoint(...)` sets one up with a receiver; it is deleted afterwards, so that other
    tests' cases are told to nobody.
    """
    async with AsyncExitStack() as servers:
        made: list[Endpoint] = []

        async def make(receiver: Receiver | None = None, **body: Any) -> Endpoint:
            receiver = receiver or Receiver()
            receiver.address = await servers.enter_async_context(serving(receiver))
            lead = await person(MO)
            answer = await lead.post("/webhooks", json={"url": f"{receiver.address}/in"} | body)
            assert answer.status_code == 201, answer.text
            receiver.secrets.append(answer.json()["secret"])
            made.append(Endpoint(lead, answer.json()["id"], receiver))
            return made[-1]

        yield make
        await done()
        for one in made:
            (await one.lead.delete(f"/webhooks/{one.id}")).raise_for_status()
        await done()


@pytest.fixture
def later(clock_at: ClockAt) -> Later:
    """`await later(minutes=5)` moves the product's clock and does what is due by then."""

    async def move(**how_far: float) -> None:
        clock_at(clock.now() + timedelta(**how_far))
        await timers.run_due()
        await done()

    return move


@pytest_asyncio.fixture(loop_scope="session")
async def outside(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The case system, with its token; addresses begin below `/api/v1`."""
    monkeypatch.setattr(settings(), "case_system_token", SecretStr(TOKEN))
    made = client_of(app, headers={"Authorization": f"Bearer {TOKEN}"})
    made.base_url = httpx.URL("http://product.test/api/v1")
    async with made:
        yield made


async def opened(someone: httpx.AsyncClient, **fields: Any) -> str:
    """The number of a new case."""
    answer = await someone.post("/cases", json=CASE | fields)
    return str(answer.raise_for_status().json()["number"])


def update(version: int = 1, **fields: Any) -> dict[str, Any]:
    """A message of the case system."""
    return {"event_id": uuid.uuid4().hex, "version": version} | fields
