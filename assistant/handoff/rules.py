"""How the desk chats, read from `data/support/chat.yml`: hours, capacity, patience."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field

from backend.core.settings import settings

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Hours(BaseModel):
    """Whole hours of these weekdays (Monday is 0) in a time zone."""

    model_config = ConfigDict(extra="forbid")

    time_zone: str
    days: list[int] = Field(min_length=1)
    start: int = Field(alias="from", ge=0, le=23)
    end: int = Field(alias="to", ge=1, le=24)

    def are_open(self, moment: datetime) -> bool:
        """Whether somebody may be expected at this moment."""
        there = moment.astimezone(ZoneInfo(self.time_zone))
        return there.weekday() in self.days and self.start <= there.hour < self.end

    def said(self) -> str:
        """“Monday to Friday, 8:00 to 17:00 (UTC)”."""
        days = sorted(set(self.days))
        in_a_row = len(days) > 1 and days == list(range(days[0], days[-1] + 1))
        names = [_DAYS[day] for day in days]
        named = f"{names[0]} to {names[-1]}" if in_a_row else ", ".join(names)
        return f"{named}, {self.start}:00 to {self.end}:00 ({self.time_zone})"


class RecentWaits(BaseModel):
    """Which waits tell how long one waits: the `most` newest of so many days, if `enough`."""

    model_config = ConfigDict(extra="forbid")

    days: int
    most: int
    enough: int


class ChatRules(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    hours: Hours
    at_once: int = Field(ge=1)
    wait_minutes: float
    gone_seconds: float
    silent_minutes: float
    recent_waits: RecentWaits


@lru_cache
def rules() -> ChatRules:
    """The rules, read once."""
    path = settings().data_dir / "support" / "chat.yml"
    return ChatRules.model_validate(yaml.safe_load(path.read_text()))
