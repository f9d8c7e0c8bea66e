"""Times as the desk reads them: how long ago, how long until, and in whose zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from backend.core import clock

ENDED = frozenset({"closed", "cancelled"})


def moment(value: str | datetime) -> datetime:
    """A moment as the API writes it, in UTC."""
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def zone(name: str | None) -> ZoneInfo:
    """The zone of a person; UTC for whoever has not said it."""
    return ZoneInfo(name or "UTC")


def span(length: timedelta) -> str:
    """`45 min`, `3 h 5 min`, `2 d 4 h`: at most two units, whatever the sign."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes and hours < 6 else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 3 else f"{days} d"


def open_time(seconds: float) -> str:
    """`9 h 30 min` of open time: never in days, which are not 24 open hours long."""
    hours, minutes = divmod(int(max(seconds, 0)) // 60, 60)
    said = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(said)


def age(value: str | datetime) -> str:
    """How long ago this was, in one unit or two."""
    return span(clock.now() - moment(value))


def ago(value: str | datetime) -> str:
    """`5 min ago`, or `just now`."""
    passed = clock.now() - moment(value)
    return "just now" if passed < timedelta(minutes=1) else f"{span(passed)} ago"


def local(value: str | datetime, zone_name: str | None) -> str:
    """`Tue 24 Nov, 14:05` in that zone; with the year when it is another one."""
    here = moment(value).astimezone(zone(zone_name))
    year = "" if here.year == clock.now().year else f" {here.year}"
    return f"{here:%a} {here.day} {here:%b}{year}, {here:%H:%M}"


def field(value: str | datetime | None, zone_name: str | None) -> str:
    """A moment as a field for a local time takes it; empty for none."""
    return f"{moment(value).astimezone(zone(zone_name)):%Y-%m-%dT%H:%M}" if value else ""


def window(start: str, end: str, zone_name: str | None) -> str:
    """`Tue 24 Nov, 14:05 to 15:05` in that zone; the second day is named when it differs."""
    begins, ends = (moment(m).astimezone(zone(zone_name)) for m in (start, end))
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else local(end, zone_name)
    return f"{local(start, zone_name)} to {until}"


@dataclass(frozen=True)
class Deadline:
    """What has to happen next on a case, and how pressing it is.

    `state` is `running`, `soon` or `overdue` while a clock runs, `paused` while the customer
    has to answer, `met` or `missed` once the case has ended. `left` is negative when overdue;
    of a paused clock it is the open time that remains.
    """

    state: Literal["running", "soon", "overdue", "paused", "met", "missed"]
    about: str
    due: datetime
    left: timedelta
    first_answer_late: bool


def deadline(case: dict[str, Any]) -> Deadline:
    """The next deadline of a case as the API shows it: that of the clock which breaks first."""
    level, now = case["sla"], clock.now()
    clocks = {one["name"]: one for one in level["clocks"]}
    standing = [one for one in level["clocks"] if one["ended_at"] is None]
    first = clocks[level["due_clock"]] if level["due_clock"] else (standing or level["clocks"])[-1]
    due, state = moment(first["due"]), first["state"]
    if case["status"] in ENDED:
        state = "missed" if level["state"] == "breached" else "met"
    paused = case["status"] not in ENDED and level["due_clock"] is None
    return Deadline(
        state="paused" if paused else state,
        about=first["name"],
        due=due,
        left=timedelta(seconds=first["left_seconds"]) if paused else due - now,
        first_answer_late=clocks["first_response"]["state"] == "missed",
    )
