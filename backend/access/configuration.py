"""How requests for access live, read from `data/access/access.yml`."""

from datetime import timedelta
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from backend.core.settings import settings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequestTimes(_Section):
    """When a request that waits is reminded of, and when it ends by itself."""

    expire_days: int = Field(ge=1)
    ageing_days: int = Field(ge=1)
    remind_hours: float = Field(gt=0)

    @property
    def lifetime(self) -> timedelta:
        """How long a request waits at most."""
        return timedelta(days=self.expire_days)

    @property
    def ageing(self) -> timedelta:
        """After which time, and its multiples, whoever can decide is told again."""
        return timedelta(days=self.ageing_days)

    @property
    def between_reminders(self) -> timedelta:
        """How long who asked waits before reminding again."""
        return timedelta(hours=self.remind_hours)


class Delegations(_Section):
    """How long somebody may decide in another's place."""

    longest_days: int = Field(ge=1)


class Rules(_Section):
    """How many rules an account has at most."""

    most: int = Field(ge=1)


class Configuration(_Section):
    """The whole file."""

    requests: RequestTimes
    delegations: Delegations
    rules: Rules


@lru_cache
def configuration() -> Configuration:
    """The settings, read once."""
    path = settings().data_dir / "access" / "access.yml"
    return Configuration.model_validate(yaml.safe_load(path.read_text()))
