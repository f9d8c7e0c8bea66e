"""The bodies of the calls about training engagements. Fields check themselves one by one, so
that a dry run with a partial body says at once what is wrong and what is still to ask.
"""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from backend.core.fields import Body, Domain, Email, Language, Phone, Remark, TimeZone, Topic
from backend.core.portals import Portal
from backend.training.windows import WindowIn, checked

MOST_ATTENDEES = 100


class Kind(StrEnum):
    """What people ask for."""

    TRAINING = "training"
    DEMO = "demo"


KIND_NAMES = {Kind.TRAINING: "Training", Kind.DEMO: "Demo"}
Windows = Annotated[list[WindowIn], Field(min_length=1, max_length=3)]


class WithWindows(Body):
    """Preferred times and the zone that they are meant in."""

    time_zone: TimeZone = Field(description="IANA time zone, like Europe/Berlin")
    windows: Windows = Field(
        description="One to three preferred times, at least three working days ahead"
    )

    @field_validator("windows")
    @classmethod
    def _check_windows(cls, windows: list[WindowIn], info: ValidationInfo) -> list[WindowIn]:
        return checked(windows, ZoneInfo(info.data.get("time_zone") or "UTC"))


class CreateTrainingEngagement(WithWindows):
    """A request for a training session or a demo."""

    kind: Kind = Field(description="A training session or a demo")
    portal: Portal = Field(description="The portal it is about")
    topics: list[Topic] = Field(
        min_length=1, max_length=10, description="What to cover, in your own words"
    )
    attendees: int = Field(
        ge=1, le=MOST_ATTENDEES, description="How many people take part, 1 to 100"
    )
    attendee_emails: list[Email] = Field(
        default_factory=list,
        max_length=MOST_ATTENDEES,
        description="Addresses that get the invitation too",
    )
    language: Language = Field(description="Language of the session, like en or de")
    phone: Phone | None = Field(default=None, description="Where the trainer may call you")
    smart_account: Domain | None = Field(
        default=None, description="Domain of the Smart Account; your only one if left out"
    )
    notes: Remark | None = Field(
        default=None, description="Anything else that the trainer should know"
    )
    open_another: bool = Field(
        default=False, description="Open another case although an equal one is open already"
    )

    @field_validator("attendee_emails")
    @classmethod
    def _check_emails(cls, emails: list[str], info: ValidationInfo) -> list[str]:
        unique = list(dict.fromkeys(emails))
        attendees = info.data.get("attendees")
        if attendees and len(unique) > attendees:
            raise ValueError(
                f"You named {len(unique)} addresses for {attendees} attendees. "
                f"Say how many people take part, at least {len(unique)}."
            )
        return unique


class Reschedule(WithWindows):
    """New preferred times for an engagement."""
