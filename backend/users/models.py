"""Who has which role where: memberships, and the virtual accounts they reach."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, event
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id
from backend.core.policy import Role
from backend.virtual_accounts.names import LONGEST_KEY, key_of

VA_ROLES = tuple(role for role in Role if role.startswith("va_"))
SA_ROLES = tuple(role for role in Role if role.startswith("sa_"))


def _only(roles: tuple[Role, ...], table: str) -> CheckConstraint:
    names = ", ".join(f"'{role}'" for role in roles)
    return CheckConstraint(f"role IN ({names})", name=f"ck_{table}_role")


class Membership(SQLModel, table=True):
    """A person's role in a Smart Account; for VA roles the places are in `MembershipPlace`."""

    __table_args__ = (
        UniqueConstraint("smart_account_id", "person", "role"),
        _only(SA_ROLES + VA_ROLES, "membership"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    person: str = Field(foreign_key="person.id", max_length=254, index=True)
    role: str = Field(max_length=20)


class MembershipPlace(SQLModel, table=True):
    """A virtual account that a VA role reaches, with or without what is nested in it."""

    __tablename__ = "membership_place"

    membership_id: str = Field(foreign_key="membership.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", primary_key=True, max_length=32, index=True
    )
    include_nested: bool = False


class UserGroup(SQLModel, table=True):
    """A named set of users with one role on chosen virtual accounts."""

    __tablename__ = "user_group"
    __table_args__ = (UniqueConstraint("smart_account_id", "key"), _only(VA_ROLES, "user_group"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    name: str = Field(max_length=80)
    key: str = Field(default="", max_length=LONGEST_KEY, description="`key_of` the name")
    description: str = Field(default="", max_length=500)
    role: str = Field(max_length=20)


class UserGroupMember(SQLModel, table=True):
    """A person in a group."""

    __tablename__ = "user_group_member"

    group_id: str = Field(foreign_key="user_group.id", primary_key=True, max_length=32)
    person: str = Field(foreign_key="person.id", primary_key=True, max_length=254, index=True)


class UserGroupPlace(SQLModel, table=True):
    """A virtual account on which a group holds its role."""

    __tablename__ = "user_group_place"

    group_id: str = Field(foreign_key="user_group.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", primary_key=True, max_length=32, index=True
    )


class ExternalGroupGrant(SQLModel, table=True):
    """Another account's group that asked for a role here, known by the lookup id of its mail.

    The role and its places are given when an administrator grants it.
    """

    __tablename__ = "external_group_grant"
    __table_args__ = (
        UniqueConstraint("group_id", "smart_account_id"),
        CheckConstraint(
            "(role IS NULL) = (granted_at IS NULL)",
            name="ck_external_group_grant_granted_with_a_role",
        ),
        _only(VA_ROLES, "external_group_grant"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    lookup_id: str = Field(max_length=20, unique=True)
    group_id: str = Field(foreign_key="user_group.id", max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    requested_by: str = Field(max_length=254)
    requested_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    role: str | None = Field(default=None, max_length=20)
    granted_by: str | None = Field(default=None, max_length=254)
    granted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ExternalGroupPlace(SQLModel, table=True):
    """A virtual account on which another account's group holds its role."""

    __tablename__ = "external_group_place"

    grant_id: str = Field(foreign_key="external_group_grant.id", primary_key=True, max_length=32)
    virtual_account_id: str = Field(
        foreign_key="virtual_account.id", primary_key=True, max_length=32, index=True
    )


@event.listens_for(UserGroup, "before_insert")
@event.listens_for(UserGroup, "before_update")
def _fold(_mapper: Any, _connection: Any, row: UserGroup) -> None:
    """Whoever writes a group need not know how its name is compared."""
    row.key = key_of(row.name)
