"""A chat as the desk reads it: what was said, and why the assistant answered as it did."""

from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import presentation, repository
from assistant.conversations.models import Conversation, Message
from assistant.conversations.schemas import Reply
from assistant.review.certainty import unsure

MOST_MESSAGES = 200
_SHOWN_APART = frozenset(
    {
        "intent",
        "ranking",
        "entities",
        "slots",
        "active_form",
        "requested_slot",
        "seconds",
    }
)


@dataclass(frozen=True)
class Why:
    """What the assistant made of one message.

    `ranking` holds `{name, confidence}`, best first; `facts` is whatever else the engine noted.
    """

    engine: str
    intent: str | None
    confidence: float
    runner_up: dict[str, Any] | None
    ranking: list[dict[str, Any]]
    entities: list[dict[str, Any]]
    slots: dict[str, Any]
    form: str | None
    requested_slot: str | None
    seconds: float | None
    facts: dict[str, Any]

    @property
    def unsure(self) -> bool:
        """Whether the engine was guessing. A button's payload is certain."""
        best = {"name": self.intent, "confidence": self.confidence}
        others = [self.runner_up] if self.runner_up else []
        return self.intent is not None and unsure([best, *others])


@dataclass(frozen=True)
class Line:
    """One message and, where a person's message was answered, the why of its turn."""

    reply: Reply
    why: Why | None


@dataclass(frozen=True)
class Transcript:
    """The newest messages of a chat; `left_out` earlier ones are not shown."""

    conversation: Conversation
    lines: list[Line]
    left_out: int


async def transcript(session: AsyncSession, conversation: Conversation) -> Transcript:
    """The last messages of a conversation with their whys."""
    start = max(0, conversation.last_seq - MOST_MESSAGES)
    rows = await repository.messages_after(session, conversation.id, start, MOST_MESSAGES)
    shown = await presentation.replies(session, rows, for_support=True)
    engines = {row.in_reply_to: row.engine for row in rows if row.in_reply_to and row.engine}
    lines = [
        Line(reply, _why(row, engines.get(row.seq))) for row, reply in zip(rows, shown, strict=True)
    ]
    return Transcript(conversation, lines, start)


def _why(row: Message, engine: str | None) -> Why | None:
    noted = row.why
    if not noted:
        return None
    ranking = list(noted.get("ranking") or [])
    intent = noted.get("intent") or {}
    others = [r for r in ranking if r.get("name") != intent.get("name")]
    return Why(
        engine=engine or "system",
        intent=intent.get("name"),
        confidence=float(intent.get("confidence") or 0),
        runner_up=others[0] if others else None,
        ranking=ranking,
        entities=list(noted.get("entities") or []),
        slots=dict(noted.get("slots") or {}),
        form=noted.get("active_form"),
        requested_slot=noted.get("requested_slot"),
        seconds=noted.get("seconds"),
        facts={k: v for k, v in noted.items() if k not in _SHOWN_APART and v is not None},
    )
