"""What each mail is about and how often it may come, from `data/notifications/categories.yml`."""

from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.core.settings import settings

ALWAYS = "always"


class Category(StrEnum):
    """What mails are about, as people choose."""

    ACCESS_REQUESTS = "access_requests"
    USERS = "users"
    ACCOUNTS = "accounts"
    VIRTUAL_ACCOUNTS = "virtual_accounts"
    ORDERS = "orders"
    LICENCES = "licences"
    AGREEMENTS = "agreements"
    CASES = "cases"


class Frequency(StrEnum):
    """How often the news of a category come."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class About(_Section):
    """A category in plain words; its `title` stands in the middle of sentences."""

    title: str
    contains: str
    default: Frequency

    @property
    def label(self) -> str:
        """The title as it begins a line."""
        return self.title[:1].upper() + self.title[1:]


class RecipientRules(_Section):
    """What holds for the extra addresses of an account."""

    most: int = Field(ge=1)
    confirm_days: int = Field(ge=1)
    mails_an_hour: int = Field(ge=1)
    categories: dict[Category, Frequency]


class Configuration(_Section):
    """The whole file."""

    frequencies: dict[Frequency, str]
    hour: int = Field(ge=0, le=23)
    categories: dict[Category, About]
    mails: dict[str, str]
    recipients: RecipientRules
    quiet_minutes: float = Field(gt=0)
    expiry_days: list[int]
    expired_days: int = Field(ge=1)
    footer: str

    @model_validator(mode="after")
    def _whole(self) -> "Configuration":
        if set(self.categories) != set(Category) or set(self.frequencies) != set(Frequency):
            raise ValueError("every category and frequency is described once")
        unknown = {*self.mails.values()} - {ALWAYS, *Category}
        if unknown:
            raise ValueError(f"no such category: {', '.join(sorted(unknown))}")
        return self

    @property
    def quiet(self) -> timedelta:
        """For how long the same words are not mailed again."""
        return timedelta(minutes=self.quiet_minutes)


@lru_cache
def configuration() -> Configuration:
    """The settings, read once."""
    path = settings().data_dir / "notifications" / "categories.yml"
    return Configuration.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def category_of(kind: str) -> Category | None:
    """The category of a kind of mail; None for what is always sent at once."""
    category = configuration().mails.get(kind, ALWAYS)
    return None if category == ALWAYS else Category(category)


def defaults() -> dict[Category, Frequency]:
    """How often each category comes to whoever has chosen nothing."""
    return {name: about.default for name, about in configuration().categories.items()}
