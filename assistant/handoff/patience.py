"""What time does to those who wait: after a while a case is offered, and nobody is left alone."""

from datetime import timedelta

import structlog
from sqlmodel import col, select

from assistant.conversations import repository, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.models import Conversation
from assistant.handoff import presence, queue
from assistant.handoff.models import Handover, Presence
from assistant.handoff.rules import rules
from assistant.wording import say, wording
from backend.core import clock
from backend.core.database import database
from backend.core.identity import Person
from backend.core.timers import timer

log = structlog.get_logger(__name__)


@timer("offer_case_to_waiting")
async def offer_case_to_waiting() -> None:
    """Whoever waits too long, or for a desk that has gone, is offered a case; once."""
    async with database().read() as session:
        there = (await presence.availability(session)).anybody
        late = clock.now() - timedelta(minutes=rules().wait_minutes)
        due = [
            one for one in await queue.waiting(session)
            if one.offered_at is None and (not there or one.asked_at <= late)
        ]  # fmt: skip
    for one in due:
        told = say("handoff.long_wait" if there else "handoff.desk_left")
        await _offer(one, Draft(
            told, role="system", buttons=list(wording("handoff.long_wait_buttons"))
        ), "waiting")  # fmt: skip


@timer("offer_way_out_of_silence")
async def offer_way_out_of_silence() -> None:
    """An agent's console has gone in the middle of a chat, and the person spoke last."""
    gone = clock.now() - timedelta(minutes=rules().silent_minutes)
    async with database().read() as session:
        rows = await session.exec(
            select(Handover, Conversation, Person)
            .join(Conversation, col(Conversation.id) == Handover.conversation_id)
            .join(Person, col(Person.id) == Conversation.agent)
            .join(Presence, col(Presence.person) == Conversation.agent)
            .where(
                col(Handover.ended_at).is_(None),
                Conversation.status == "person",
                col(Presence.until) < gone,
                col(Conversation.agent_seen) < col(Conversation.last_seq),
                col(Conversation.updated_at) < gone,
            )
        )
        due = [(one, agent) for one, _, agent in rows.all() if not _offered_since_taken(one)]
    for one, agent in due:
        told = say("handoff.agent_silent", name=agent.name)
        await _offer(one, Draft(
            told, role="system", buttons=list(wording("handoff.agent_silent_buttons"))
        ), "person")  # fmt: skip


def _offered_since_taken(one: Handover) -> bool:
    return one.offered_at is not None and (one.taken_at is None or one.offered_at >= one.taken_at)


async def _offer(due: Handover, draft: Draft, status: str) -> None:
    async with database().write() as session:
        conversation = await repository.locked(session, due.conversation_id)
        handover = await session.get_one(Handover, due.id, populate_existing=True)
        moved = conversation.status != status or handover.ended_at is not None
        if moved or handover.offered_at != due.offered_at:
            return
        handover.offered_at = clock.now()
        session.add(handover)
        await storage.store_draft(session, conversation, draft, "system")
