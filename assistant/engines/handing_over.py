"""What crosses over when Rasa carries on for the agent: the person's words that it did not hear.

The other way needs nothing: the agent's memory is the message table.
"""

from assistant.conversations import repository
from assistant.conversations.models import Message
from assistant.situation import Situation
from backend.core.database import database

MOST = 3
# A task that ended takes its facts with it; one whose card was replaced or expired goes on.
_ENDED = frozenset({"executed", "cancelled"})


async def unheard(situation: Situation) -> list[Message]:
    """The newest words that only the agent answered, oldest first, and of this task only."""
    begin = await _task_begins(situation)
    answered = {
        message.in_reply_to
        for message in situation.recent
        if message.engine == "agent" and message.role == "bot"
    }
    words = [
        message
        for message in situation.recent
        if begin < message.seq < situation.message.seq
        and message.seq in answered
        and message.payload is None
        and message.file_id is None
    ]
    return words[-MOST:]


async def _task_begins(situation: Situation) -> int:
    """The number of the last message that is behind us: a card's end, a support agent's words,
    or the person's words that Rasa heard.
    """
    recent = situation.recent
    behind = [
        message.seq
        for message in recent
        if "intent" in (message.why or {})
        or (message.role == "person" and message.case is None)
        or (message.card or {}).get("kind") == "receipt"
    ]
    async with database().read() as session:
        cards = await repository.proposals_by_id(session, [m.proposal_id for m in recent])
    ended = [card for card in cards.values() if card.status in _ENDED]
    behind += [int((card.result or {}).get("reply_seq") or 0) for card in ended]
    return max(behind, default=0)
