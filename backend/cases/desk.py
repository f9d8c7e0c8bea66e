"""How the desk works, read from `data/support/desk.yml`: queues, routing, service levels."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.cases.calendars import Calendar
from backend.core.settings import settings

SEVERITIES = {1, 2, 3, 4}


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
    """Open hours until the first answer, until each further answer, and until the solution.

    Without `next_response` a further answer has as long as the first. `calendar` names the one
    that its clocks go by, whatever the queue's.
    """

    model_config = ConfigDict(extra="forbid")

    first_response: float = Field(gt=0)
    next_response: float | None = Field(default=None, gt=0)
    resolution: float = Field(gt=0)
    calendar: str | None = None


class DueWarning(BaseModel):
    """When the desk is told that a clock is about to break: once so much is left of it.

    The longer of the two counts, but never more than half of what the service level allows.
    """

    model_config = ConfigDict(extra="forbid")

    share: float = Field(default=0.25, ge=0, le=1)
    hours: float = Field(default=1, ge=0)

    def before(self, allowed: timedelta) -> timedelta:
        """How much open time is left when it is time to tell."""
        return min(max(self.share * allowed, timedelta(hours=self.hours)), allowed / 2)


@dataclass(frozen=True)
class Policy:
    """What the clocks of a case go by: how long each may run, and in which calendar."""

    calendar: Calendar
    first_response: timedelta
    next_response: timedelta
    resolution: timedelta


class Desk(BaseModel):
    """The whole file."""

    queues: dict[str, str]
    routing: list[RoutingRule]
    service_levels: dict[int, ServiceLevel]
    queue_service_levels: dict[str, dict[int, ServiceLevel]] = Field(default_factory=dict)
    business_hours: Calendar
    calendars: dict[str, Calendar] = Field(default_factory=dict)
    queue_calendars: dict[str, str] = Field(default_factory=dict)
    warning: DueWarning = Field(default_factory=DueWarning)
    reopen_days: int
    duplicate_hours: int

    @model_validator(mode="after")
    def _complete(self) -> "Desk":
        unknown = {rule.queue for rule in self.routing} - set(self.queues)
        if unknown:
            raise ValueError(f"routing names queues that do not exist: {sorted(unknown)}")
        if not self.routing or self.routing[-1].when != Condition():
            raise ValueError("the last routing rule must match everything")
        if set(self.service_levels) != SEVERITIES:
            raise ValueError("each severity from 1 to 4 needs its service level")
        unknown = (set(self.queue_service_levels) | set(self.queue_calendars)) - set(self.queues)
        if unknown:
            raise ValueError(f"service levels name queues that do not exist: {sorted(unknown)}")
        named = {level.calendar for level in self._levels() if level.calendar}
        unknown = (named | set(self.queue_calendars.values())) - set(self.calendars)
        if unknown:
            raise ValueError(f"these calendars do not exist: {sorted(unknown)}")
        return self

    def _levels(self) -> Iterator[ServiceLevel]:
        for levels in (self.service_levels, *self.queue_service_levels.values()):
            yield from levels.values()

    def policy(self, queue: str, severity: int) -> Policy:
        """The service level of a queue's cases of this severity: its own, else everybody's.

        The calendar is that of the service level, else the queue's, else the business hours.
        """
        level = self.queue_service_levels.get(queue, {}).get(severity)
        level = level or self.service_levels[severity]
        name = level.calendar or self.queue_calendars.get(queue)
        return Policy(
            calendar=self.calendars[name] if name else self.business_hours,
            first_response=timedelta(hours=level.first_response),
            next_response=timedelta(hours=level.next_response or level.first_response),
            resolution=timedelta(hours=level.resolution),
        )

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
