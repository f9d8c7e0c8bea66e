"""How long people waited: shares of a list of waits, computed in SQL on both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import FromClause, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def percentiles(
    session: AsyncSession, waits: FromClause, shares: Sequence[float]
) -> tuple[int, list[float]]:
    """How many of `waits` (columns `asked` and `answered`) were answered, and the seconds that
    these shares of them did not exceed; none if none was answered. SQLite has no percentiles, so
    each is one row of the sorted waits.
    """
    seconds = _seconds(session, waits.c.asked, waits.c.answered)
    answered = waits.c.answered.is_not(None)
    count = int((await session.exec(select(func.count()).select_from(waits).where(answered))).one())
    found = []
    for share in shares if count else ():
        sorted_waits = select(seconds).select_from(waits).where(answered).order_by(seconds)
        row = (await session.exec(sorted_waits.offset(place(count, share)).limit(1))).one()
        found.append(round(max(0.0, float(row)), 1))
    return count, found


def place(count: int, share: float) -> int:
    """The place, from 0, of the smallest value that `share` of `count` sorted ones do not pass."""
    return max(0, -(-round(count * share * 1000) // 1000) - 1)


def _seconds(session: AsyncSession, earlier: Any, later: Any) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        return func.extract("epoch", later - earlier)
    return (func.julianday(later) - func.julianday(earlier)) * 86400.0
