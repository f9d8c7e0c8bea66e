"""The bodies of the calls about notifications, and what they answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from backend.core.fields import Body, Email, TimeZone
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt
from backend.core.wording import shown
from backend.notifications.categories import Category, Frequency


class Frequencies(Body):
    """How often the news of each category come; what is left out stays as it is."""

    access_requests: Frequency | None = Field(
        default=None, description="Requests for access to decide, and what became of one’s own"
    )
    users: Frequency | None = Field(
        default=None, description="Who got, changed or lost a role in one’s accounts"
    )
    accounts: Frequency | None = Field(
        default=None, description="Smart Accounts asked for, and changes of one’s own"
    )
    virtual_accounts: Frequency | None = Field(
        default=None, description="Virtual accounts created, changed, moved, deleted"
    )
    orders: Frequency | None = Field(
        default=None, description="Orders followed, and what was assigned in one’s place"
    )
    licences: Frequency | None = Field(
        default=None, description="Licences that arrived, expire soon or have expired"
    )
    agreements: Frequency | None = Field(
        default=None, description="Notices and licence policies of one’s accounts"
    )
    cases: Frequency | None = Field(default=None, description="News of one’s own cases")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        names = value if isinstance(value, dict) else {}
        unknown = [name for name in names if name not in {*Category}]
        if unknown:
            raise ValueError(
                f"There is no category {shown(unknown[0])}. The categories are "
                f"{', '.join(Category)}."
            )
        return value


class SetPreferences(Body):
    """What shall be otherwise; what is left out stays as it is."""

    categories: Frequencies | None = Field(
        default=None,
        description="Category: immediate (at once), daily, weekly (Mondays) or off; those left "
        "out stay as they are",
    )
    hour: int | None = Field(
        default=None, ge=0, le=23, description="At which full hour summaries come, 0 to 23"
    )
    time_zone: TimeZone | None = Field(
        default=None, description="Time zone of that hour, IANA name like Europe/Oslo"
    )

    @model_validator(mode="after")
    def _something(self) -> "SetPreferences":
        chosen = self.categories.model_dump(exclude_none=True) if self.categories else {}
        if not chosen and self.hour is None and self.time_zone is None:
            raise ValueError(
                "Nothing is said that should change. Name a category with immediate, daily, "
                "weekly or off, an hour from 0 to 23, or a time zone like Europe/Oslo."
            )
        return self


class CategoryChoice(BaseModel):
    """A category, in plain words."""

    value: Category
    title: str
    contains: str = Field(description="What mails of this category are about")


class FrequencyChoice(BaseModel):
    """How often, in plain words."""

    value: Frequency
    title: str


class Choices(BaseModel):
    """What there is to choose from."""

    categories: list[CategoryChoice]
    frequencies: list[FrequencyChoice]
    hours: list[int]


class Chosen(BaseModel):
    """What a person is mailed, and when."""

    categories: dict[Category, Frequency]
    hour: int
    time_zone: str
    next_daily: datetime = Field(description="When the next daily summary is due, if there is news")
    next_weekly: datetime = Field(description="When Monday’s summary is due, if there is news")
    always: str = Field(description="What is mailed whatever is chosen, in plain words")


class Preferences(Chosen):
    """What a person is mailed, and what there is to choose from."""

    choices: Choices


class PreferencesAnswer(Preferences):
    """The preferences and the receipt of the write that answers with them."""

    receipt: Receipt


class AddRecipient(Body):
    """An address that gets an account’s news."""

    email: Email = Field(
        description="Address at the Smart Account’s own domain, such as a shared mailbox"
    )


class RecipientPublic(BaseModel):
    """An extra address of an account."""

    id: str | None
    email: str
    status: Literal["unconfirmed", "confirmed"]
    categories: dict[Category, Frequency] = Field(description="How often it gets what")
    added_by: PersonRef
    created_at: datetime
    confirmed_at: datetime | None
    expires_at: datetime | None = Field(
        description="When it is forgotten unless somebody confirms it"
    )


class RecipientAnswer(RecipientPublic):
    """An extra address and the receipt of the write that answers with it."""

    receipt: Receipt
