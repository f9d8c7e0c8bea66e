"""What a talk with an agent came to, for the engine that goes on: by plain rules, no model."""

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.models import Conversation, Message
from assistant.handoff import queue
from backend.core.identity import people

MOST_MESSAGES = 200
LONGEST = 300  # characters of one message
AGENT_LINES = 2


async def of_talk(session: AsyncSession, conversation: Conversation) -> str | None:
    """What was asked, what the agent said last, and what the person said to it; None when the
    agent said nothing.
    """
    handover = await queue.open_handover(session, conversation.id)
    begin = handover.begins_after if handover else 0
    start = max(begin - 1, conversation.last_seq - MOST_MESSAGES, 0)
    said = await repository.messages_after(session, conversation.id, start, MOST_MESSAGES + 1)
    authors = await people(session, [m.author for m in said])
    answers = [m for m in said if m.role == "person" and m.case is None]
    if not answers:
        return None
    asked = [m for m in said if m.role == "user" and m.payload is None and m.seq < answers[0].seq]
    after = [m for m in said if m.role == "user" and m.seq > answers[-1].seq]
    parts = [f"Asked: “{_short(asked[-1])}”."] if asked else []
    for answer in answers[-AGENT_LINES:]:
        author = authors.get(answer.author or "")
        parts.append(f"{author.name if author else 'The agent'}: “{_short(answer)}”")
    if after:
        parts.append(f"The person then said: “{_short(after[-1])}”")
    return " ".join(parts)


def _short(message: Message) -> str:
    text = " ".join(message.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
