"""Conversations that took place: written as they would be kept, over some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations.models import Conversation, Feedback, Message, Proposal
from assistant.review.models import ReviewItem
from backend.core import clock
from backend.core.ids import new_secret_id


@dataclass
class Talk:
    """One conversation: a greeting, a message and its answer for each intent, ten seconds apart,
    and what else happened. `unsure` are sentences that came into the review inbox.
    """

    person: str
    begun: datetime
    portal: str = "scm"
    engine: str = "rasa"
    intents: Sequence[str | None] = ("list_orders",)
    asked_for_person: str = ""
    answered_after: int | None = None
    case: bool = False
    thumb: str = ""
    rating: int = 0
    unsure: Sequence[str] = ()

    async def take_place(self, session: AsyncSession) -> str:
        """Write it all; the conversation's id."""
        chat = Conversation(
            id=new_secret_id(), person=self.person, portal=self.portal, engine=self.engine,
            created_at=self.begun, handed_off_reason=self.asked_for_person or None,
        )  # fmt: skip
        rows, items = self._said(chat)
        if self.asked_for_person:
            chat.handed_off_at = self._next(rows)
        if chat.handed_off_at and self.answered_after is not None:
            at = chat.handed_off_at + timedelta(seconds=self.answered_after)
            rows.append(_message(chat, "person", at, author="mo@support.example"))
        chat.last_seq, chat.updated_at = rows[-1].seq, rows[-1].at
        session.add(chat)
        await session.flush()
        session.add_all([*rows, *items, *self._done(chat)])
        return chat.id

    def _said(self, chat: Conversation) -> tuple[list[Message], list[ReviewItem]]:
        rows, items = [_message(chat, "bot", self.begun)], []
        for intent in self.intents:
            rows.append(_message(chat, "user", self._next(rows), intent=intent))
            rows.append(_message(chat, "bot", self._next(rows), engine=self.engine))
        for sentence in self.unsure:
            said = _message(chat, "user", self._next(rows), text=sentence, intent="nlu_fallback")
            rows.append(said)
            items.append(
                ReviewItem(
                    conversation_id=chat.id, message_seq=said.seq, cause="fallback", at=said.at,
                    intent="list_orders", confidence=0.31, guesses=GUESSES,
                )
            )  # fmt: skip
        return rows, items

    def _done(self, chat: Conversation) -> list[Any]:
        done: list[Any] = []
        if self.case:
            done.append(
                Proposal(
                    conversation_id=chat.id, person=self.person, operation="open_case",
                    arguments={}, arguments_hash="", preview={}, status="executed",
                    engine=self.engine, expires_at=self.begun,
                )
            )  # fmt: skip
        at = chat.updated_at
        if self.thumb:
            done.append(Feedback(conversation_id=chat.id, message_seq=3, thumb=self.thumb, at=at))
        if self.rating:
            done.append(Feedback(conversation_id=chat.id, rating=self.rating, at=at))
        return done

    def _next(self, rows: Sequence[Message]) -> datetime:
        return self.begun + timedelta(seconds=10 * len(rows))


GUESSES = [
    {"name": "list_orders", "confidence": 0.31}, {"name": "open_case", "confidence": 0.2},
]  # fmt: skip


def _message(chat: Conversation, role: str, at: datetime, **fields: Any) -> Message:
    chat.last_seq += 1
    words = {"text": "Something was said"} | fields
    return Message(conversation_id=chat.id, seq=chat.last_seq, role=role, at=at, **words)


def days_ago(days: float) -> datetime:
    """A moment that lies so far back."""
    return clock.now() - timedelta(days=days)
