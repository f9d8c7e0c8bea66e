"""Conversations by what was said in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, tuple_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from assistant.conversations.models import Conversation, Message, MessageWords
from backend.core.pagination import decode, encode
from backend.core.search import Search

# So many conversations, newest first, are looked at before the index of words is asked: what
# stands in many of them fills a page there at once.
NEAREST = 2000
_AT, _KEY = col(Conversation.created_at), col(Conversation.id)


async def page(
    session: AsyncSession,
    statement: SelectOfScalar[Conversation],
    search: Search,
    cursor: str | None,
    limit: int,
) -> tuple[list[Conversation], str | None]:
    """Of these conversations those in which one message holds all the words, newest first."""
    if cursor:
        last = decode(cursor, (datetime, str))
        statement = statement.where(tuple_(_AT, _KEY) < tuple_(*last))
    statement = statement.order_by(_AT.desc(), _KEY.desc())
    near: Any = aliased(Conversation, statement.limit(NEAREST).subquery())
    said = exists().where(
        col(MessageWords.conversation_id) == near.id, search.hits(MessageWords, session)
    )
    nearest = select(near).where(said).order_by(near.created_at.desc(), near.id.desc())
    rows = list((await session.exec(nearest.limit(limit + 1))).all())
    if len(rows) <= limit:
        found = _by_words(session, search)
        rows = list(
            (await session.exec(statement.join(found, found.c[0] == _KEY).limit(limit + 1))).all()
        )
    shown = rows[:limit]
    following = encode((shown[-1].created_at, shown[-1].id)) if len(rows) > limit else None
    return shown, following


def _by_words(session: AsyncSession, search: Search) -> Any:
    return (
        columns(col(MessageWords.conversation_id))
        .where(search.hits(MessageWords, session))
        .distinct()
        .cte("found")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


async def snippets(
    session: AsyncSession, conversations: Sequence[Conversation], search: Search
) -> dict[str, str]:
    """Where the words were said last in each, as HTML; nothing where only the name was found."""
    ids = [one.id for one in conversations]
    last = (
        columns(col(MessageWords.conversation_id), func.max(col(MessageWords.seq)).label("seq"))
        .where(col(MessageWords.conversation_id).in_(ids), search.hits(MessageWords, session))
        .group_by(col(MessageWords.conversation_id))
        .subquery()
    )
    rows = await session.exec(
        select(Message).join(
            last,
            (last.c.conversation_id == col(Message.conversation_id))
            & (last.c.seq == col(Message.seq)),
        )
    )
    found = {message.conversation_id: search.snippet(message.text) for message in rows.all()}
    return {key: told for key, told in found.items() if told}
