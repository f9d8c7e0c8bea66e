"""Who gets a case by rule, read from `data/support/assignment.yml`, and the choice itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.cases.desk import desk
from backend.core.settings import settings

Skill = Literal["language", "portal"]
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AssignmentRule(_Strict):
    """Cases of a queue are given to somebody with these skills, while it is `active`."""

    name: str = Field(min_length=1, max_length=80)
    queue: str
    active: bool = False
    skills: list[Skill] = []


class Hours(_Strict):
    """When somebody works: whole hours of these weekdays (Monday is 0) in their own zone."""

    days: list[int] = Field(min_length=1)
    start: int = Field(alias="from", ge=0, le=23)
    end: int = Field(alias="to", ge=1, le=24)

    def hold(self, moment: datetime, time_zone: str | None) -> bool:
        """Whether this moment lies in them."""
        there = moment.astimezone(ZoneInfo(time_zone or "UTC"))
        return there.weekday() in self.days and self.start <= there.hour < self.end


class Skills(_Strict):
    """What somebody can take on. No languages or portals named are all of them."""

    languages: list[str] = []
    portals: list[str] = []
    capacity: int = Field(default=20, ge=0)
    hours: Hours


class AssignmentRules(_Strict):
    """The whole file."""

    rules: list[AssignmentRule] = []
    default: Skills
    agents: dict[str, Skills] = {}

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, told: dict[str, object]) -> dict[str, object]:
        """What is not said of an agent is as for everybody."""
        default, agents = told.get("default"), told.get("agents")
        if isinstance(default, dict) and isinstance(agents, dict):
            told = told | {"agents": {one: default | own for one, own in agents.items()}}
        return told

    @model_validator(mode="after")
    def _known(self) -> "AssignmentRules":
        unknown = {rule.queue for rule in self.rules} - set(desk().queues)
        if unknown:
            raise ValueError(f"rules name queues that do not exist: {sorted(unknown)}")
        return self

    def skills_of(self, email: str) -> Skills:
        """What somebody can take on."""
        return self.agents.get(email, self.default)

    def rule_of(self, queue: str) -> AssignmentRule | None:
        """The first active rule of a queue."""
        return next((rule for rule in self.rules if rule.active and rule.queue == queue), None)

    @property
    def queues(self) -> list[str]:
        """The queues whose cases are given to somebody."""
        return list(dict.fromkeys(rule.queue for rule in self.rules if rule.active))


@dataclass(frozen=True)
class Wanted:
    """A case as a rule looks at it."""

    language: str | None
    portal: str | None


@dataclass(frozen=True)
class Candidate:
    """Somebody who works on the queue."""

    person: str
    skills: Skills
    time_zone: str | None
    open_cases: int
    takes_cases: bool = True
    away_until: datetime | None = None
    last_given_at: datetime | None = None

    def can_take(self, rule: AssignmentRule, wanted: Wanted, now: datetime) -> bool:
        """Whether they are there, have the skills that the rule asks for, and have room."""
        return (
            self.takes_cases
            and not (self.away_until is not None and now < self.away_until)
            and self.skills.hours.hold(now, self.time_zone)
            and self.open_cases < self.skills.capacity
            and all(self._has(skill, wanted) for skill in rule.skills)
        )

    def _has(self, skill: Skill, wanted: Wanted) -> bool:
        own = self.skills.languages if skill == "language" else self.skills.portals
        asked = wanted.language if skill == "language" else wanted.portal
        # `en-GB` is served by whoever speaks `en`.
        return not own or asked is None or asked in own or asked.partition("-")[0] in own


def choose(
    rule: AssignmentRule, wanted: Wanted, candidates: Iterable[Candidate], now: datetime
) -> Candidate | None:
    """Who gets it: the least loaded of those who can; of these, who was given one longest ago."""
    able = [one for one in candidates if one.can_take(rule, wanted, now)]
    return min(
        able, key=lambda one: (one.open_cases, one.last_given_at or _LONG_AGO, one.person),
        default=None,
    )  # fmt: skip


@lru_cache
def assignment_rules() -> AssignmentRules:
    """The rules, read once."""
    path = settings().data_dir / "support" / "assignment.yml"
    return AssignmentRules.model_validate(yaml.safe_load(path.read_text()))
