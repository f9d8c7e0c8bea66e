"""What happens because time has passed: each timer finds what is due and does it.

They run every minute, and at once when a demo moves the clock. A timer must be safe to run
twice at the same moment.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from sqlalchemy import delete
from sqlmodel import col

from backend.core import clock
from backend.core.database import database
from backend.core.unit_of_work import IdempotencyKey

Timer = Callable[[], Awaitable[None]]
EVERY_SECONDS = 60
NOW = timedelta(0)
KEYS_LIVE = timedelta(hours=24)
_timers: dict[str, Timer] = {}
log = structlog.get_logger(__name__)


def timer(name: str) -> Callable[[Timer], Timer]:
    """Register a function that does what is due."""

    def register(function: Timer) -> Timer:
        _timers[name] = function
        return function

    return register


async def run_due() -> None:
    """Run all timers once; one that fails does not keep the others from running."""
    for name, function in _timers.items():
        try:
            await function()
        except Exception:
            log.exception("timer_failed", timer=name)


@asynccontextmanager
async def ticking() -> AsyncIterator[None]:
    """Run the timers every minute while the block lasts."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await run_due()

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@timer("forget_idempotency_keys")
async def forget_idempotency_keys() -> None:
    """Keys are kept for a day; a proposal's key lives as long, well past its 15 minutes."""
    async with database().write() as session:
        await session.exec(
            delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < clock.now() - KEYS_LIVE)
        )
