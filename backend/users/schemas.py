"""The bodies of the calls about users, and a user as people see one. Fields check themselves one
by one, so that a dry run with a partial body says at once what is wrong and what is still to ask.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
)

from backend.access.schemas import Scope, fits, misfit, needed
from backend.core.fields import Body, clean, normal_email, one_line
from backend.core.identity import PersonRef
from backend.core.policy import ROLE_NAMES, Action, Role
from backend.core.receipts import Receipt
from backend.core.wording import shown
from backend.users.models import SA_ROLES
from backend.virtual_accounts.names import Named, key_of

MOST_PLACES = 200
_CCO_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")


def _identifier(value: str) -> str:
    if "@" in value:
        return normal_email(value)
    said = value.lower()
    if not _CCO_ID.fullmatch(said):
        raise ValueError(
            f"{shown(value)} is neither an e-mail address nor a CCO ID. Give one like "
            "name@company.example."
        )
    return said


def role_as_said(value: Any) -> Any:
    """“VA User”, “va-user” and “SA Administrator” are roles as people write them."""
    if not isinstance(value, str):
        return value
    words = str(one_line(value)).lower().replace("-", " ").replace("_", " ")
    named = {name.lower(): str(role) for role, name in ROLE_NAMES.items()}
    return named.get(words) or words.replace("administrator", "admin").replace(" ", "_")


def once(names: list[str]) -> list[str]:
    """Each name once, in the order they were given."""
    return list({key_of(name): name for name in reversed(names)}.values())[::-1]


def scope_of(role: Role) -> Scope:
    """How far a role of this kind reaches."""
    return Scope.ACCOUNT if role in SA_ROLES else Scope.VIRTUAL_ACCOUNTS


Identifier = Annotated[
    str, BeforeValidator(clean), AfterValidator(_identifier),
    Field(min_length=1, max_length=254),
]  # fmt: skip
RoleIn = Annotated[Role, BeforeValidator(role_as_said)]
Places = Annotated[list[Named], Field(max_length=MOST_PLACES), AfterValidator(once)]


class _Role(Body):
    """A role with its scope and its virtual accounts, which have to fit each other."""

    scope: Scope | None = Field(
        default=None, description="Follows from the role; say it to ask for roles that fit it"
    )
    role: RoleIn = Field(
        description="sa_… roles reach the entire account, va_… roles selected virtual accounts"
    )

    @field_validator("role")
    @classmethod
    def _fits_the_scope(cls, role: Role, info: ValidationInfo) -> Role:
        scope = info.data.get("scope")
        if scope is not None and not fits(role, scope):
            raise ValueError(misfit(role, scope))
        return role


def _wanted_scope(info: ValidationInfo) -> Scope | None:
    role = info.data.get("role")
    return scope_of(role) if role else info.data.get("scope")


def _refuse_places(places: list[str] | None, info: ValidationInfo) -> None:
    if _wanted_scope(info) is Scope.ACCOUNT and places:
        raise ValueError(
            "sa_… roles reach every virtual account, so none can be named for them. Leave the "
            "virtual accounts out, or choose a va_… role."
        )


class _Given(_Role):
    """A role that is given, with where it is held."""

    virtual_accounts: Places | None = Field(
        default=None, validate_default=True,
        description="Names of the virtual accounts for a va_… role",
    )  # fmt: skip
    include_nested: bool = Field(
        default=False, description="Also what is nested in these virtual accounts"
    )

    @field_validator("virtual_accounts")
    @classmethod
    def _fit(cls, places: list[str] | None, info: ValidationInfo) -> list[str] | None:
        _refuse_places(places, info)
        if _wanted_scope(info) is Scope.VIRTUAL_ACCOUNTS and not places:
            raise needed("virtual accounts")
        return places


class AddUser(_Given):
    """Somebody who gets a role."""

    email: Identifier = Field(description="E-mail address, or CCO ID, of the person")


class AddAlike(_Given):
    """Several people who get the same role."""

    emails: list[str] = Field(
        description="E-mail addresses or CCO IDs of people who all get the role named beside them"
    )


class ChangeUserRole(_Role):
    """The role that somebody has from now on, instead of those held so far."""

    virtual_accounts: Places | None = Field(
        default=None, description="Names of the virtual accounts; the present ones if left out"
    )
    include_nested: bool | None = Field(
        default=None, description="Also what is nested in them; as at present if left out"
    )

    @field_validator("virtual_accounts")
    @classmethod
    def _fit(cls, places: list[str] | None, info: ValidationInfo) -> list[str] | None:
        _refuse_places(places, info)
        if places is not None and not places and _wanted_scope(info) is Scope.VIRTUAL_ACCOUNTS:
            raise ValueError("Name at least one virtual account, or remove the user instead.")
        return places


class RoleHeld(BaseModel):
    """One role of a user, and where it comes from."""

    role: Role
    scope: Scope
    virtual_accounts: list[str] = Field(description="Empty for the entire account")
    include_nested: list[str] = Field(
        description="Those of them in which the role also reaches what is nested"
    )
    group: str | None = Field(description="The group that gives it; null for a role of their own")


class UserPublic(PersonRef):
    """A user of a Smart Account."""

    access: Scope | None = Field(description="The widest scope held; null without any role")
    roles: list[RoleHeld]
    groups: list[str] = Field(description="Groups that give them a role here")


class UserAnswer(UserPublic):
    """A user and the receipt of the write that answers with it."""

    receipt: Receipt


class RowResult(BaseModel):
    """What became of one row."""

    row: int = Field(description="Its number: the line of the file, or the place in the list")
    identifier: str
    status: Literal["added", "changed", "skipped", "failed"]
    detail: str = Field(description="What was done, or why not and what would be right")


class BulkAnswer(BaseModel):
    """What became of all rows."""

    results: list[RowResult]
    added: int
    changed: int
    skipped: int
    failed: int
    receipt: Receipt


class Permission(BaseModel):
    """Something a user may do, where, and why."""

    action: Action
    what: str = Field(description="The same in words")
    scope: Scope
    virtual_accounts: list[str] = Field(description="Where; empty for everywhere")
    reasons: list[str] = Field(description="Role, scope and group that allow it")


class UserPermissions(UserPublic):
    """All that a user may do in a Smart Account."""

    smart_account: str = Field(description="Domain of the Smart Account")
    permissions: list[Permission]
