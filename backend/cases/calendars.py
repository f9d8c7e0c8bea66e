"""When the desk works: open hours by weekday in a time zone, holidays, or round the clock.

Arithmetic with open time, which service levels are made of. Local hours are turned into UTC day
by day, so a day on which the clocks change is as long as it really is.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

Stretch = tuple[datetime, datetime]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
_DAY, _MINUTE, _NOTHING = timedelta(days=1), timedelta(minutes=1), timedelta(0)
# However many holidays a calendar has, it is open again within this time.
_FARTHEST = 20 * 366


class Days(Protocol):
    """A set of days; those of a country are computed year by year as they are asked for."""

    def __contains__(self, day: object, /) -> bool: ...


@lru_cache
def _of_country(country: str, subdivision: str | None) -> Days:
    """Public holidays of a country or a part of it. Raises `NotImplementedError` for none."""
    # Loading the library takes a quarter of a second, which only such a calendar has to pay.
    import holidays

    found: Days = holidays.country_holidays(country, subdiv=subdivision)
    return found


class Calendar(BaseModel):
    """Open time: `always`, or the `week` by weekday without holidays.

    In a file `week` says `{mon-thu: 08:00-17:00, fri: [08:00-12:00, 13:00-15:00]}`; the short
    form `{days: [0, 1], from: 8, to: 17}` means the same hours on these weekdays (Monday is 0).
    `holidays` are dates; `country` (ISO 3166, with a `subdivision`) adds its public holidays.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: str = "UTC"
    always: bool = False
    week: dict[int, tuple[tuple[timedelta, timedelta], ...]] = Field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    country: str | None = None
    subdivision: str | None = None
    _known: dict[date, tuple[Stretch, ...]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        told = dict(told)
        if "days" in told:
            hours = f"{told.pop('from', '')}:00-{told.pop('to', '')}:00"
            days = {day: WEEKDAYS[day : day + 1] for day in told.pop("days")}
            told["week"] = {"".join(name) or str(day): hours for day, name in days.items()}
        if "week" in told:
            told["week"] = _week(told["week"])
        return told

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"there is no time zone {name}")
        return name

    @model_validator(mode="after")
    def _complete(self) -> "Calendar":
        if self.always == bool(self.week):
            raise ValueError("a calendar is either open `always`, or has open hours in its `week`")
        if self.country:
            try:
                _of_country(self.country, self.subdivision)
            except NotImplementedError as exc:
                raise ValueError(str(exc)) from exc
        return self

    def after(self, moment: datetime, length: timedelta) -> datetime:
        """The moment at which `length` of open time has passed since `moment`, in UTC.

        That of no time at all is the first open moment.
        """
        if self.always:
            return moment.astimezone(UTC) + length
        for opens, closes in self._open_from(moment):
            if opens + length <= closes:
                return opens + length
            length -= closes - opens
        raise AssertionError("there is always another working day")

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much open time lies between two moments; none when they are the wrong way round."""
        if end <= begin:
            return _NOTHING
        if self.always:
            return end - begin
        total = _NOTHING
        for opens, closes in self._open_from(begin):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _open_from(self, moment: datetime) -> Iterator[Stretch]:
        """The stretches of open time from `moment` on, in UTC; the first may have begun."""
        moment = moment.astimezone(UTC)
        day = moment.astimezone(ZoneInfo(self.time_zone)).date()
        for _ in range(_FARTHEST):
            for opens, closes in self._on(day):
                if moment < closes:
                    yield max(opens, moment), closes
            day += _DAY

    def _on(self, day: date) -> tuple[Stretch, ...]:
        """The open time of one local day."""
        if day not in self._known:
            closed = day in self.holidays or (
                self.country is not None and day in _of_country(self.country, self.subdivision)
            )
            spans = () if closed else self.week.get(day.weekday(), ())
            stretches = tuple((self._utc(day, begin), self._utc(day, end)) for begin, end in spans)
            self._known[day] = tuple((a, b) for a, b in stretches if a < b)
        return self._known[day]

    def _utc(self, day: date, since_midnight: timedelta) -> datetime:
        """A local time in UTC: of two the first; one that the clocks skip is the next there is."""
        zone = ZoneInfo(self.time_zone)
        wall = datetime.combine(day, time()) + since_midnight
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        while moment.astimezone(zone).replace(tzinfo=None) != wall:
            wall += _MINUTE
            moment = wall.replace(tzinfo=zone).astimezone(UTC)
        return moment


def _week(told: dict[str, Any]) -> dict[int, tuple[tuple[timedelta, timedelta], ...]]:
    """`mon-thu` and `fri` as numbers of weekdays, their hours as times since midnight."""
    week: dict[int, tuple[tuple[timedelta, timedelta], ...]] = {}
    for names, hours in told.items():
        first, _, last = str(names).partition("-")
        if not {first, last or first} <= set(WEEKDAYS):
            raise ValueError(f"“{names}” is no weekday; say mon, tue … sun, or mon-fri")
        spans = tuple(_span(one) for one in ([hours] if isinstance(hours, str) else hours))
        if not spans or any(b > c for (_, b), (c, _) in pairwise(spans)):
            raise ValueError(f"the hours of {names} must follow each other")
        for day in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            week[day] = spans
    return week


def _span(hours: str) -> tuple[timedelta, timedelta]:
    found = _HOURS.match(str(hours).replace(" ", ""))
    begin, end = (
        (
            timedelta(hours=int(h), minutes=int(m))
            for h, m in (found.groups()[:2], found.groups()[2:])
        )
        if found
        else (_DAY, _NOTHING)
    )
    if not _NOTHING <= begin < end <= _DAY:
        raise ValueError(f"“{hours}” are no opening hours; say 08:00-17:00")
    return begin, end
