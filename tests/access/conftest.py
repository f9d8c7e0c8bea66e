"""A company of one's own, and what is read from the database to hold it against."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import col, select

from backend.core import jobs
from backend.core.database import database
from backend.core.events import Event
from backend.notifications.models import Mail
from tests.access.company import Company, found_company
from tests.conftest import SignedIn

Found = Callable[..., Awaitable[Company]]


@pytest.fixture
def found(person: SignedIn) -> Found:
    """`await found(visibility="restricted")` makes a company with an account like that."""

    async def make(**account: Any) -> Company:
        return await found_company(person, **account)

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def company(found: Found) -> Company:
    """A company whose account is active, unrestricted, with both notices accepted."""
    return await found()


async def events_of(company: Company, *types: str) -> list[Event]:
    """The account's events, oldest first; only these types if named."""
    async with database().read() as session:
        statement = select(Event).where(Event.smart_account_id == company.id)
        if types:
            statement = statement.where(col(Event.type).in_(types))
        return list((await session.exec(statement.order_by(col(Event.at)))).all())


async def mails_to(address: str, *kinds: str) -> list[Mail]:
    """What was mailed to an address, oldest first, once all jobs are done."""
    assert await jobs.drained(database(), 20)
    async with database().read() as session:
        statement = select(Mail).where(Mail.to == address)
        if kinds:
            statement = statement.where(col(Mail.kind).in_(kinds))
        return list((await session.exec(statement.order_by(col(Mail.at)))).all())
