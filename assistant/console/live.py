"""The desk as it happens: one stream a page, which only says "look again".

What is looked at comes from the database, so a wake-up that gets lost costs seconds, no data.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from assistant.console.door import HOME, Agent
from assistant.conversations import repository
from assistant.conversations.hub import DESK, hub
from assistant.handoff import presence
from backend.core.database import database
from backend.core.identity import Person
from backend.core.jobs import job

REREAD_SECONDS = 20.0
# However much happens at once, a page looks again at most this often.
PAUSE_SECONDS = 0.5
router = APIRouter(prefix=HOME, include_in_schema=False)


@job(
    "wake_desk",
    after=(
        "training_requested",
        "case_opened",
        "case_claimed",
        "case_assigned",
        "case_replied",
        "case_noted",
        "case_noted_internally",
        "case_updated",
        "case_status_changed",
        "case_closed",
        "case_cancelled",
        "case_due_soon",
        "case_breached",
        "case_merged",
        "case_took_over",
        "case_linked",
        "case_unlinked",
        "case_tagged",
        "case_handed_over",
        "case_suggested",
        "case_suggestion_dismissed",
        "case_recategorised",
        "case_macro_run",
        "canned_reply_created",
        "canned_reply_changed",
        "canned_reply_deleted",
        "training_scheduled",
        "training_rescheduled",
        "case_attachment",
        "account_requested",
        "account_request_approved",
        "account_request_accepted",
        "account_activated",
        "account_upgraded",
        "account_request_declined",
        "account_invitation_declined",
        "account_request_cancelled",
        "account_request_expired",
        "account_invited_changed",
        "administrator_replaced",
    ),
)
async def wake_desk(_event_id: str) -> None:
    """A case or a Smart Account request changed: open pages of the console look again."""
    await hub().wake(DESK)


BEAT_SECONDS = 10.0
# Open streams of each agent in this process: who closes the last one is no longer there.
_open: Counter[str] = Counter()
_leaving: set[asyncio.Task[None]] = set()


@router.get("/stream", response_class=EventSourceResponse)
async def stream(
    agent: Agent, chat: Annotated[str, Query(max_length=64)] = ""
) -> AsyncIterator[ServerSentEvent]:
    """An event `changed` whenever the desk's pages should look again, and at the start; on the
    page of a chat also `typing`, with the name of who does. While it is open, the agent is there.
    """
    watched = [chat] if chat and await _may_read(agent, chat) else []
    _open[agent.id] += 1
    try:
        async with aclosing(events(lambda: presence.beat(agent), watched)) as happening:
            async for event in happening:
                yield event
    finally:
        _open[agent.id] -= 1
        if _open[agent.id] <= 0 and not hub().closing.is_set():
            _leave(agent)


async def events(
    beat: Callable[[], Awaitable[None]], watched: list[str]
) -> AsyncGenerator[ServerSentEvent]:
    """What a page is told; `beat` is called now and then while somebody listens."""
    async with hub().waiting(DESK, *watched) as changed:
        open_, told, beaten, looked = True, 0.0, 0.0, -1
        while open_:
            changed.clear()
            if time.monotonic() - beaten > BEAT_SECONDS:
                beaten = time.monotonic()
                await beat()
            typing = hub().typing(watched[0], "user") if watched else None
            fresh = typing is not None and typing[1] > told
            if typing is not None and fresh:
                told = typing[1]
                yield ServerSentEvent(data=typing[0], event="typing")
            if not fresh or hub().rings != looked:
                looked = hub().rings
                yield ServerSentEvent(data="look", event="changed", retry=2000)
            open_ = await hub().wait(asyncio.Event(), PAUSE_SECONDS)
            open_ = open_ and await hub().wait(changed, REREAD_SECONDS)


def _leave(agent: Person) -> None:
    """Note it in a task of its own: the one that streamed is being cancelled."""
    leaving = asyncio.create_task(_left(agent))
    _leaving.add(leaving)
    leaving.add_done_callback(_leaving.discard)


async def _left(agent: Person) -> None:
    """Unless the agent's next page is open by now."""
    if _open[agent.id] <= 0:
        await presence.leave(agent)


async def _may_read(agent: Person, chat: str) -> bool:
    async with database().read() as session:
        return await repository.readable(session, agent, chat) is not None
