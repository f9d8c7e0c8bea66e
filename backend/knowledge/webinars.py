"""Upcoming webinars, computed from the series in `data/knowledge/webinars.yml`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from backend.core.fields import Language, TimeZone
from backend.core.portals import Portal
from backend.core.settings import settings

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")

AHEAD = timedelta(weeks=8)
"""How far ahead webinars are listed; no series is rarer than that."""


class Series(BaseModel):
    """A webinar that is held again and again: on a weekday, every so many weeks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=5, max_length=100)
    portal: Portal
    weekday: Weekday
    at: time
    time_zone: TimeZone
    every_weeks: int = Field(ge=1, le=8)
    first_week: int = Field(ge=0)
    duration_minutes: int = Field(ge=15, le=240)
    language: Language
    register_url: HttpUrl

    @model_validator(mode="after")
    def _its_first_week_is_one_of_its_weeks(self) -> "Series":
        if self.first_week >= self.every_weeks:
            raise ValueError("first_week must be smaller than every_weeks")
        return self

    def starts_after(self, moment: datetime) -> Iterator[datetime]:
        """When it begins, in UTC, soonest first, from `moment` on for as long as we list.

        The hour holds in the series' own zone, in summer and in winter.
        """
        zone = ZoneInfo(self.time_zone)
        day = moment.astimezone(zone).date()
        while (start := datetime.combine(day, self.at, zone).astimezone(UTC)) <= moment + AHEAD:
            if self._is_held_on(day) and start > moment:
                yield start
            day += timedelta(days=1)

    def _is_held_on(self, day: date) -> bool:
        week = (day.toordinal() - 1) // 7  # ordinal 1 was a Monday
        return (
            day.weekday() == _WEEKDAYS.index(self.weekday)
            and week % self.every_weeks == self.first_week
        )


class Webinar(BaseModel):
    """One date of a series."""

    id: str = Field(description="The series and the day, like clc-orders-2030-01-31")
    title: str
    portal: Portal
    starts_at: datetime = Field(description="UTC")
    duration_minutes: int
    language: str = Field(description="The language it is held in, like en or de")
    register_url: str = Field(description="Where to register")


def load_series(file: Path) -> list[Series]:
    """All series of the file. Raises Pydantic's `ValidationError` for a wrong one."""
    return [Series.model_validate(row) for row in yaml.safe_load(file.read_text("utf-8"))["series"]]


@lru_cache(maxsize=1)
def webinar_series() -> list[Series]:
    """The series of this process, read once."""
    return load_series(settings().data_dir / "knowledge" / "webinars.yml")


def upcoming(series: list[Series], moment: datetime, portal: Portal | None = None) -> list[Webinar]:
    """The webinars (of a portal) of the next eight weeks, soonest first."""
    found = [
        Webinar(
            id=f"{one.id}-{start:%Y-%m-%d}",
            title=one.title,
            portal=one.portal,
            starts_at=start,
            duration_minutes=one.duration_minutes,
            language=one.language,
            register_url=str(one.register_url),
        )
        for one in series
        if portal is None or one.portal == portal
        for start in one.starts_after(moment)
    ]
    return sorted(found, key=lambda webinar: (webinar.starts_at, webinar.id))
