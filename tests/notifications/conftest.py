"""An account of each test's own."""

import pytest_asyncio

from tests.conftest import SignedIn
from tests.virtual_accounts.world import World, make_world


@pytest_asyncio.fixture(loop_scope="session")
async def world(person: SignedIn) -> World:
    """An account with a tree and nobody in it."""
    return await make_world(person)
