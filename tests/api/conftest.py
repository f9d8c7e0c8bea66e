"""The API by its own document: what exists, what it takes, and things that really are there."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.conftest import NORTHWIND, Newcomer
from tests.training.requests import request


@pytest.fixture(scope="session")
def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    return app.openapi()


@pytest.fixture(scope="session")
def routes(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, description) of every documented call."""
    return [
        (method.upper(), path, route)
        for path, methods in document["paths"].items()
        for method, route in methods.items()
    ]


class Known:
    """Somebody with a case and a conversation, and what stands in paths to reach them."""

    def __init__(self, owner: httpx.AsyncClient, **places: str) -> None:
        self.owner = owner
        self.places = {"proposal_id": "0" * 32} | places


async def known_of(owner: httpx.AsyncClient) -> Known:
    """A case and a conversation of this person's, with a file in it."""
    case = await owner.post("/training-engagements", json=request(open_another=True))
    number = case.json()["number"]
    file = {"file": ("a.txt", b"hello", "text/plain")}
    attached = await owner.post(f"/cases/{number}/attachments", files=file)
    talk = await owner.post("/conversations", json={"portal": "clc"})
    return Known(
        owner,
        case_number=number,
        attachment_id=attached.json()["thread"][-1]["details"]["attachment"],
        conversation_id=talk.json()["id"],
    )


@pytest_asyncio.fixture(loop_scope="session")
async def known(newcomer: Newcomer) -> Known:
    """Things of somebody at Northwind whom nobody else knows."""
    return await known_of(await newcomer(roles=((NORTHWIND, "sa_user"),)))
