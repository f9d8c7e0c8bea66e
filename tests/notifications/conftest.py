"""A mail server and a courier that brings it what these tests write; an account of one’s own."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import select

from backend.core.database import database
from backend.core.events import Acting, record
from backend.core.settings import settings
from backend.notifications import courier
from backend.notifications.models import Mail, MailState
from tests.conftest import SignedIn
from tests.notifications.post_office import PostOffice
from tests.virtual_accounts.world import World, make_world

Write = Callable[..., Awaitable[str]]
UNDER_WAY = {MailState.WAITING, MailState.HANDING_OVER}


@pytest_asyncio.fixture(loop_scope="session")
async def world(person: SignedIn) -> World:
    """An account with a tree and nobody in it."""
    return await make_world(person)


@pytest.fixture
def open_office() -> Iterator[Callable[..., PostOffice]]:
    """`open_office(...)` starts a mail server, which stays longer than the courier."""
    with ExitStack() as offices:
        yield lambda **options: offices.enter_context(PostOffice(**options))


@pytest.fixture
def post_office(open_office: Callable[..., PostOffice]) -> PostOffice:
    """A mail server that takes what comes."""
    return open_office()


@pytest_asyncio.fixture(loop_scope="session")
async def deliver(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, open_office: Callable[..., PostOffice]
) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """`await deliver(url)` starts the courier of this process with that server."""
    async with AsyncExitStack() as running:

        async def start(url: str) -> None:
            monkeypatch.setattr(settings(), "smtp_url", SecretStr(url))
            await running.enter_async_context(courier.delivering())

        yield start


async def written(to: str | None = None, **fields: Any) -> str:
    """Put a plain mail into the outbox, waiting to be sent; its id."""
    address = to or f"{uuid.uuid4().hex[:10]}@northwind.example"
    async with database().write() as session:
        event = await record(
            session, "tested", Acting(person="test"), subject=address, text="A test writes a mail"
        )
        told = {
            "kind": "test", "subject": "Hello", "text": "Hello there.\n", "html": "<p>Hello there.",
            "state": MailState.WAITING,
        } | fields  # fmt: skip
        mail = Mail(event_id=event.id, to=address, **told)
        session.add(mail)
        mail_id = mail.id
    courier.wake()
    return mail_id


async def mail_of(mail_id: str) -> Mail:
    """The row as it is now."""
    async with database().read() as session:
        return (await session.exec(select(Mail).where(Mail.id == mail_id))).one()


async def until(mail_id: str, *states: str, seconds: float = 15) -> Mail:
    """The row, once it is in one of these states."""
    return await _once(mail_id, lambda mail: mail.state in states, seconds)


async def refused(mail_id: str) -> Mail:
    """The row, once it says what went wrong."""
    return await _once(mail_id, lambda mail: mail.error is not None, 20)


async def _once(mail_id: str, is_so: Callable[[Mail], bool], seconds: float) -> Mail:
    async with asyncio.timeout(seconds):
        while not is_so(mail := await mail_of(mail_id)):  # noqa: ASYNC110 - another process may
            await asyncio.sleep(0.02)
    return mail
