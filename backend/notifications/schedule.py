"""When summaries are due: at a full hour of the reader’s zone, daily or on Mondays.

All moments go through the zone’s local time, so that the hour stays the same when clocks change.
An hour that is skipped that day comes right after it, one that comes twice counts the first time.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.notifications.categories import Frequency

MONDAY = 0


def last_due(frequency: Frequency, now: datetime, hour: int, zone: str) -> tuple[date, datetime]:
    """The newest moment at or before `now` when such a summary was due: its local day, which
    names the period, and the moment in UTC.
    """
    day = now.astimezone(ZoneInfo(zone)).date()
    if frequency is Frequency.WEEKLY:
        day -= timedelta(days=(day.weekday() - MONDAY) % 7)
    while (moment := _at(day, hour, zone)) > now:
        day -= _step(frequency)
    return day, moment


def next_due(frequency: Frequency, now: datetime, hour: int, zone: str) -> datetime:
    """The first moment after `now` when such a summary is due, in UTC."""
    day, _ = last_due(frequency, now, hour, zone)
    return _at(day + _step(frequency), hour, zone)


def _step(frequency: Frequency) -> timedelta:
    return timedelta(days=7 if frequency is Frequency.WEEKLY else 1)


def _at(day: date, hour: int, zone: str) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
