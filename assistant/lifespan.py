"""What lives as long as the process: schema, jobs, timers, wake-ups, and repair after a crash."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI

from assistant.conversations import turns
from assistant.conversations.hub import Hub, use_hub
from assistant.engines import agent, rasa
from assistant.proposals.service import finish_confirmed
from backend.core import jobs, timers
from backend.core.database import Database, use_database
from backend.core.migrations import migrate
from backend.core.settings import settings

RASA_SECONDS = 60
log = structlog.get_logger(__name__)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
timers.timer("finish_confirmed")(finish_confirmed)


def lifespan(
    prepare: Callable[[Database], Coroutine[Any, Any, None]],
    beside: Callable[[], AbstractAsyncContextManager[None]],
) -> Lifespan:
    """Slot → migrate → jobs → `prepare` (demo data) → traffic; the reverse at the end.

    The slot comes first: a second process on the same SQLite file is refused before it could
    migrate what the first one uses. `beside` gives what else runs while there is traffic.
    """

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        config = settings()
        config.refuse_default_secrets()
        config.state_dir.mkdir(parents=True, exist_ok=True)
        db, hub = Database(config.database), Hub(config.redis_url)
        use_database(db)
        use_hub(hub)
        slot = jobs.Slot(db)
        await slot.take()
        try:
            await migrate(db)
            await jobs.start(db, slot)
            await prepare(db)
            if db.on_sqlite:
                await turns.forget_leases()
            async with hub.listening(), timers.ticking(), beside():
                beginning = [
                    asyncio.create_task(_repair()), asyncio.create_task(agent.tell_what_it_can()),
                ]  # fmt: skip
                yield
                hub.closing.set()
                for task in beginning:
                    task.cancel()
                await asyncio.gather(*beginning, return_exceptions=True)
        finally:
            await jobs.stop(slot)
            await rasa.close()
            await db.dispose()
            use_database(None)
            use_hub(None)

    return living


async def _repair() -> None:
    """Finish what a crash cut short: first what was confirmed, then what was not answered.

    Rasa may be starting as well: messages that have waited so long rather wait for it than be
    answered that it is not there. The agent's do not need it.
    """
    try:
        await finish_confirmed(older_than=timers.NOW)
        if agent.available():
            await turns.answer_left_over("agent")
        for _ in range(RASA_SECONDS):
            if await rasa.ready():
                break
            await asyncio.sleep(1)
        await turns.answer_left_over()
    except Exception:
        log.exception("repair_failed")
