"""The bodies of the calls about Smart Accounts, and an account as people see it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, field_validator

from backend.accounts.fields import AccountName, Headquarters
from backend.accounts.standing import Visibility
from backend.core.fields import Body, CaseNumber, Email
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt
from backend.directory.schemas import DirectoryEntry


class NoticeName(StrEnum):
    """The two notices of an account."""

    SMART_LICENSING = "smart-licensing"
    ADMIN = "admin"


class CaseVisibility(StrEnum):
    """Which members see the account's cases, besides who opened them and the desk."""

    ALL = "all"
    ADMINS = "admins"
    OWNER = "owner"


class Notice(BaseModel):
    """A notice of an account."""

    name: NoticeName
    title: str
    text: str
    version: int = Field(description="The version that is to be accepted now")
    accepted: bool = Field(description="Whether that version is accepted")


class AccountPublic(DirectoryEntry):
    """A Smart Account. Who has no role in it gets the directory's fields alone; the others are
    absent then.
    """

    is_smb: bool = Field(default=False, description="Made with a personal mailbox; upgrade it")
    visibility: Visibility | None = None
    headquarters: dict[str, Any] | None = None
    primary_contact: PersonRef | None = None
    former_domains: list[str] = Field(default=[], description="Domains before its upgrade")
    notices: list[Notice] = Field(default=[])
    created_at: datetime | None = None
    activated_at: datetime | None = None


class AccountAnswer(AccountPublic):
    """An account and the receipt of its change."""

    receipt: Receipt


class UpdateSmartAccount(Body):
    """What may be changed of an account; only what is named changes."""

    name: AccountName | None = Field(default=None, description="New name, 1 to 100 characters")
    visibility: Visibility | None = Field(
        default=None,
        description="unrestricted: found by searching; restricted: by exact name or domain alone",
    )
    headquarters: Headquarters | None = Field(default=None, description="Where the company is")
    primary_contact: Email | None = Field(
        default=None, description="E-mail of the member whom others turn to"
    )

    @field_validator("name", "visibility", "headquarters", "primary_contact")
    @classmethod
    def _nothing_is_removed(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This can be changed, not removed. Leave it out to keep it.")
        return value


class PolicyEffect(BaseModel):
    """What a licence policy refuses."""

    policy: str
    title: str
    text: str
    in_force: bool = Field(description="Whether it refuses that now")


class Policies(BaseModel):
    """An account's licence policies and who sees its cases."""

    smart_account: str
    enforce_license_policies: bool
    block_overuse: bool
    restrict_export_controlled_tokens: bool
    case_visibility: CaseVisibility
    effects: list[PolicyEffect] = Field(description="What each licence policy refuses")


class PoliciesAnswer(Policies):
    """The policies and the receipt of their change."""

    receipt: Receipt


class SetPolicies(Body):
    """Policies as they shall be; what is left out stays as it is."""

    enforce_license_policies: bool | None = Field(
        default=None, description="Whether the licence policies refuse anything at all"
    )
    block_overuse: bool | None = Field(
        default=None, description="Refuse to use or move more licences than there are"
    )
    restrict_export_controlled_tokens: bool | None = Field(
        default=None, description="Refuse tokens that allow export-controlled functions"
    )
    case_visibility: CaseVisibility | None = Field(
        default=None,
        description="Who sees the account's cases besides who opened them: all members, "
        "administrators (admins), or nobody (owner)",
    )


class NoticeAnswer(Notice):
    """A notice that is accepted, by whom and when, and the receipt."""

    smart_account: str
    accepted_at: datetime | None
    accepted_by: PersonRef | None
    receipt: Receipt


class Overview(BaseModel):
    """An account's numbers; null is what your roles do not let you see."""

    smart_account: str
    name: str
    status: Literal["active", "pending"]
    members: int | None = Field(description="People with a role, where you may list users")
    virtual_accounts: int = Field(description="Those in which you have a role")
    groups: int | None
    locations: int
    pending_access_requests: int | None
    pending_account_requests: int | None = Field(
        description="Smart Account requests that the account's administrators decide"
    )
    open_cases: int = Field(description="Open cases of the account that you may see")
    open_notices: list[NoticeName]
    upgrade: str | None = Field(description="Title of the upgrade banner of an SMB account")


class LocationPublic(BaseModel):
    """A place of the company."""

    name: str
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    virtual_accounts: list[str] = Field(description="Those that are there, of those you may see")


class ReplaceAdministrator(Body):
    """A new SA Administrator in place of the last one, who has left."""

    email: Email = Field(description="Address of who becomes SA Administrator")
    case_number: Annotated[CaseNumber, StringConstraints(min_length=1)] = Field(
        description="The case about the account that holds the proof"
    )
