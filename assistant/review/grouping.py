"""New messages of the inbox are masked and put beside those that mean alike.

Each looks at the middle of the newest groups and joins the nearest that is near enough, or begins
a group of its own: no message is compared with another, so a thousand new ones cost a thousand
products with one matrix. The sentence embedding runs on a thread, with no transaction open.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations.hub import DESK, hub
from assistant.conversations.models import Conversation, Message
from assistant.review.masking import masked
from assistant.review.models import ReviewGroup, ReviewItem, ReviewTurn
from backend.core import clock
from backend.core.database import after_commit, database, insert_into
from backend.core.identity import Organization, Person
from backend.core.timers import timer

Vector = NDArray[np.float32]
Embedding = Callable[[Sequence[str]], Vector]
LIKE = 0.62
"""Cosine from which a message belongs to a group: chosen by reading groups, not measured. Higher
makes more and purer groups, lower fewer."""
BATCH = 32
BATCHES_A_RUN = 20
GROUPS_COMPARED = 2000
COLLEAGUES = 500

_embedding: Callable[[], Embedding] | None = None


def use_embedding(embedding: Callable[[], Embedding] | None) -> None:
    """What gives the sentence embedding; the composition root says so once."""
    global _embedding
    _embedding = embedding


@dataclass(frozen=True)
class _New:
    """A message to group: its masked words, and later what they mean."""

    id: str
    text: str


@timer("group_review_items")
async def group_new_items() -> None:
    """Put every message of the inbox that has no group yet into one."""
    for _ in range(BATCHES_A_RUN):
        async with database().read() as session:
            new = await _ungrouped(session)
        if not new or _embedding is None:
            return
        vectors = await asyncio.to_thread(_embed, [one.text for one in new])
        async with database().write() as session:
            await _group(session, new, vectors)
            after_commit(session, lambda: hub().wake(DESK))


def _embed(texts: Sequence[str]) -> Vector:
    if _embedding is None:
        raise RuntimeError("no sentence embedding was set")
    return np.asarray(_embedding()(list(texts)), dtype=np.float32)


async def _ungrouped(session: AsyncSession) -> list[_New]:
    rows = await session.exec(
        select(ReviewItem.id, Message.text, Person, Organization)
        .join(Conversation, col(Conversation.id) == ReviewItem.conversation_id)
        .join(
            Message,
            (col(Message.conversation_id) == ReviewItem.conversation_id)
            & (col(Message.seq) == ReviewItem.message_seq),
        )
        .join(Person, col(Person.id) == Conversation.person)
        .join(Organization, col(Organization.domain) == Person.organization_domain)
        .where(col(ReviewItem.group_id).is_(None))
        .order_by(col(ReviewItem.at))
        .limit(BATCH)
    )
    found = list(rows.all())
    desk = await _names(session, col(Person.kind) == "support") if found else []
    names: dict[str, list[str]] = {}
    new = []
    for item_id, text, person, organization in found:
        domain = organization.domain
        if domain not in names:
            names[domain] = await _names(session, col(Person.organization_domain) == domain)
        who = [person.name, *names[domain], *desk]
        new.append(_New(item_id, masked(text, who, [organization.name])))
    return new


async def _names(session: AsyncSession, which: Any) -> list[str]:
    rows = await session.exec(select(Person.name).where(which).limit(COLLEAGUES))
    return list(rows.all())


async def _group(session: AsyncSession, new: Sequence[_New], vectors: Vector) -> None:
    """One process at a time: two that group alike messages at once would begin two groups."""
    await session.exec(
        insert_into(session, ReviewTurn).values(id=1, at=clock.now()).on_conflict_do_nothing()
    )
    await session.exec(select(ReviewTurn).where(ReviewTurn.id == 1).with_for_update())
    rows = await session.exec(
        select(ReviewGroup).order_by(col(ReviewGroup.newest_at).desc()).limit(GROUPS_COMPARED)
    )
    groups = list(rows.all())
    centres = [np.frombuffer(group.centre, dtype="<f4") for group in groups]
    waiting = await session.exec(
        select(ReviewItem)
        .where(col(ReviewItem.id).in_([one.id for one in new]), col(ReviewItem.group_id).is_(None))
        .with_for_update()
    )
    items = {item.id: item for item in waiting.all()}
    for one, vector in zip(new, vectors, strict=True):
        item = items.get(one.id)
        if item is None:  # another process was quicker
            continue
        place = nearest(centres, vector)
        if place is None:
            place = len(groups)
            groups.append(ReviewGroup(text=one.text, centre=b"", newest_at=item.at))
            centres.append(np.zeros_like(vector))
        group = await _locked(session, groups[place])
        centres[place] = centres[place] + vector
        group.centre = centres[place].astype("<f4").tobytes()
        group.size += 1
        group.open += 1
        group.newest_at = max(group.newest_at, item.at)
        session.add(group)
        await session.flush()
        item.text, item.group_id = one.text, group.id
        session.add(item)


async def _locked(session: AsyncSession, group: ReviewGroup) -> ReviewGroup:
    """Its count as it is now: somebody may be labelling it."""
    if group in session.new or not group.centre:
        return group
    rows = await session.exec(
        select(ReviewGroup)
        .where(ReviewGroup.id == group.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.one()


def nearest(centres: Sequence[Vector], vector: Vector) -> int | None:
    """The place of the group that is most like this, if one is like enough."""
    if not len(centres):
        return None
    middle = np.stack(centres)
    likeness = (middle @ vector) / np.maximum(np.linalg.norm(middle, axis=1), 1e-9)
    best = int(np.argmax(likeness))
    return best if likeness[best] >= LIKE else None
