"""Keeps the words of talks as they are said, in the transaction that stores what is said."""

from typing import Any

from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Mapper

from assistant.conversations.models import Conversation, Message, MessageWords
from backend.core.identity import Person
from backend.core.search import keep, words_of

WHOSE = 0


def is_said(message: Message) -> bool:
    """What people said and what they were answered; greetings and notices are the same in all."""
    return message.role in {"user", "person"} or (
        message.role == "bot" and message.in_reply_to is not None
    )


@event.listens_for(Message, "after_insert")
@event.listens_for(Message, "after_update")
def _index_message(_mapper: Mapper[Any], connection: Connection, message: Message) -> None:
    words = words_of(message.text) if is_said(message) else []
    if words:
        place = {"conversation_id": message.conversation_id, "seq": message.seq}
        keep(connection, MessageWords, [(place, words)])


@event.listens_for(Conversation, "after_insert")
def _index_whose(_mapper: Mapper[Any], connection: Connection, talk: Conversation) -> None:
    person: Any = Person.__table__  # type: ignore[attr-defined]
    told = connection.execute(
        select(person.c.name, person.c.email).where(person.c.id == talk.person)
    ).one_or_none()
    place = {"conversation_id": talk.id, "seq": WHOSE}
    keep(connection, MessageWords, [(place, words_of(*(told or ())))])
