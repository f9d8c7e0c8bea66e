"""A person's own profile."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, field_validator

from backend.core.fields import Body, Email, Language, Phone, ShortText, TimeZone
from backend.core.receipts import Receipt
from backend.core.wording import shown
from backend.people.codes import CODE_DIGITS


class Me(BaseModel):
    """Who is signed in, and what the assistant need not ask."""

    email: str
    name: str
    organization: str = Field(description="Name of the organisation")
    kind: Literal["customer", "partner", "support"]
    roles: list[dict[str, Any]] = Field(
        description="`{smart_account, role, virtual_accounts}` for each role held; `{partner, "
        "role}`, without an account, for those at a partner: `pss_admin`, `ofm`"
    )
    desk: dict[str, Any] | None = Field(
        default=None, description="`{role, queues}` of support people"
    )
    phone: str | None
    language: str | None
    time_zone: str | None
    address: dict[str, Any] | None
    email_pending: str | None = Field(description="A new address that waits for its code")


class MeAnswer(Me):
    """The profile and the receipt of its change."""

    receipt: Receipt


Address = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], ShortText | None], Field(max_length=10)
]


class UpdateMe(Body):
    """What people may change of their own profile; only what is named changes."""

    email: Email | None = Field(
        default=None,
        description="Your new address; counts once the code that is mailed there is confirmed. "
        "Null drops one that waits for its code",
    )
    name: ShortText | None = Field(default=None, description="Your name")
    phone: Phone | None = Field(default=None, description="Where to call you; null removes it")
    language: Language | None = Field(default=None, description="Your language, like en or de")
    time_zone: TimeZone | None = Field(default=None, description="IANA zone, like Europe/Oslo")
    address: Address | None = Field(default=None, description="Your postal address")

    @field_validator("name")
    @classmethod
    def _keep_a_name(cls, name: str | None) -> str:
        if name is None:
            raise ValueError("Your name can be changed, not removed.")
        return name


def _six_digits(value: Any) -> Any:
    """Codes are read aloud and copied with spaces."""
    return value.replace(" ", "").replace("-", "") if isinstance(value, str) else value


class VerifyEmail(Body):
    """The code that came by mail."""

    code: Annotated[str, BeforeValidator(_six_digits)] = Field(
        max_length=20, description="The six digits mailed to the new address"
    )

    @field_validator("code")
    @classmethod
    def _check_code(cls, code: str) -> str:
        if len(code) != CODE_DIGITS or not (code.isascii() and code.isdigit()):
            raise ValueError(f"{shown(code)} is not a code. It has six digits, like 042137.")
        return code


class DemoSignIn(Body):
    """Whom to be."""

    email: Email = Field(description="A person of the demo world")


class SignedIn(BaseModel):
    """The token to send as `Authorization: Bearer …`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    user: Me


class McpToken(BaseModel):
    """A token for MCP clients: it reads and proposes, and never confirms."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds")
