"""The bodies of the calls about Smart Account requests, and a request as people see it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from backend.accounts.domains import AccountDomain
from backend.accounts.fields import MOST_CUSTOMERS, AccountName, Headquarters, Note, Reason
from backend.accounts.requests.states import Kind, Status, Verb
from backend.accounts.standing import Visibility
from backend.core.fields import Body, Email
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt


class Authority(StrEnum):
    """Who says for the company that it wants the account."""

    SELF = "self"
    NOMINEE = "nominee"


def _without_repeats(emails: list[str]) -> list[str]:
    return list(dict.fromkeys(emails))


CustomerEmails = Annotated[list[Email], Field(min_length=1, max_length=MOST_CUSTOMERS)]


class _NewAccount(Body):
    name: AccountName = Field(description="Name of the Smart Account, 1 to 100 characters")
    # Whoever sends a type means another one than these calls make, and is told so.
    type: SkipJsonSchema[str] = "customer"

    @field_validator("type")
    @classmethod
    def _customer_only(cls, type_: str) -> str:
        if type_.casefold() != "customer":
            raise ValueError(
                "Only customer accounts can be asked for. A partner’s holding account is set up "
                "with the partner programme; open a case for it."
            )
        return "customer"


class CreateSmartAccount(_NewAccount):
    """A Smart Account for one's own company."""

    domain: AccountDomain | None = Field(
        default=None, description="The company's domain; that of your address if left out"
    )
    headquarters: Headquarters = Field(description="Where the company has its seat")
    visibility: Visibility = Field(
        description="unrestricted: found by searching; restricted: only by its exact name or domain"
    )
    authority: Authority = Field(
        description="self: you may speak for the company; nominee: somebody else does and accepts"
    )
    nominee_email: Email | None = Field(
        default=None,
        validate_default=True,
        description="Who accepts in the company's name, with authority nominee",
    )
    note: Note = Field(default="", description="For whoever approves it")

    @field_validator("nominee_email")
    @classmethod
    def _check_nominee(cls, email: str | None, info: ValidationInfo) -> str | None:
        authority = info.data.get("authority")
        if authority is Authority.NOMINEE and email is None:
            raise PydanticCustomError("missing", "Say who accepts it: their e-mail address.")
        if authority is Authority.SELF and email is not None:
            raise ValueError(
                f"You speak for the company yourself, so {email} can’t accept it. Leave it out, or "
                "choose the authority nominee."
            )
        return email


class RequestForCustomer(_NewAccount):
    """A Smart Account for a customer, who is invited to accept it."""

    domain: AccountDomain = Field(description="The customer's domain")
    customer_emails: CustomerEmails = Field(
        description="Who may accept it, 1 to 10 addresses; the first to accept administers it"
    )
    headquarters: Headquarters | None = Field(
        default=None, description="Where the customer has its seat"
    )
    note_to_customer: Note = Field(default="", description="Goes with the invitation")
    note_to_approver: Note = Field(default="", description="For whoever approves it")

    _once = field_validator("customer_emails")(_without_repeats)


class UpgradeSmartAccount(_NewAccount):
    """What an SMB account is called and found by as a standard one."""

    domain: AccountDomain | None = Field(
        default=None, description="The company's domain; that of your address if left out"
    )
    headquarters: Headquarters = Field(description="Where the company has its seat")
    visibility: Visibility = Field(
        description="unrestricted: found by searching; restricted: only by its exact name or domain"
    )


class ChangeInvited(Body):
    """Who may accept from now on, instead of those who were invited before."""

    customer_emails: CustomerEmails = Field(
        description="All addresses that may accept it; earlier ones that are not here no longer may"
    )

    _once = field_validator("customer_emails")(_without_repeats)


class DeclineAccountRequest(Body):
    """Why not."""

    reason: Reason | None = Field(default=None, description="Why; the requester reads it")


class RequestPublic(BaseModel):
    """A Smart Account request as somebody may see it."""

    id: str | None
    kind: Kind
    name: str
    domain: str
    status: Status
    status_text: str = Field(description="The status in words")
    requester: PersonRef
    nominee: PersonRef | None = None
    customer_emails: list[str] | None = Field(
        default=None, description="Who may accept it; of others' addresses invited people see none"
    )
    smart_account: str | None = Field(
        description="Present domain of the account that it is about, while there is one"
    )
    smart_account_id: int | None = Field(description="That account's number")
    headquarters: dict[str, Any] | None
    visibility: Visibility
    authority: Authority | None
    note: str = Field(description="For whoever approves it; empty for those invited")
    note_to_customer: str
    deciders: list[PersonRef] = Field(description="Who can move it on now")
    you_may: list[Verb] = Field(description="What you can do with it now")
    created_at: datetime
    expires_at: datetime | None = Field(description="When it ends by itself; null once it ended")
    approved_by: PersonRef | None
    decided_at: datetime | None
    decided_by: PersonRef | None
    reason: str | None
    link: str | None = Field(description="Its page in the product")


class RequestAnswer(RequestPublic):
    """A request and the receipt of the write that answers with it."""

    receipt: Receipt


StatusFilter = Literal["pending"] | Status
