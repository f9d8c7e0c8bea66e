"""The app's loop, for tests that are functions and call the app."""

import asyncio

import pytest_asyncio
from fastapi import FastAPI


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def loop(app: FastAPI) -> asyncio.AbstractEventLoop:
    """The app's loop."""
    return asyncio.get_running_loop()
