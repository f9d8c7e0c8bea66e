"""The directory as people see it."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from backend.core.identity import PersonRef
from backend.core.policy import Role


class Relation(StrEnum):
    """What an account has to do with somebody, in the directory's order."""

    ACCESS = "access"
    REQUESTED = "requested"
    CREATED = "created"
    DOMAIN = "domain"


class DirectoryEntry(BaseModel):
    """A Smart Account as the directory shows it."""

    domain: str
    name: str
    id: int = Field(description="The account's number")
    type: Literal["customer", "holding"]
    status: Literal["active", "pending"]
    relation: Relation | None = Field(
        description="You have access, asked for it, asked to have it created, or your e-mail "
        "domain matches; null for one that only a search found"
    )
    roles: list[Role] = Field(description="Your roles in it, the highest first")
    administrators: list[PersonRef]


class Administrators(BaseModel):
    """Who administers a Smart Account."""

    items: list[PersonRef]
    next: str | None = None
    smart_account: str = Field(description="Domain of the Smart Account")
    smart_account_name: str


class AvailableVirtualAccount(BaseModel):
    """A virtual account for which access can be asked."""

    name: str
    path: str = Field(description="With what it is nested in, like EMEA / Oslo")
