"""Queries about user groups. Lists start from what the person may see."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.models import SmartAccount
from backend.core.pagination import decode, encode, newest_first
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.names import key_of


def visible(smart_account_id: int, reach: Collection[str] | None) -> SelectOfScalar[UserGroup]:
    """The groups of an account, or those with a role in one of these virtual accounts (ids)."""
    statement = select(UserGroup).where(col(UserGroup.smart_account_id) == smart_account_id)
    if reach is None:
        return statement
    there = select(UserGroupPlace.group_id).where(
        col(UserGroupPlace.group_id) == col(UserGroup.id),
        col(UserGroupPlace.virtual_account_id).in_(reach),
    )
    return statement.where(there.exists())


async def page(
    session: AsyncSession, statement: SelectOfScalar[UserGroup], cursor: str | None, limit: int
) -> tuple[list[UserGroup], str | None]:
    """By name, from the cursor on; and the next cursor."""
    if cursor:
        [last] = decode(cursor, (str,))
        statement = statement.where(col(UserGroup.key) > last)
    rows = list((await session.exec(statement.order_by(col(UserGroup.key)).limit(limit + 1))).all())
    following = encode([rows[limit - 1].key]) if len(rows) > limit else None
    return rows[:limit], following


async def named(
    session: AsyncSession, statement: SelectOfScalar[UserGroup], said: str
) -> UserGroup | None:
    """The group with this id, or with this name in any case."""
    found = await session.exec(
        statement.where((col(UserGroup.id) == said) | (col(UserGroup.key) == key_of(said)))
        .order_by((col(UserGroup.id) == said).desc())
        .limit(1)
    )
    return found.first()


async def members_of(session: AsyncSession, groups: Collection[str]) -> dict[str, list[str]]:
    """The members' ids, by group."""
    rows = await session.exec(
        select(UserGroupMember).where(col(UserGroupMember.group_id).in_(groups))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.all():
        found[row.group_id].append(row.person)
    return found


async def places_of(session: AsyncSession, groups: Collection[str]) -> dict[str, list[str]]:
    """The ids of the virtual accounts, by group."""
    rows = await session.exec(
        select(UserGroupPlace).where(col(UserGroupPlace.group_id).in_(groups))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.all():
        found[row.group_id].append(row.virtual_account_id)
    return found


async def others_of(session: AsyncSession, groups: Collection[str]) -> dict[str, list[str]]:
    """The domains of the accounts in which a group has or wants a role, by group."""
    rows = await session.exec(
        select(ExternalGroupGrant.group_id, SmartAccount.domain)
        .join(SmartAccount, col(SmartAccount.id) == col(ExternalGroupGrant.smart_account_id))
        .where(col(ExternalGroupGrant.group_id).in_(groups))
        .order_by(col(SmartAccount.domain))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for group, domain in rows.all():
        found[group].append(domain)
    return found


async def replace_places(session: AsyncSession, group: str, places: Collection[str]) -> None:
    """The virtual accounts that a group reaches from now on."""
    await session.exec(delete(UserGroupPlace).where(col(UserGroupPlace.group_id) == group))
    session.add_all(UserGroupPlace(group_id=group, virtual_account_id=one) for one in places)
    await session.flush()


async def change_members(
    session: AsyncSession, group: str, come: Collection[str], go: Collection[str]
) -> None:
    """Who comes into a group, and who goes."""
    await session.exec(
        delete(UserGroupMember).where(
            col(UserGroupMember.group_id) == group, col(UserGroupMember.person).in_(go)
        )
    )
    session.add_all(UserGroupMember(group_id=group, person=one) for one in come)
    await session.flush()


# --- Groups of other accounts -----------------------------------------------------------------


async def external_page(
    session: AsyncSession, smart_account_id: int, cursor: str | None, limit: int
) -> tuple[list[ExternalGroupGrant], str | None]:
    """Those that have or want a role in an account, newest request first; and the next cursor."""
    statement = select(ExternalGroupGrant).where(
        col(ExternalGroupGrant.smart_account_id) == smart_account_id
    )
    at, key = col(ExternalGroupGrant.requested_at), col(ExternalGroupGrant.id)
    return await newest_first(session, statement, at, key, cursor, limit)


async def external_places_of(
    session: AsyncSession, grants: Collection[str]
) -> dict[str, list[str]]:
    """The ids of the virtual accounts, by grant."""
    rows = await session.exec(
        select(ExternalGroupPlace).where(col(ExternalGroupPlace.grant_id).in_(grants))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.all():
        found[row.grant_id].append(row.virtual_account_id)
    return found


async def external_of(
    session: AsyncSession, where: Any, *, lock: bool = False
) -> list[ExternalGroupGrant]:
    """Grants that match, in an order that is always the same; with `lock` they are ours."""
    statement = select(ExternalGroupGrant).where(where).order_by(col(ExternalGroupGrant.id))
    if lock:
        statement = statement.with_for_update()
    return list((await session.exec(statement)).all())


async def drop_external(session: AsyncSession, grants: Collection[str]) -> None:
    """Forget these grants and what they reached."""
    await session.exec(
        delete(ExternalGroupPlace).where(col(ExternalGroupPlace.grant_id).in_(grants))
    )
    await session.exec(delete(ExternalGroupGrant).where(col(ExternalGroupGrant.id).in_(grants)))


async def replace_external_places(
    session: AsyncSession, grant: str, places: Collection[str]
) -> None:
    """The virtual accounts that another account's group reaches from now on."""
    await session.exec(delete(ExternalGroupPlace).where(col(ExternalGroupPlace.grant_id) == grant))
    session.add_all(ExternalGroupPlace(grant_id=grant, virtual_account_id=one) for one in places)
    await session.flush()
