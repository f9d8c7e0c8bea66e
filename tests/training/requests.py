"""Bodies of requests for training that are right, to change one thing of."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.core import clock

ZONE = "Europe/Oslo"


def working_day(ahead: int, today: date | None = None) -> date:
    """The `ahead`-th working day after today, counted one by one."""
    day = today or clock.now().astimezone(ZoneInfo(ZONE)).date()
    while ahead:
        day += timedelta(days=1)
        ahead -= day.weekday() < 5
    return day


def at(hour: int, ahead: int = 10) -> str:
    """A time on a working day that is possible, without a zone."""
    return f"{working_day(ahead)}T{hour:02}:00"


def moment(hour: int, ahead: int = 10) -> datetime:
    """The same as a moment."""
    return datetime.fromisoformat(at(hour, ahead)).replace(tzinfo=ZoneInfo(ZONE))


def request(**changes: Any) -> dict[str, Any]:
    """A request as it should be; a change to None leaves the field out."""
    body = {
        "kind": "training", "portal": "clc", "topics": ["How orders get assigned"],
        "windows": [{"start": at(10)}], "time_zone": ZONE, "attendees": 5, "language": "en",
    } | changes  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}
