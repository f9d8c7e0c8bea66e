"""What the case system tells of one of our cases."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from backend.cases.schemas import Status
from backend.core.fields import Body, Email, LongText, Phone, ShortText, one_line
from backend.core.wording import shown
from backend.webhooks.mapping import case_system

Key = Annotated[str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=100)]
Reference = Annotated[
    str,
    BeforeValidator(one_line),
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,59}$"),
]


class Engineer(Body):
    """Who works on it over there."""

    name: ShortText = Field(description="The engineer's name")
    email: Email | None = Field(default=None, description="Where to write to")
    phone: Phone | None = Field(default=None, description="Where to call")
    department: ShortText | None = Field(default=None, description="The team")


class CaseUpdate(Body):
    """A case as it stands in the case system now, and what was said about it since."""

    event_id: Key = Field(description="Their id of this message; the same one counts once")
    version: int = Field(
        ge=1,
        le=2**31 - 1,
        description="Grows with every change over there. An older one changes nothing of how the "
        "case stands; what it says (reply, note) is still taken",
    )
    reference: Reference | None = Field(default=None, description="Their number of the case")
    acknowledged: bool = Field(default=False, description="True once they have it")
    status: str | None = Field(
        default=None, max_length=80, description="In their words, as the mapping has them"
    )
    severity: str | None = Field(
        default=None, max_length=80, description="In their words, as the mapping has them"
    )
    engineer: Engineer | None = Field(default=None, description="Who works on it")
    reply: LongText | None = Field(default=None, description="An answer for the requester")
    note: LongText | None = Field(default=None, description="A note for our desk only")
    close: bool = Field(
        default=False, description="True closes it, like a status that means closed"
    )

    @field_validator("severity", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """Severities are numbers in many systems."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("status")
    @classmethod
    def _known_status(cls, said: str | None) -> str | None:
        if said is not None and case_system().status_of(said) is None:
            raise _unknown(said, [*case_system().statuses.values(), *case_system().also_known])
        return said

    @field_validator("severity")
    @classmethod
    def _known_severity(cls, said: str | None) -> str | None:
        if said is not None and case_system().severity_of(said) is None:
            raise _unknown(said, list(case_system().severities.values()))
        return said

    @property
    def new_status(self) -> Status | None:
        """The status that it asks for, in our words."""
        if self.close:
            return Status.CLOSED
        return case_system().status_of(self.status) if self.status else None

    @property
    def new_severity(self) -> int | None:
        """The severity that it asks for."""
        return case_system().severity_of(self.severity) if self.severity else None


def _unknown(said: str, known: list[str]) -> PydanticCustomError:
    return PydanticCustomError(
        "unknown_word",
        "{said} is none of the words that data/support/case_system.yml knows: {known}.",
        {"said": shown(said), "known": ", ".join(known)},
    )


class UpdateAnswer(BaseModel):
    """What became of an update."""

    case_number: str
    reference: str | None = Field(description="Their number, as we have it")
    version: int = Field(description="The newest version that we know")
    applied: bool = Field(description="False for a version that is older than one we know")
    repeated: bool = Field(description="True for an `event_id` that came before")
    status: Status
    severity: Literal[1, 2, 3, 4]
