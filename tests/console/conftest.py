"""Support agents at their desk, and people who ask for something."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from backend.core.auth import COOKIE
from tests.conftest import Newcomer, SignIn, client_of

Desk = Callable[[str], Awaitable[httpx.AsyncClient]]


def working_day(number: int) -> date:
    """The working day `number` working days after today."""
    day = date.today()  # noqa: DTZ011 - days are counted as people count them
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


@pytest_asyncio.fixture(loop_scope="session")
async def desk(app: FastAPI, sign_in: SignIn) -> AsyncIterator[Desk]:
    """`await desk(email)` is somebody's browser, signed in by its cookie."""
    async with AsyncExitStack() as browsers:

        async def sit_down(email: str) -> httpx.AsyncClient:
            token = (await sign_in(email))["Authorization"].removeprefix("Bearer ")
            browser = client_of(
                app, cookies={COOKIE: token}, headers={"Origin": "http://product.test"}
            )
            return await browsers.enter_async_context(browser)

        yield sit_down


@pytest_asyncio.fixture(loop_scope="session")
async def lee(desk: Desk) -> httpx.AsyncClient:
    """An agent of all queues."""
    return await desk("lee@support.example")


@pytest_asyncio.fixture(loop_scope="session")
async def mo(desk: Desk) -> httpx.AsyncClient:
    """The lead."""
    return await desk("mo@support.example")


@pytest_asyncio.fixture(loop_scope="session")
async def asker(newcomer: Newcomer) -> httpx.AsyncClient:
    """A customer whom no other test knows."""
    return await newcomer(name="Ada Askwell", time_zone="Asia/Tokyo")


async def open_case(asker: httpx.AsyncClient, **fields: Any) -> str:
    """The number of a new case."""
    body = {
        "category": "orders",
        "title": f"Order {uuid.uuid4().hex[:6]} is stuck",
        "description": "It does not move.",
    }
    answer = await asker.post("/cases", json=body | fields)
    return str(answer.raise_for_status().json()["number"])


async def ask_for_training(asker: httpx.AsyncClient, **fields: Any) -> str:
    """The number of a new training case."""
    body = {
        "kind": "training",
        "portal": "clc",
        "topics": ["Orders"],
        "attendees": 3,
        "windows": [{"start": f"{working_day(5)}T15:00"}],
        "time_zone": "Asia/Tokyo",
        "language": "en",
    }
    answer = await asker.post("/training-engagements", json=body | fields)
    return str(answer.raise_for_status().json()["number"])


@pytest.fixture
def htmx() -> dict[str, str]:
    """The headers by which htmx asks for parts of a page."""
    return {"HX-Request": "true"}
