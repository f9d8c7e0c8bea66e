"""Who has a conversation: one function for every way from the assistant to a person and back.

    bot ──▶ waiting ──▶ person ──▶ bot
     ╰────────────────▶ person ──▶ closed ──▶ bot (the person writes again)

Each move counts up `moves`, by which a turn that was under way notices it; ends the hand-over or
begins one; and is an event. What the transcript says of it is its caller's.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation
from assistant.conversations.storage import wake_after_commit
from assistant.handoff import queue
from assistant.handoff.models import Handover
from backend.core import clock
from backend.core.database import after_commit
from backend.core.events import Acting, record
from backend.core.problems import conflict

Status = Literal["bot", "waiting", "person", "closed"]
Reason = Literal[
    "requested", "not_understood", "no_knowledge", "unsupported", "policy", "tool_failure",
    "abuse", "taken_over",
]  # fmt: skip
End = Literal["handed_back", "closed", "left", "case"]
_ALLOWED: dict[str, frozenset[str]] = {
    "bot": frozenset({"waiting", "person"}),
    "waiting": frozenset({"person", "bot"}),
    "person": frozenset({"person", "bot", "closed"}),
    "closed": frozenset({"bot", "person"}),
}


@dataclass(frozen=True)
class Move:
    """Where a conversation goes: with `reason` on the way to a person, with `end` on the way
    back. `settled` is what the person and the agent agreed on, for the engines.
    """

    to: Status
    reason: Reason | None = None
    agent: str | None = None
    end: End | None = None
    settled: str | None = None


async def move(
    session: AsyncSession, conversation: Conversation, step: Move, acting: Acting
) -> Handover | None:
    """Make the move on a conversation whose row is locked. Raises 409 where there is no way."""
    before = conversation.status
    if step.to not in _ALLOWED[before]:
        raise conflict(
            "hand-over",
            "The conversation can’t go there",
            f"It is {before}, and {step.to} does not follow from that.",
            "Read the conversation again; somebody else may have been faster.",
        )
    handover = await queue.open_handover(session, conversation.id)
    if step.to in ("waiting", "person"):
        handover = _toward_person(conversation, handover, step)
    elif handover is not None:
        handover.ended_at, handover.end, handover.settled = clock.now(), step.end, step.settled
    conversation.status, conversation.agent = step.to, step.agent
    conversation.reason = handover.reason if handover and step.to in ("waiting", "person") else None
    if conversation.reason is not None:
        repository.note_hand_off(conversation, conversation.reason)
    conversation.moves += 1
    conversation.updated_at = clock.now()
    session.add_all([conversation, *([handover] if handover else [])])
    await session.flush()
    await record(
        session,
        _event(before, step),
        acting.model_copy(update={"conversation": conversation.id}),
        subject=conversation.id,
        text=_told(before, step),
        details={
            "from": before, "to": step.to, "reason": step.reason or conversation.reason,
            "agent": step.agent, "end": step.end,
        },
    )  # fmt: skip
    wake_after_commit(session, conversation.id)
    if "waiting" in (before, step.to):
        await _wake_queue(session)
    return handover


def _toward_person(conversation: Conversation, handover: Handover | None, step: Move) -> Handover:
    """The hand-over that begins or goes on; whoever takes a chat ends its waiting."""
    if handover is None:
        handover = Handover(
            conversation_id=conversation.id,
            reason=step.reason or "taken_over",
            begins_after=conversation.last_seq,
        )
    if step.to == "person":
        handover.taken_at = handover.taken_at or clock.now()
        handover.agent = step.agent
    return handover


def _event(before: str, step: Move) -> str:
    if step.to == "person":
        return "chat_passed_on" if before == "person" else "chat_taken_over"
    if step.to == "bot":
        if step.end in ("left", "case"):
            return "chat_left_queue"
        return "chat_reopened" if before == "closed" else "chat_handed_back"
    return {"waiting": "chat_waits", "closed": "chat_closed"}[step.to]


def _told(before: str, step: Move) -> str:
    why = f" ({step.reason or step.end})" if step.reason or step.end else ""
    return f"Chat: {before} → {step.to}{why}"


async def _wake_queue(session: AsyncSession) -> None:
    """Everybody's place in the queue has changed: those who wait are told."""
    for one in await queue.waiting(session):
        after_commit(session, partial(hub().wake, one.conversation_id))
