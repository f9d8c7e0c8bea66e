"""People who work on orders, each in a company that no other test knows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.access.conftest import company, found
from tests.accounts import world
from tests.conftest import Newcomer

__all__ = ["company", "found"]


@dataclass
class Somebody:
    """A signed-in person."""

    http: httpx.AsyncClient
    email: str
    domain: str

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer's body; fails unless it is 200."""
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def status(self, path: str) -> int:
        return (await self.http.get(path)).status_code

    async def numbers(self, **params: Any) -> list[str]:
        """The numbers of the orders in the list, from all its pages."""
        found: list[str] = []
        while True:
            page = await self.get("/orders", **params)
            assert len(page["items"]) <= params.get("limit", 50)
            found += [one["number"] for one in page["items"]]
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]


Arrive = Callable[..., Awaitable[Somebody]]


@pytest.fixture
def somebody(newcomer: Newcomer) -> Arrive:
    """`await somebody()` is of a company of their own, `await somebody(domain)` of this one."""

    async def arrive(domain: str | None = None, **fields: Any) -> Somebody:
        domain = domain or await world.company()
        http = await newcomer(organization=domain, **fields)
        return Somebody(http, http.email, domain)  # type: ignore[attr-defined]

    return arrive
