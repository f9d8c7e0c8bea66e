"""The queue of those who wait: whose turn it is, and how long it usually takes."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.handoff.models import Handover
from assistant.handoff.rules import rules
from backend.core import clock


@dataclass(frozen=True)
class Place:
    """Somebody's place: `position` counts from 1; `minutes` is None while nobody can tell."""

    position: int
    minutes: int | None


async def open_handover(session: AsyncSession, conversation_id: str) -> Handover | None:
    """The hand-over that is under way."""
    return (
        await session.exec(
            select(Handover).where(
                Handover.conversation_id == conversation_id, col(Handover.ended_at).is_(None)
            )
        )
    ).one_or_none()


def _waiting() -> tuple[object, ...]:
    return (col(Handover.ended_at).is_(None), col(Handover.taken_at).is_(None))


async def place(session: AsyncSession, handover: Handover) -> Place:
    """Where this one stands in the queue: first come, first served."""
    earlier = or_(
        col(Handover.asked_at) < handover.asked_at,
        (col(Handover.asked_at) == handover.asked_at) & (col(Handover.id) < handover.id),
    )
    before = await session.exec(
        select(func.count()).select_from(Handover).where(*_waiting(), earlier)  # type: ignore[arg-type]
    )
    return Place(before.one() + 1, await usual_minutes(session))


async def next_place(session: AsyncSession) -> Place:
    """Where somebody would stand who asks now."""
    waiting = await session.exec(
        select(func.count()).select_from(Handover).where(*_waiting())  # type: ignore[arg-type]
    )
    return Place(waiting.one() + 1, await usual_minutes(session))


async def waiting(session: AsyncSession) -> list[Handover]:
    """Everybody who waits, in turn."""
    rows = await session.exec(
        select(Handover)
        .where(*_waiting())  # type: ignore[arg-type]
        .order_by(col(Handover.asked_at), col(Handover.id))
    )
    return list(rows.all())


async def usual_minutes(session: AsyncSession) -> int | None:
    """Whole minutes, at least 1: the median of the last waits; None when there were too few.

    A chat that an agent took without being asked was no wait.
    """
    recent = rules().recent_waits
    rows = await session.exec(
        select(Handover.asked_at, Handover.taken_at)
        .where(
            col(Handover.taken_at) > clock.now() - timedelta(days=recent.days),
            Handover.reason != "taken_over",
        )
        .order_by(col(Handover.taken_at).desc())
        .limit(recent.most)
    )
    waits = [(taken - asked).total_seconds() for asked, taken in rows.all() if taken is not None]
    return max(1, round(median(waits) / 60)) if len(waits) >= recent.enough else None
