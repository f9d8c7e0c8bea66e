"""How Smart Accounts come into being, read from `data/accounts/accounts.yml`."""

from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from backend.accounts.models import ACCEPT_DAYS
from backend.core.settings import settings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequestTimes(_Section):
    """When a request that waits is reminded of, and when it ends by itself."""

    expire_days: int = Field(default=ACCEPT_DAYS, ge=1)
    reminder_days: list[int]
    resends_an_hour: int = Field(ge=1)

    @field_validator("reminder_days")
    @classmethod
    def _rising(cls, days: list[int]) -> list[int]:
        if days != sorted(set(days)):
            raise ValueError("reminder_days must rise")
        return days

    @model_validator(mode="after")
    def _before_the_end(self) -> "RequestTimes":
        if any(not 0 < day < self.expire_days for day in self.reminder_days):
            raise ValueError("a reminder comes before the request expires")
        return self


class EmailCodes(_Section):
    """How long a mailed code lives, and how often it may be tried and asked for."""

    minutes: int = Field(ge=1)
    tries: int = Field(ge=1)
    an_hour: int = Field(ge=1)


class Wording(_Section):
    """A title and a text."""

    title: str
    text: str


class BannerWording(Wording):
    """What an SMB account's banner says, and the operation that its button names."""

    action: str | None


class Configuration(_Section):
    """The whole file."""

    requests: RequestTimes
    email_codes: EmailCodes
    public_mailboxes: frozenset[str]
    notices: dict[str, Wording]
    policies: dict[str, Wording]
    banners: dict[str, BannerWording]


@lru_cache
def configuration() -> Configuration:
    """The settings, read once."""
    path = settings().data_dir / "accounts" / "accounts.yml"
    return Configuration.model_validate(yaml.safe_load(path.read_text()))
