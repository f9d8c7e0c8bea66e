"""People and their organisations: whom everything else in the system belongs to."""

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import JSON, Column, or_
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

PersonKind = Literal["customer", "partner", "support"]


class Organization(SQLModel, table=True):
    """A company, known by its e-mail domain; public mailbox providers are marked as such."""

    domain: str = Field(primary_key=True, max_length=253)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    public_mailbox: bool = False


class Person(SQLModel, table=True):
    """Somebody who can sign in. `id` says who, for good; `email` is the verified address.

    Rules look at the address, which may change; everything that belongs to a person keeps the
    id, which starts as the address of the first sign-in and never changes.
    """

    id: str = Field(primary_key=True, max_length=254)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    organization_domain: str = Field(foreign_key="organization.domain", max_length=253)
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=35)
    time_zone: str | None = Field(default=None, max_length=64)
    address: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    cco_id: str | None = Field(default=None, max_length=80, index=True)
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


async def by_address(session: AsyncSession, email: str) -> Person | None:
    """The person with this address: their present one, or else their first."""
    rows = await session.exec(
        select(Person)
        .where(or_(col(Person.email) == email, col(Person.id) == email))
        .order_by((col(Person.email) == email).desc())
        .limit(1)
    )
    return rows.first()


async def people(session: AsyncSession, ids: Iterable[str | None]) -> dict[str, Person]:
    """The people with these ids, by id."""
    wanted = {person_id for person_id in ids if person_id}
    if not wanted:
        return {}
    rows = await session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {person.id: person for person in rows.all()}


def person_ref(person_id: str, known: dict[str, Person]) -> PersonRef:
    """Name and present address; whoever is not on file is shown by the first address alone."""
    person = known.get(person_id)
    return PersonRef(
        name=person.name if person else person_id, email=person.email if person else person_id
    )
