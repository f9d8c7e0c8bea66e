"""Which messages come into the review inbox: noted in the transaction that found them out, so
that none is missed and nothing has to be searched for. Their words are masked and grouped later.
"""

import re
from typing import Any, Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations.models import Message
from assistant.review.certainty import FALLBACK, guesses, unsure
from assistant.review.models import ReviewItem
from backend.core.database import insert_into
from backend.core.ids import new_id

Cause = Literal["unsure", "fallback", "disliked", "corrected", "not_understood"]
_CORRECTS = re.compile(
    r"\b(i (meant|mean)|not what i (meant|mean|asked|said|wanted|want)|you misunderst\w+|"
    r"(that|this|it) (is|was|s) (wrong|not it|not right)|wrong answer)\b"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


async def answered(session: AsyncSession, message: Message, why: dict[str, Any]) -> None:
    """Note a message that was just answered if the engine was guessing, and the one before it if
    this one says that it was misunderstood.
    """
    if not _has_words(message):
        return
    if _CORRECTS.search(" ".join(re.sub(r"[^\w]+", " ", message.text.lower()).split())):
        before = await _before(session, message)
        if before is not None and _has_words(before):
            await _note(session, before, before.why or {}, "corrected")
    intent = (why.get("intent") or {}).get("name")
    if intent is None or (intent != FALLBACK and not unsure(guesses(why))):
        return
    # In a form, words may be an answer: what an engine would take them for tells nothing.
    before = await _before(session, message)
    if before is None or not (before.why or {}).get("active_form"):
        await _note(session, message, why, "fallback" if intent == FALLBACK else "unsure")


async def disliked(session: AsyncSession, answer: Message) -> None:
    """Note the message whose answer got a thumb down."""
    if answer.in_reply_to is None:
        return
    asked = await session.get(Message, (answer.conversation_id, answer.in_reply_to))
    if asked is not None and _has_words(asked):
        await _note(session, asked, asked.why or {}, "disliked")


async def not_understood(session: AsyncSession, conversation_id: str) -> None:
    """Note the last words before a conversation went to a person since it was not understood."""
    rows = await session.exec(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.role == "user")
        .order_by(col(Message.seq).desc())
        .limit(1)
    )
    last = rows.first()
    if last is not None and _has_words(last):
        await _note(session, last, last.why or {}, "not_understood")


def _has_words(message: Message) -> bool:
    """Whether a person typed words: a button's title or a file's name teaches nothing."""
    typed = message.role == "user" and message.payload is None and message.file_id is None
    return typed and _WORD.search(message.text) is not None


async def _before(session: AsyncSession, message: Message) -> Message | None:
    rows = await session.exec(
        select(Message)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.seq < message.seq,
            Message.role == "user",
        )
        .order_by(col(Message.seq).desc())
        .limit(1)
    )
    return rows.first()


async def _note(session: AsyncSession, message: Message, why: dict[str, Any], cause: Cause) -> None:
    """Once a message: the first cause stays."""
    thought = guesses(why)
    best = thought[0] if thought else {"name": None, "confidence": None}
    await session.exec(
        insert_into(session, ReviewItem)
        .values(
            id=new_id(),
            conversation_id=message.conversation_id,
            message_seq=message.seq,
            cause=cause,
            intent=best["name"],
            confidence=best["confidence"],
            guesses=thought,
            entities=[],
            at=message.at,
        )
        .on_conflict_do_nothing(index_elements=["conversation_id", "message_seq"])
    )
