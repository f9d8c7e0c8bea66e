"""The days that statistics are about, as somebody in a time zone counts them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query
from pydantic import AfterValidator
from sqlalchemy import CTE, ColumnElement, Integer, literal, select, union_all

from backend.core import clock
from backend.core.auth import CurrentPerson
from backend.core.database import UtcDateTime
from backend.core.fields import ZONES


class Days(IntEnum):
    """How long a period may be."""

    WEEK = 7
    MONTH = 30
    QUARTER = 90


@dataclass(frozen=True)
class Period:
    """The last `days` days of a zone, today included: from midnight to now."""

    days: int
    zone: str
    now: datetime = field(default_factory=clock.now)

    @property
    def dates(self) -> list[date]:
        """Each day, oldest first."""
        today = self.now.astimezone(ZoneInfo(self.zone)).date()
        return [today - timedelta(days=back) for back in reversed(range(self.days))]

    def begins(self, day: date) -> datetime:
        """The moment at which a day begins there, in UTC; after a change of clocks it has 23 or
        25 hours.
        """
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return self.begins(self.dates[0])

    @property
    def until(self) -> datetime:
        """When the last day ends: what happens now belongs to it."""
        return self.begins(self.dates[-1] + timedelta(days=1))

    def contains(self, column: Any) -> ColumnElement[bool]:
        """Whether a moment lies in it, for a query."""
        inside: ColumnElement[bool] = (column >= self.since) & (column < self.until)
        return inside

    def as_table(self) -> CTE:
        """One row a day, `(place, begins, ends)`, to count by: SQLite knows no time zones."""
        edges = [self.begins(day) for day in self.dates] + [self.until]
        rows = [
            select(
                literal(place, Integer).label("place"),
                literal(begins, UtcDateTime).label("begins"),
                literal(ends, UtcDateTime).label("ends"),
            )
            for place, (begins, ends) in enumerate(pairwise(edges))
        ]
        return union_all(*rows).cte("days")


def _zone(value: str | None) -> str | None:
    if value is not None and value not in ZONES:
        raise ValueError("This is no time zone. Use one like Europe/Oslo.")
    return value


def _period(
    person: CurrentPerson,
    days: Annotated[Days, Query(description="How many days back, today included")] = Days.MONTH,
    time_zone: Annotated[
        str | None,
        AfterValidator(_zone),
        Query(max_length=64, description="Whose days (IANA); your own if left out"),
    ] = None,
) -> Period:
    return Period(days, time_zone or person.time_zone or "UTC")


PeriodQuery = Annotated[Period, Depends(_period)]
