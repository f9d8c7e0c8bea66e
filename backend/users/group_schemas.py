"""The bodies of the calls about user groups, and a group as people see it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
)

from backend.access.schemas import AccountName, Reason
from backend.core.fields import Body, LongText, ShortText, one_line
from backend.core.identity import PersonRef
from backend.core.policy import Role
from backend.core.receipts import Receipt
from backend.users.schemas import MOST_PLACES, Identifier, Places, role_as_said

MOST_MEMBERS = 500
GroupName = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=80)
]
Description = Annotated[str, BeforeValidator(one_line), StringConstraints(max_length=500)]
LookupId = Annotated[
    str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=20, to_upper=True)
]


def _va_role(role: object) -> object:
    said = role_as_said(role)
    if isinstance(said, str) and said in set(Role) and not said.startswith("va_"):
        raise ValueError(
            "A group holds a role on chosen virtual accounts: VA Administrator, VA User or VA "
            "Viewer. Give roles of the entire account to people one by one."
        )
    return said


GroupRole = Annotated[Literal["va_admin", "va_user", "va_viewer"], BeforeValidator(_va_role)]
Members = Annotated[
    list[Identifier], Field(min_length=1, max_length=MOST_MEMBERS),
    AfterValidator(lambda members: list(dict.fromkeys(members))),
]  # fmt: skip
SomePlaces = Annotated[Places, Field(min_length=1)]


class CreateGroup(Body):
    """A named set of users with one role on chosen virtual accounts."""

    name: GroupName = Field(description="Its name, unique in the account")
    description: Description = Field(default="", description="What it is for")
    members: Members = Field(description="E-mail addresses or CCO IDs, 1 to 500")
    role: GroupRole = Field(description="The role that every member has")
    virtual_accounts: SomePlaces = Field(
        description=f"Names of the virtual accounts, 1 to {MOST_PLACES}"
    )


class UpdateGroup(Body):
    """What may change of a group; only what is named changes."""

    name: GroupName | None = Field(default=None, description="The new name")
    description: Description | None = Field(default=None, description="What it is for")
    members: Members | None = Field(
        default=None, description="All members from now on, instead of those now"
    )
    add_members: Members | None = Field(default=None, description="Who comes in")
    remove_members: Members | None = Field(default=None, description="Who goes")
    role: GroupRole | None = Field(default=None, description="The new role of every member")
    virtual_accounts: SomePlaces | None = Field(
        default=None, description="Names of all its virtual accounts from now on"
    )

    @field_validator("name", "members", "role", "virtual_accounts")
    @classmethod
    def _keep(cls, value: object) -> object:
        if value is None:
            raise ValueError("A group always has a name, members, a role and virtual accounts.")
        return value


class GroupMessage(Body):
    """A message to all members of a group."""

    subject: ShortText | None = Field(
        default=None, description="Subject of the mail; the group's name if left out"
    )
    text: Annotated[LongText, Field(max_length=2000)] = Field(description="What to say")


class RequestGroupAccess(Body):
    """A wish that a group gets a role in another Smart Account."""

    other_account: AccountName = Field(
        description="Domain of the other Smart Account, or its exact name"
    )
    note: Reason = Field(default="", description="Why, for that account's administrators")


class GrantExternalGroup(Body):
    """What another account's group gets here."""

    lookup_id: LookupId = Field(description="The lookup ID from the e-mail, like GRP-7K3F92QX")
    role: GroupRole = Field(description="The role that every member of it has here")
    virtual_accounts: SomePlaces = Field(
        description=f"Names of the virtual accounts, 1 to {MOST_PLACES}"
    )


class GroupPublic(BaseModel):
    """A group of users."""

    id: str | None = Field(description="Null in a dry run")
    name: str
    description: str
    members: list[PersonRef]
    role: Role
    virtual_accounts: list[str]
    other_accounts: list[str] = Field(
        description="Domains of other accounts in which it has a role or has asked for one; "
        "for those who manage groups"
    )


class GroupAnswer(GroupPublic):
    """A group and the receipt of the write that answers with it."""

    receipt: Receipt


class GroupDeleted(BaseModel):
    """What was deleted, and the receipt."""

    name: str
    receipt: Receipt


class ExternalGroup(BaseModel):
    """Another account's group that has a role here, or has asked for one."""

    lookup_id: str | None = Field(description="Null in a dry run of the request")
    group: str = Field(description="Its name")
    smart_account: str = Field(description="Domain of the account whose group it is")
    smart_account_name: str
    members: list[PersonRef]
    status: Literal["pending", "granted"]
    role: Role | None
    virtual_accounts: list[str]
    requested_by: PersonRef
    requested_at: datetime
    granted_by: PersonRef | None
    granted_at: datetime | None


class ExternalGroupAnswer(ExternalGroup):
    """Such a group and the receipt of the write that answers with it."""

    receipt: Receipt


class GroupAccessRequested(BaseModel):
    """A request that went to another account's administrators."""

    lookup_id: str | None = Field(description="What they grant it by; null in a dry run")
    group: str
    smart_account: str = Field(description="Domain of the other account")
    status: Literal["pending", "granted"]
    receipt: Receipt
