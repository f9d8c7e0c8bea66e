"""Every query of the statistics. All of them count in SQL, over an index on time, and give as many
rows as there are days, engines or intents: never one for a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, distinct, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations.models import Conversation, Feedback, Message, Proposal
from assistant.review.models import ReviewGroup, ReviewItem
from backend.core import clock
from backend.core.periods import Period
from backend.core.waits import percentiles

# What opens a case for the desk: such a conversation was not settled by the assistant alone.
OPENS_CASE = ("open_case", "create_training_engagement")
QUIET = timedelta(hours=1)
MOST_INTENTS = 15
MOST_GROUPS = 10
ANSWERED = ("bot", "person")
Opinion = tuple[str | None, int | None, int]


def _of_portal(portal: str | None) -> list[ColumnElement[bool]]:
    """For queries over messages: those of conversations on this portal."""
    if portal is None:
        return []
    return [
        exists().where(
            col(Conversation.id) == Message.conversation_id, col(Conversation.portal) == portal
        )
    ]


def _talks(period: Period, portal: str | None) -> list[ColumnElement[bool]]:
    """Conversations that began in the period and in which their person said something."""
    said = exists().where(
        col(Message.conversation_id) == Conversation.id, col(Message.role) == "user"
    )
    wanted = [period.contains(col(Conversation.created_at)), said]
    return wanted if portal is None else [*wanted, col(Conversation.portal) == portal]


async def messages_by_day(
    session: AsyncSession, period: Period, portal: str | None
) -> dict[int, int]:
    """How many messages each day has, by the day's place."""
    days = period.as_table()
    rows = await session.exec(
        select(days.c.place, func.count())
        .select_from(days)
        .join(Message, (col(Message.at) >= days.c.begins) & (col(Message.at) < days.c.ends))
        .where(col(Message.role).in_(("user", *ANSWERED)), *_of_portal(portal))
        .group_by(days.c.place)
    )
    return dict(rows.all())


