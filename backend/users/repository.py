"""Queries about the users of an account. Lists start from whom the person may see."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, tuple_, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.core.identity import Person
from backend.core.pagination import decode, encode
from backend.core.policy import Role
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)

_ESCAPE = "\\"


@dataclass(frozen=True)
class Where:
    """Some virtual accounts (ids), and those above them, from where roles reach down."""

    places: Collection[str]
    above: Collection[str]


def users_of(
    smart_account_id: int, *, role: Role | None = None, where: Where | None = None
) -> SelectOfScalar[Person]:
    """Whoever has a role in the account, of their own or through a group; only this role, only
    with a reach into one of these virtual accounts.
    """
    own = select(Membership.person).where(
        col(Membership.smart_account_id) == smart_account_id,
        *_is(Membership.role, role),
        *([_own_place(where)] if where else []),
    )
    group = (
        select(UserGroupMember.person)
        .join(UserGroup, col(UserGroup.id) == col(UserGroupMember.group_id))
        .where(
            col(UserGroup.smart_account_id) == smart_account_id,
            *_is(UserGroup.role, role),
            *_group_place(UserGroupPlace, UserGroupPlace.group_id, UserGroup.id, where),
        )
    )
    external = (
        select(UserGroupMember.person)
        .join(ExternalGroupGrant, col(ExternalGroupGrant.group_id) == UserGroupMember.group_id)
        .where(
            col(ExternalGroupGrant.smart_account_id) == smart_account_id,
            col(ExternalGroupGrant.granted_at).is_not(None),
            *_is(ExternalGroupGrant.role, role),
            *_group_place(
                ExternalGroupPlace, ExternalGroupPlace.grant_id, ExternalGroupGrant.id, where
            ),
        )
    )
    # What follows is the ids of people, whoever of the three ways leads to them.
    anyone: Any = union(own, group, external).subquery()
    return select(Person).where(col(Person.id).in_(select(anyone.c.person)))


def _is(column: Any, role: Role | None) -> list[ColumnElement[bool]]:
    return [col(column) == role] if role else []


def _own_place(where: Where) -> ColumnElement[bool]:
    reaches = or_(
        col(MembershipPlace.virtual_account_id).in_(where.places),
        and_(
            col(MembershipPlace.include_nested),
            col(MembershipPlace.virtual_account_id).in_(where.above),
        ),
    )
    return (
        select(MembershipPlace.membership_id)
        .where(col(MembershipPlace.membership_id) == col(Membership.id), reaches)
        .exists()
    )


def _group_place(
    model: Any, owner: Any, owner_id: Any, where: Where | None
) -> list[ColumnElement[bool]]:
    """A group without a place gives nobody anything."""
    there = select(owner).where(col(owner) == col(owner_id))
    if where is not None:
        there = there.where(col(model.virtual_account_id).in_(where.places))
    return [there.exists()]


def matching(statement: SelectOfScalar[Person], q: str) -> SelectOfScalar[Person]:
    """Only those with these words in name, address or CCO ID."""
    like = "%" + "".join(_ESCAPE + c if c in "%_\\" else c for c in q) + "%"
    columns = (col(Person.name), col(Person.email), col(Person.cco_id))
    return statement.where(or_(false(), *(c.ilike(like, escape=_ESCAPE) for c in columns)))


async def page(
    session: AsyncSession, statement: SelectOfScalar[Person], cursor: str | None, limit: int
) -> tuple[list[Person], str | None]:
    """By name, from the cursor on; and the next cursor."""
    name = func.lower(col(Person.name))
    if cursor:
        last = decode(cursor, (str, str))
        statement = statement.where(tuple_(name, col(Person.id)) > tuple_(*last))
    # The database's own idea of small letters goes into the cursor, which it is compared with.
    with_key: Any = select(Person, name).where(statement.whereclause)  # type: ignore[arg-type]
    found = await session.exec(with_key.order_by(name, col(Person.id)).limit(limit + 1))
    rows = list(found.all())
    following = None
    if len(rows) > limit:
        person, key = rows[limit - 1]
        following = encode((key, person.id))
    return [person for person, _ in rows[:limit]], following
