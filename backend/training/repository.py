"""Queries about training engagements."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases.models import Case, Engagement, EngagementWindow
from backend.cases.schemas import OPEN
from backend.core import clock
from backend.training.windows import WindowIn


async def equal_open_case(
    session: AsyncSession,
    *,
    requester: str,
    kind: str,
    portal: str,
    starts: Sequence[datetime],
    within: timedelta,
) -> Case | None:
    """An open case of the same requester, kind and portal, with an equal start of a window."""
    rows = await session.exec(
        select(Case)
        .join(Engagement, col(Engagement.case_number) == Case.number)
        .join(EngagementWindow, col(EngagementWindow.case_number) == Case.number)
        .where(
            Case.requester == requester,
            Engagement.kind == kind,
            Engagement.portal == portal,
            col(Case.status).in_(OPEN),
            col(EngagementWindow.start).in_(list(starts)),
            col(Case.created_at) > clock.now() - within,
        )
        .order_by(col(Case.created_at).desc())
        .limit(1)
    )
    return rows.first()


async def replace_windows(
    session: AsyncSession, case_number: str, windows: Sequence[WindowIn]
) -> None:
    """Store the preferred times in the order given."""
    await session.exec(
        delete(EngagementWindow).where(col(EngagementWindow.case_number) == case_number)
    )
    for position, window in enumerate(windows):
        if window.end is None:
            raise ValueError("a checked window has an end")
        session.add(
            EngagementWindow(
                case_number=case_number, position=position, start=window.start, end=window.end
            )
        )
    await session.flush()
