"""Every query of the review inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.review.models import ReviewGroup, ReviewItem, ReviewLabelling
from assistant.review.schemas import Sort
from backend.core.pagination import decode, encode

MOST_ITEMS = 200
MOST_LABELLINGS = 50
MOST_EXAMPLES = 50_000


async def open_groups(
    session: AsyncSession, sort: Sort, cursor: str | None, limit: int
) -> tuple[list[ReviewGroup], str | None]:
    """Groups with unlabelled messages: the largest first, or those with the newest message."""
    by_size = sort == "largest"
    keys: list[Any] = [col(ReviewGroup.newest_at), col(ReviewGroup.id)]
    order = [col(ReviewGroup.open), *keys] if by_size else keys
    statement = select(ReviewGroup).where(ReviewGroup.open > 0)
    if cursor:
        kinds: tuple[type, ...] = (int, datetime, str) if by_size else (datetime, str)
        statement = statement.where(tuple_(*order) < tuple_(*decode(cursor, kinds)))
    rows = list(
        (
            await session.exec(statement.order_by(*(key.desc() for key in order)).limit(limit + 1))
        ).all()
    )
    more, rows = len(rows) > limit, rows[:limit]
    return rows, encode([getattr(rows[-1], key.key) for key in order]) if more else None


async def count_open(session: AsyncSession) -> int:
    """How many groups have unlabelled messages."""
    counted = select(func.count()).select_from(ReviewGroup).where(ReviewGroup.open > 0)
    return (await session.exec(counted)).one()


async def group(session: AsyncSession, group_id: str, *, lock: bool = False) -> ReviewGroup | None:
    """One group; with `lock` its row is ours until the end."""
    statement = select(ReviewGroup).where(ReviewGroup.id == group_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return (await session.exec(statement)).one_or_none()


async def items_of(session: AsyncSession, group_id: str) -> list[ReviewItem]:
    """The unlabelled messages of a group, then the others, each newest first."""
    labelled = col(ReviewItem.labelling_id).is_not(None)
    rows = await session.exec(
        select(ReviewItem)
        .where(ReviewItem.group_id == group_id)
        .order_by(labelled, col(ReviewItem.at).desc(), col(ReviewItem.id))
        .limit(MOST_ITEMS)
    )
    return list(rows.all())


async def unlabelled(
    session: AsyncSession, group_id: str, ids: Sequence[str] | None
) -> list[ReviewItem]:
    """The messages of a group, or those of them that are named, that nobody has labelled."""
    statement = select(ReviewItem).where(
        ReviewItem.group_id == group_id, col(ReviewItem.labelling_id).is_(None)
    )
    if ids is not None:
        statement = statement.where(col(ReviewItem.id).in_(ids))
    return list((await session.exec(statement)).all())


async def causes(session: AsyncSession, groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """Why the unlabelled messages of these groups are in the inbox, counted."""
    rows = await session.exec(
        select(ReviewItem.group_id, ReviewItem.cause, func.count())
        .where(col(ReviewItem.group_id).in_(groups), col(ReviewItem.labelling_id).is_(None))
        .group_by(col(ReviewItem.group_id), col(ReviewItem.cause))
    )
    found: dict[str, dict[str, int]] = {}
    for group_id, cause, count in rows.all():
        found.setdefault(str(group_id), {})[cause] = count
    return found


async def best_guesses(
    session: AsyncSession, groups: Sequence[str]
) -> dict[str, list[tuple[str, float]]]:
    """The intents that the engine thought of first in these groups, with their mean confidence
    weighed by how often, likeliest first.
    """
    weight = func.sum(ReviewItem.confidence)
    rows = await session.exec(
        select(ReviewItem.group_id, ReviewItem.intent, weight)
        .where(col(ReviewItem.group_id).in_(groups), col(ReviewItem.intent).is_not(None))
        .group_by(col(ReviewItem.group_id), col(ReviewItem.intent))
        .order_by(weight.desc())
    )
    found: dict[str, list[tuple[str, float]]] = {}
    for group_id, intent, total in rows.all():
        found.setdefault(str(group_id), []).append((str(intent), float(total or 0)))
    return found


async def labellings_of(session: AsyncSession, group_id: str) -> list[ReviewLabelling]:
    """What was said of a group and not taken back, newest first."""
    rows = await session.exec(
        select(ReviewLabelling)
        .where(ReviewLabelling.group_id == group_id, col(ReviewLabelling.undone_at).is_(None))
        .order_by(col(ReviewLabelling.at).desc(), col(ReviewLabelling.id))
        .limit(MOST_LABELLINGS)
    )
    return list(rows.all())


async def labelled_by(session: AsyncSession, labelling_id: str) -> list[ReviewItem]:
    """The messages that this labelling is about."""
    rows = await session.exec(select(ReviewItem).where(ReviewItem.labelling_id == labelling_id))
    return list(rows.all())


async def examples(session: AsyncSession) -> list[tuple[ReviewItem, str]]:
    """Labelled messages with their intents, oldest first."""
    rows = await session.exec(
        select(ReviewItem, ReviewLabelling.intent)
        .join(ReviewLabelling, col(ReviewLabelling.id) == ReviewItem.labelling_id)
        .where(col(ReviewLabelling.intent).is_not(None))
        .order_by(col(ReviewItem.at), col(ReviewItem.id))
        .limit(MOST_EXAMPLES)
    )
    return [(item, str(intent)) for item, intent in rows.all()]
