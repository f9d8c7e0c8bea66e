"""How the desk works, read from `data/support/desk.yml`: queues, routing, service levels."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.core.settings import settings


class Condition(BaseModel):
    """All that is named must match; nothing named matches everything."""

    model_config = ConfigDict(extra="forbid")

    kind: list[str] | None = None
    category: list[str] | None = None
    portal: list[str] | None = None
    severity: list[int] | None = None

    def matches(self, *, kind: str, category: str, portal: str | None, severity: int) -> bool:
        """Whether a case with these properties falls under it."""
        return all(
            (
                self.kind is None or kind in self.kind,
                self.category is None or category in self.category,
                self.portal is None or portal in self.portal,
                self.severity is None or severity in self.severity,
            )
        )


class RoutingRule(BaseModel):
    """`when` it matches, the case goes to `queue`."""

    when: Condition
    queue: str


class ServiceLevel(BaseModel):
    """Business hours until the first answer and until the solution."""

    first_response: float
    resolution: float


class BusinessHours(BaseModel):
    """When the clocks run: whole hours of these weekdays (Monday is 0) in a time zone."""

    time_zone: str
    days: list[int] = Field(min_length=1)
    start: int = Field(alias="from", ge=0, le=23)
    end: int = Field(alias="to", ge=1, le=24)

    def after(self, moment: datetime, length: timedelta) -> datetime:
        """The moment at which `length` of open time has passed since `moment`, in UTC."""
        for opens, closes in self._open_from(moment):
            if opens + length <= closes:
                return opens + length
            length -= closes - opens
        raise AssertionError("there is always another working day")

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much open time lies between two moments."""
        total = timedelta(0)
        for opens, closes in self._open_from(begin):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _open_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of open time from `moment` on, in UTC; the first may have begun."""
        zone = ZoneInfo(self.time_zone)
        day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            opens, closes = (
                (day + timedelta(hours=hour)).astimezone(UTC) for hour in (self.start, self.end)
            )
            if day.weekday() in self.days and moment < closes:
                yield max(opens, moment.astimezone(UTC)), closes
            day += timedelta(days=1)


class Desk(BaseModel):
    """The whole file."""

    queues: dict[str, str]
    routing: list[RoutingRule]
    service_levels: dict[int, ServiceLevel]
    business_hours: BusinessHours
    reopen_days: int
    duplicate_hours: int

    @model_validator(mode="after")
    def _complete(self) -> "Desk":
        unknown = {rule.queue for rule in self.routing} - set(self.queues)
        if unknown:
            raise ValueError(f"routing names queues that do not exist: {sorted(unknown)}")
        if not self.routing or self.routing[-1].when != Condition():
            raise ValueError("the last routing rule must match everything")
        return self

    def route(self, *, kind: str, category: str, portal: str | None, severity: int) -> str:
        """The queue of a case: that of the first rule that matches."""
        return next(
            rule.queue
            for rule in self.routing
            if rule.when.matches(kind=kind, category=category, portal=portal, severity=severity)
        )


@lru_cache
def desk() -> Desk:
    """The desk's settings, read once."""
    path = settings().data_dir / "support" / "desk.yml"
    return Desk.model_validate(yaml.safe_load(path.read_text()))
