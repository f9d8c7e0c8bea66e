"""One account for the whole walk, with somebody of every role and something of each kind."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.conftest import client_of
from tests.policy.walk import Ground, make_ground


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground(app: FastAPI) -> AsyncIterator[Ground]:
    """The account that is walked over. Only dry runs and reads happen in it."""
    async with AsyncExitStack() as clients:

        async def signed_in(email: str) -> httpx.AsyncClient:
            async with client_of(app) as visitor:
                told = await visitor.post("/api/v1/auth/demo", json={"email": email})
            token = told.raise_for_status().json()["access_token"]
            made = client_of(app, headers={"Authorization": f"Bearer {token}"})
            made.base_url = httpx.URL("http://product.test/api/v1")
            return await clients.enter_async_context(made)

        yield await make_ground(signed_in)
