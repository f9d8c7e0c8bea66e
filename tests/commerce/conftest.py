"""Commerce, as it tells of orders."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr

from backend.core.settings import settings
from tests.access.conftest import company, found
from tests.commerce.messages import TOKEN
from tests.conftest import client_of

__all__ = ["company", "found"]


@pytest_asyncio.fixture(loop_scope="session")
async def commerce(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of Commerce, whose addresses begin below `/api/v1`."""
    monkeypatch.setattr(settings(), "commerce_token", SecretStr(TOKEN))
    made = client_of(app, headers={"Authorization": f"Bearer {TOKEN}"})
    made.base_url = httpx.URL("http://product.test/api/v1")
    async with made:
        yield made
