"""People and their organisations: whom everything else in the system belongs to."""

from typing import Any, Literal

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

PersonKind = Literal["customer", "partner", "support"]


class Organization(SQLModel, table=True):
    """A company, known by its e-mail domain; public mailbox providers are marked as such."""

    domain: str = Field(primary_key=True, max_length=253)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    public_mailbox: bool = False


class Person(SQLModel, table=True):
    """Somebody who can sign in. `email` is the verified address that rules look at."""

    email: str = Field(primary_key=True, max_length=254)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    organization_domain: str = Field(foreign_key="organization.domain", max_length=253)
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=35)
    time_zone: str | None = Field(default=None, max_length=64)
    address: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    cco_id: str | None = Field(default=None, max_length=80)
    email_pending: str | None = Field(default=None, max_length=254)
    note: str = Field(default="", max_length=300)
    other_emails: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    partner_roles: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    desk_role: str | None = Field(default=None, max_length=20)
    desk_queues: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))

    @property
    def is_support(self) -> bool:
        """Whether the person works at the support desk."""
        return self.kind == "support"

    @property
    def domain(self) -> str:
        """The domain of the verified e-mail address."""
        return self.email.rsplit("@", 1)[-1]


class PersonRef(SQLModel):
    """People are always shown by name and e-mail."""

    name: str
    email: str
