"""The desk as it happens: one stream a page, which only says "look again".

What is looked at comes from the database, so a wake-up that gets lost costs seconds, no data.
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from assistant.console.door import HOME, Agent
from assistant.conversations.hub import DESK, hub
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


@router.get("/stream", response_class=EventSourceResponse)
async def stream(_agent: Agent) -> AsyncIterator[ServerSentEvent]:
    """An event `changed` whenever the desk's pages should look again, and at the start."""
    async with hub().waiting(DESK) as changed:
        open_ = True
        while open_:
            changed.clear()
            yield ServerSentEvent(data="look", event="changed", retry=2000)
            open_ = await hub().wait(asyncio.Event(), PAUSE_SECONDS)
            open_ = open_ and await hub().wait(changed, REREAD_SECONDS)
