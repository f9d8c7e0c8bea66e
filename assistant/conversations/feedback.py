"""What people think of answers and of whole conversations, and when they are asked.

One opinion of each answer and one of the whole: a changed mind takes the place of the former,
and saying the same again changes nothing.
"""

import re
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository
from assistant.conversations.drafts import Draft
from assistant.conversations.models import Conversation, Feedback, Message, number_of
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import FeedbackIn, FeedbackKept
from assistant.review import intake
from assistant.wording import say
from backend.core import clock
from backend.core.database import database
from backend.core.identity import Person
from backend.core.problems import FieldError, invalid

RATING = "rating"
_FAREWELLS = frozenset({"thanks", "goodbye"})
# What says so by itself, for engines that name no intent.
_FAREWELL = re.compile(
    r"((ok|okay|great|perfect|super|cool|fine|nice|alright|all good|that s all|that is all|"
    r"that was all|no|many|very much|so much|a lot|for your help|for the help|for now|then|and|"
    r"thanks|thank you|thx|ty|cheers|much appreciated|bye|bye bye|goodbye|good bye|see you|"
    r"have a (nice|good) day|ciao) ?)+"
)
_TAKES_LEAVE = re.compile(
    r"\b(thanks|thank you|thx|ty|cheers|appreciated|bye|goodbye|see you|ciao)\b"
)
# A greeting and its answer are no conversation to rate.
LEAST_MESSAGES = 4


async def give(person: Person, conversation_id: str, body: FeedbackIn) -> FeedbackKept:
    """Keep an opinion of the conversation's own person, in the place of the former one."""
    async with database().write() as session:
        await _locked(session, person, conversation_id)
        answer = await _answer(session, conversation_id, body.message_id)
        given = body.model_dump(exclude={"message_id"}, exclude_none=True)
        kept = await of(session, conversation_id, answer.seq if answer else None) or Feedback(
            conversation_id=conversation_id, message_seq=answer.seq if answer else None
        )
        if body.thumb is not None and body.thumb != kept.thumb:
            # Why one answer was bad is no longer true of one that is good now.
            kept.comment, kept.reasons = None, []
        for name, value in given.items():
            setattr(kept, name, value)
        kept.at = clock.now()
        session.add(kept)
        if answer is not None and kept.thumb == "down":
            await intake.disliked(session, answer)
        return shown(kept)


async def take_back(person: Person, conversation_id: str, message_id: str | None) -> FeedbackKept:
    """Forget the opinion of an answer, or of the whole; there need not be one."""
    async with database().write() as session:
        await _locked(session, person, conversation_id)
        answer = await _answer(session, conversation_id, message_id)
        kept = await of(session, conversation_id, answer.seq if answer else None)
        if kept is not None:
            await session.delete(kept)
        return FeedbackKept(message_id=message_id)


async def of(session: AsyncSession, conversation_id: str, seq: int | None) -> Feedback | None:
    """The opinion of this answer, or of the whole."""
    which = col(Feedback.message_seq).is_(None) if seq is None else Feedback.message_seq == seq
    rows = await session.exec(
        select(Feedback).where(Feedback.conversation_id == conversation_id, which)
    )
    return rows.one_or_none()


def shown(kept: Feedback) -> FeedbackKept:
    """An opinion as the API shows it."""
    return FeedbackKept.model_validate(
        kept.model_dump()
        | {"message_id": None if kept.message_seq is None else str(kept.message_seq)}
    )


async def _locked(session: AsyncSession, person: Person, conversation_id: str) -> None:
    if await repository.locked_own(session, conversation_id, person.id) is None:
        raise no_conversation()


async def _answer(
    session: AsyncSession, conversation_id: str, message_id: str | None
) -> Message | None:
    if message_id is None:
        return None
    seq = number_of(message_id)
    found = None if seq is None else await session.get(Message, (conversation_id, seq))
    if found is None:
        raise _wrong_message("unknown", "There is no such message in this conversation.")
    if found.role == "user":
        raise _wrong_message("own", "This message is yours. Rate the answer to it.")
    return found


def _wrong_message(code: str, message: str) -> Exception:
    return invalid([FieldError(field="message_id", code=code, message=message)])


def takes_leave(message: Message, why: dict[str, Any]) -> bool:
    """Whether these words end a conversation: thanks or a good-bye, outside a form."""
    if why.get("active_form") or message.payload is not None or message.file_id is not None:
        return False
    intent = (why.get("intent") or {}).get("name")
    if intent is not None:
        return intent in _FAREWELLS
    words = " ".join(re.sub(r"[^\w]+", " ", message.text.lower()).split())
    return bool(_FAREWELL.fullmatch(words) and _TAKES_LEAVE.search(words))


def ask_how_it_went(conversation: Conversation, last: Draft | None = None) -> Draft | None:
    """Ask once, of a conversation whose row is locked and in which something was said: on the
    last thing said if it has room for a card, else with words of its own, which are returned.
    """
    if conversation.rating_asked or conversation.last_seq < LEAST_MESSAGES:
        return None
    conversation.rating_asked = True
    if last is not None and not last.card:
        last.card = {"kind": RATING, "title": say("rating.question")}
        return None
    return Draft(say("rating.question"), role="system", card={"kind": RATING})
