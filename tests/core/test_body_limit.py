"""A request's body is bounded, whether or not it says how long it is."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from backend.core.body_limit import LARGEST_BODY
from tests.conftest import SignedIn

PIECE = b"x" * (1024 * 1024)


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


@pytest.mark.parametrize("path", ["/cases", "/conversations", "/auth/demo"])
async def test_that_an_endless_body_is_refused_with_a_next_step(
    app: FastAPI, person: SignedIn, path: str
) -> None:
    nadia = await person("nadia@northwind.example")
    refused = await nadia.post(
        path,
        content=pieces(LARGEST_BODY // len(PIECE) + 1),
        headers={"Content-Type": "application/json"},
    )
    assert refused.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["hint"] == "Send less at once."