async def conversations_by_day(
    session: AsyncSession, period: Period, portal: str | None
) -> dict[int, int]:
    """How many conversations began on each day, by the day's place."""
    days = period.as_table()
    at = col(Conversation.created_at)
    rows = await session.exec(
        select(days.c.place, func.count())
        .select_from(days)
        .join(Conversation, (at >= days.c.begins) & (at < days.c.ends))
        .where(*_talks(period, portal))
        .group_by(days.c.place)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class Endings:
    """How many conversations ended, with a person or a case, and how many go on."""

    ended: int
    with_person: int
    with_case: int
    going_on: int


async def endings(session: AsyncSession, period: Period, portal: str | None) -> Endings:
    """How conversations that began in the period ended."""
    ended = or_(
        col(Conversation.status) == "closed",
        and_(col(Conversation.status) == "bot", col(Conversation.updated_at) < clock.now() - QUIET),
    )
    person = col(Conversation.handed_off_at).is_not(None)
    opened = exists().where(
        col(Proposal.conversation_id) == Conversation.id,
        col(Proposal.status) == "executed",
        col(Proposal.operation).in_(OPENS_CASE),
    )

    def counted(*conditions: Any) -> Any:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    rows = await session.exec(
        select(
            counted(ended), counted(ended, person), counted(ended, ~person, opened), counted(~ended)
        ).where(*_talks(period, portal))
    )
    return Endings(*rows.one())


async def hand_offs(
    session: AsyncSession, period: Period, portal: str | None
) -> list[tuple[str, int]]:
    """Why conversations went to a person in the period, the most frequent reason first."""
    reason = col(Conversation.handed_off_reason)
    statement = select(reason, func.count()).where(period.contains(Conversation.handed_off_at))
    if portal is not None:
        statement = statement.where(Conversation.portal == portal)
    rows = await session.exec(statement.group_by(reason).order_by(func.count().desc(), reason))
    return [(str(name), count) for name, count in rows.all()]


def _waits(period: Period, portal: str | None) -> Any:
    """Seconds from each hand-over to the first words of a person in the chat."""
    first = (
        select(func.min(Message.at))
        .where(
            Message.conversation_id == Conversation.id,
            Message.role == "person",
            col(Message.event_id).is_(None),
            col(Message.at) >= Conversation.handed_off_at,
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    statement: Any = select(
        col(Conversation.handed_off_at).label("asked"), first.label("answered")
    ).where(period.contains(Conversation.handed_off_at))
    if portal is not None:
        statement = statement.where(Conversation.portal == portal)
    return statement.subquery()


async def first_answers(
    session: AsyncSession, period: Period, portal: str | None, shares: Sequence[float]
) -> tuple[int, list[float]]:
    """How many people were answered by a person, and the waits that these shares of them did not
    exceed, in seconds.
    """
    return await percentiles(session, _waits(period, portal), shares)


async def engines(
    session: AsyncSession, period: Period, portal: str | None
) -> list[tuple[str, int]]:
    """Who gave how many answers."""
    who = case(
        (col(Message.role) == "person", "person"),
        else_=func.coalesce(col(Message.engine), "system"),
    )
    rows = await session.exec(
        select(who, func.count())
        .where(
            period.contains(col(Message.at)),
            col(Message.role).in_(ANSWERED),
            *_of_portal(portal),
        )
        .group_by(who)
        .order_by(func.count().desc(), who)
    )
    return list(rows.all())


async def intents(
    session: AsyncSession, period: Period, portal: str | None
) -> tuple[list[tuple[str, int]], int]:
    """The most frequent intents, and how many messages have one."""
    intent = col(Message.intent)
    wanted = (
        period.contains(col(Message.at)), col(Message.role) == "user", intent.is_not(None),
        *_of_portal(portal),
    )  # fmt: skip
    rows = await session.exec(
        select(intent, func.count())
        .where(*wanted)
        .group_by(intent)
        .order_by(func.count().desc(), intent)
    )
    found = [(str(name), count) for name, count in rows.all()]
    return found[:MOST_INTENTS], sum(count for _, count in found)


async def opinions(session: AsyncSession, period: Period, portal: str | None) -> list[Opinion]:
    """How often each pair of a thumb and a rating was given."""
    statement = select(Feedback.thumb, Feedback.rating, func.count()).where(
        period.contains(col(Feedback.at))
    )
    if portal is not None:
        statement = statement.join(
            Conversation, col(Conversation.id) == Feedback.conversation_id
        ).where(Conversation.portal == portal)
    rows = await session.exec(statement.group_by(col(Feedback.thumb), col(Feedback.rating)))
    return [(thumb, rating, count) for thumb, rating, count in rows.all()]


async def reasons(
    session: AsyncSession, period: Period, portal: str | None
) -> list[tuple[str, int]]:
    """Why answers did not help. The sets of reasons that were given are few."""
    given = cast(col(Feedback.reasons), Text)
    statement = select(given, func.count()).where(
        period.contains(col(Feedback.at)), col(Feedback.thumb) == "down"
    )
    if portal is not None:
        statement = statement.join(
            Conversation, col(Conversation.id) == Feedback.conversation_id
        ).where(Conversation.portal == portal)
    rows = await session.exec(statement.group_by(given))
    return [(str(text), count) for text, count in rows.all()]


async def unanswered(
    session: AsyncSession, period: Period, portal: str | None
) -> list[tuple[ReviewGroup, int, int]]:
    """The largest groups of unlabelled messages of the period: the group, messages, people."""
    talk = aliased(Conversation)
    messages, people = func.count(), func.count(distinct(col(talk.person)))
    statement = (
        select(ReviewItem.group_id, messages, people)
        .join(talk, col(talk.id) == ReviewItem.conversation_id)
        .where(
            period.contains(col(ReviewItem.at)),
            col(ReviewItem.group_id).is_not(None),
            col(ReviewItem.labelling_id).is_(None),
        )
    )
    if portal is not None:
        statement = statement.where(talk.portal == portal)
    counted = (
        statement.group_by(col(ReviewItem.group_id))
        .order_by(messages.desc(), col(ReviewItem.group_id))
        .limit(MOST_GROUPS)
    )
    rows = list((await session.exec(counted)).all())
    groups = await session.exec(
        select(ReviewGroup).where(col(ReviewGroup.id).in_([group_id for group_id, _, _ in rows]))
    )
    known = {group.id: group for group in groups.all()}
    return [(known[str(group_id)], count, who) for group_id, count, who in rows]
