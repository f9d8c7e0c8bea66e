"""The bodies of the calls about virtual accounts, and one as people see it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from backend.accounts.standing import Visibility
from backend.core.fields import Body
from backend.core.receipts import Receipt
from backend.virtual_accounts.names import Description, Location, Name, Named, Tag, key_of

MOST_TAGS = 20
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]


def _once(tags: list[str] | None) -> list[str] | None:
    """Each tag once, in the order they were given."""
    return (
        None if tags is None else list({key_of(tag): tag for tag in reversed(tags)}.values())[::-1]
    )


def _top(parent: Any) -> Any:
    """An empty name is the top level, for those who can't send null."""
    return None if parent == "" else parent


Parent = Annotated[Named | None, BeforeValidator(_top)]


class CreateVirtualAccount(Body):
    """A new virtual account."""

    name: Name = Field(
        description="Its name, unique in the account; partners see it when they order"
    )
    description: Description = Field(default="", description="What it is for")
    parent: Parent = Field(
        default=None, description="The virtual account to nest it in; the top level if left out"
    )
    access_level: Visibility = Field(
        default=Visibility.UNRESTRICTED,
        description="`unrestricted`: found by searching; `restricted`: by its exact name alone",
    )
    tags: Tags = Field(default=[], description="Words to find it by")
    location: Location | None = Field(default=None, description="Where it is")

    _tags = field_validator("tags")(_once)


class UpdateVirtualAccount(Body):
    """What may change of a virtual account; only what is named changes."""

    name: Name | None = Field(default=None, description="The new name")
    description: Description | None = Field(default=None, description="What it is for")
    parent: Parent = Field(
        default=None, description="The one to nest it in; null or empty is the top level"
    )
    access_level: Visibility | None = Field(
        default=None,
        description="`unrestricted` or `restricted`; that of the default one can’t change",
    )
    tags: Tags | None = Field(default=None, description="Words to find it by, instead of those now")
    location: Location | None = Field(default=None, description="Where it is; null removes it")

    _tags = field_validator("tags")(_once)

    @field_validator("name", "access_level")
    @classmethod
    def _keep(cls, value: str | None) -> str:
        if value is None:
            raise ValueError("A virtual account always has a name and an access level.")
        return value


class VirtualAccountPublic(BaseModel):
    """A virtual account with its place in the tree."""

    id: str | None = Field(description="Null in a dry run")
    name: str
    description: str
    parent: str | None = Field(description="Name of the one in which it is nested")
    path: str = Field(description="Names from the top level down: `EMEA / Oslo`")
    access_level: Visibility
    is_default: bool = Field(description="Whether it takes orders that name no virtual account")
    tags: list[str]
    location: str | None


class VirtualAccountAnswer(VirtualAccountPublic):
    """A virtual account and the receipt of the write that answers with it."""

    receipt: Receipt


class VirtualAccountDeleted(BaseModel):
    """What was deleted, and the receipt."""

    name: str
    receipt: Receipt
