"""The way back: what the desk did with a case appears in the chat it came from, and news about an
order in the latest chat of whoever follows it.

A job of the event, not a call: it happens once, also when this process was down meanwhile.
"""

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.models import Conversation, Message
from assistant.wording import say
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person
from backend.core.jobs import job


@job(
    "deliver_case_news",
    after=("case_replied", "training_scheduled", "case_closed", "case_cancelled", "case_merged"),
)
async def deliver_case_news(event_id: str) -> None:
    """Put a reply, a schedule or an end into the requester's chat, once."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        told = event.details
        if event.actor == told["requester"]:
            return
        actor = await session.get(Person, event.actor)
        draft = _draft(event, told, actor.name if actor else event.actor)
        await _deliver(
            session, event, told["requester"], told.get("conversation"), draft, author=event.actor
        )


@job("deliver_order_news", after=("order_news",))
async def deliver_order_news(event_id: str) -> None:
    """Put what an order waits for now, or that it is done, into a follower's chat, once."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        draft = Draft(say("news.order_news", text=event.text), role="system")
        await _deliver(session, event, event.details["person"], None, draft)


async def _deliver(
    session: AsyncSession, event: Event, person: str, conversation_id: str | None, draft: Draft,
    author: str | None = None,
) -> None:  # fmt: skip
    """Into this conversation of the person's, or the latest one; nobody is told in none."""
    there = await session.exec(select(Message.seq).where(Message.event_id == event.id))
    if there.first() is not None:
        return
    conversation_id = conversation_id or await repository.newest_of(session, person)
    known = await session.get(Conversation, conversation_id) if conversation_id else None
    if known is None or known.person != person:
        return
    conversation = await repository.locked(session, known.id)
    await storage.store_draft(session, conversation, draft, None, author=author, event_id=event.id)


def _draft(event: Event, told: dict[str, Any], name: str) -> Draft:
    case = {"number": told["case"], "title": told["title"], "status": told["status"]}
    if event.type == "case_replied":
        return Draft(str(told["said"]), role="person", case=case)
    into = told.get("into", "")
    said = say(f"news.{event.type}", text=event.text, name=name, case=case["number"], into=into)
    return Draft(said, role="system", case=case)
