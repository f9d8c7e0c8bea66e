"""The app's loop, for tests that are functions and call the app; and time that is a test's own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import delete, update
from sqlmodel import col, select

from backend.accounts.models import PENDING, SmartAccountRequest
from backend.core import clock, jobs
from backend.core.database import database
from backend.notifications.models import Mail

PAUL = "paul@fabrikam.example"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def loop(app: FastAPI) -> asyncio.AbstractEventLoop:
    """The app's loop."""
    return asyncio.get_running_loop()


@pytest_asyncio.fixture(loop_scope="session")
async def own_time(app: FastAPI) -> AsyncIterator[None]:
    """Where the clock moves by months: the demo world's requests do not age meanwhile, and no
    mail of the future stays to stand before everybody's in the outbox.
    """
    waiting = select(SmartAccountRequest).where(
        SmartAccountRequest.requester == PAUL, col(SmartAccountRequest.status).in_(PENDING)
    )
    async with database().write() as session:
        ends = {}
        for request in (await session.exec(waiting)).all():
            assert request.expires_at is not None
            ends[request.id] = request.expires_at
            request.expires_at += timedelta(days=36500)
            session.add(request)
    yield
    clock.set_offset(0)
    assert await jobs.drained(database(), 60)
    async with database().write() as session:
        for id_, end in ends.items():
            await session.exec(
                update(SmartAccountRequest)
                .where(col(SmartAccountRequest.id) == id_)
                .values(expires_at=end)
            )
        await session.exec(delete(Mail).where(col(Mail.at) > datetime.now(UTC)))
