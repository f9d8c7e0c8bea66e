"""The rules for preferred times of a training session, checked field by field.

A window without an end lasts one hour; it lasts 30 minutes to 8 hours. Its day is a working
day (Monday to Friday in the person's zone), at the earliest the third working day after today
(on a Monday: Thursday), and at most 180 days ahead.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from backend.core import clock

DEFAULT_LENGTH = timedelta(hours=1)
SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=8)
NOTICE_WORKING_DAYS = 3
FARTHEST_DAYS = 180
SATURDAY = 5


class WindowIn(BaseModel):
    """A preferred time. Without a zone it is in the body's `time_zone`."""

    model_config = ConfigDict(extra="forbid")

    start: datetime = Field(description="Begin, ISO 8601, like 2027-03-09T15:00")
    end: datetime | None = Field(default=None, description="End; one hour later if left out")


def earliest_day(today: date) -> date:
    """The third working day after `today`."""
    day, counted = today, 0
    while counted < NOTICE_WORKING_DAYS:
        day += timedelta(days=1)
        counted += day.weekday() < SATURDAY
    return day


def say_day(day: date) -> str:
    """`Thursday, 10 December 2026`."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def say_time(moment: datetime) -> str:
    """`Thursday, 10 December 2026, 15:00`."""
    return f"{say_day(moment.date())}, {moment:%H:%M}"


def checked(windows: Sequence[WindowIn], zone: ZoneInfo) -> list[WindowIn]:
    """The windows with zones and ends filled in; raises `ValueError` with what would be right."""
    done: list[WindowIn] = []
    for window in windows:
        try:
            start = _in_utc(window.start, zone)
            end = _in_utc(window.end, zone) if window.end else start + DEFAULT_LENGTH
            here, until = start.astimezone(zone), end.astimezone(zone)
        except OverflowError as exc:
            raise ValueError(
                f"{window.start:%Y} is out of reach. Name a time within the coming months."
            ) from exc
        _check_length(end - start, here, until)
        _check_day(here.date(), clock.now().astimezone(zone).date())
        if any(start == other.start for other in done):
            raise ValueError(f"{say_time(here)} is named twice. Name different times.")
        done.append(WindowIn(start=start, end=end))
    return done


def _in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """In UTC, where differences are real time also on a day when clocks change."""
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _check_length(length: timedelta, start: datetime, end: datetime) -> None:
    if length <= timedelta(0):
        raise ValueError(
            f"The end ({end:%H:%M}) is not after the begin ({say_time(start)}). "
            "Name a begin and a later end."
        )
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(
            f"{say_time(start)} to {say_time(end)} lasts {_say_length(length)}. "
            "A session lasts between 30 minutes and 8 hours."
        )


def _say_length(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    said = [
        f"{count} {unit}" if count == 1 else f"{count} {unit}s"
        for count, unit in ((hours, "hour"), (minutes, "minute"))
        if count
    ]
    return " ".join(said) or "less than a minute"


def _check_day(day: date, today: date) -> None:
    first, last = earliest_day(today), today + timedelta(days=FARTHEST_DAYS)
    if day < today:
        raise ValueError(
            f"{say_day(day)} is in the past. The earliest possible day is {say_day(first)}."
        )
    if day.weekday() >= SATURDAY:
        raise ValueError(
            f"{say_day(day)} is at the weekend. Sessions are from Monday to Friday, "
            f"from {say_day(first)} on."
        )
    if day < first:
        raise ValueError(
            f"{say_day(day)} is too soon: the team needs three working days. "
            f"The earliest possible day is {say_day(first)}."
        )
    if day > last:
        raise ValueError(
            f"{say_day(day)} is too far ahead. The latest possible day is {say_day(last)} "
            f"({FARTHEST_DAYS} days from today)."
        )
