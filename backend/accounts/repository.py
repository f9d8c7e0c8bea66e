"""Queries about Smart Accounts."""

from typing import Any

from sqlalchemy import CompoundSelect, String, bindparam, func, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.domains import above, as_named
from backend.accounts.models import (
    PENDING,
    SmartAccount,
    SmartAccountAlias,
    SmartAccountRequest,
)
from backend.directory.models import SmartAccountWord
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)

_labels: Any = func.length(col(SmartAccount.domain)) - func.length(
    func.replace(col(SmartAccount.domain), ".", "")
)


def _by_domain() -> SelectOfScalar[SmartAccount]:
    """Two look-ups by key: with `or`, PostgreSQL would read all accounts to find one."""
    domain = bindparam("domain", type_=String())
    now = select(SmartAccount.id).where(SmartAccount.domain == domain).scalar_subquery()
    formerly = (
        select(SmartAccountAlias.smart_account_id)
        .where(SmartAccountAlias.domain == domain)
        .scalar_subquery()
    )
    return select(SmartAccount).where(SmartAccount.id == func.coalesce(now, formerly))


BY_DOMAIN = _by_domain()


async def by_domain(session: AsyncSession, named: str) -> SmartAccount | None:
    """The account with exactly this domain, or one that had it before its upgrade."""
    rows = await session.exec(BY_DOMAIN, params={"domain": as_named(named)})
    return rows.first()


def in_which_somebody_is(person: str) -> CompoundSelect[Any]:
    """The ids of the accounts in which a person has a role, by themselves or by a group."""
    in_group = col(UserGroupMember.person) == person
    return union(
        select(Membership.smart_account_id).where(Membership.person == person),
        select(UserGroup.smart_account_id)
        .join(UserGroupMember, col(UserGroupMember.group_id) == UserGroup.id)
        .join(UserGroupPlace, col(UserGroupPlace.group_id) == UserGroup.id)
        .where(in_group),
        select(ExternalGroupGrant.smart_account_id)
        .join(UserGroupMember, col(UserGroupMember.group_id) == ExternalGroupGrant.group_id)
        .join(ExternalGroupPlace, col(ExternalGroupPlace.grant_id) == ExternalGroupGrant.id)
        .where(in_group, col(ExternalGroupGrant.granted_at).is_not(None)),
    )


async def of_member(session: AsyncSession, person: str) -> list[SmartAccount]:
    """The accounts in which the person has a role."""
    rows = await session.exec(
        select(SmartAccount)
        .where(col(SmartAccount.id).in_(in_which_somebody_is(person)))
        .order_by(SmartAccount.name)
    )
    return list(rows.all())


async def holder_of(
    session: AsyncSession, domain: str, *, besides: int | None = None
) -> SmartAccount | None:
    """The account that has this domain, or had it before its upgrade; `besides` does not count."""
    found = await by_domain(session, domain)
    return None if found is None or found.id == besides else found


async def related_to(
    session: AsyncSession, domain: str, *, besides: int | None = None
) -> SmartAccount | None:
    """The active account whose domain lies above this one, nearest first, else nearest below."""
    active = select(SmartAccount).where(SmartAccount.status == "active")
    if besides is not None:
        active = active.where(SmartAccount.id != besides)
    over = await session.exec(
        active.where(col(SmartAccount.domain).in_(above(domain))).order_by(_labels.desc()).limit(1)
    )
    found = over.first()
    if found is not None:
        return found
    # The words of an account have every part of its domain, so that this reads an index.
    candidates = select(SmartAccountWord.smart_account_id).where(SmartAccountWord.word == domain)
    below = await session.exec(
        active.where(
            col(SmartAccount.id).in_(candidates),
            col(SmartAccount.domain).endswith(f".{domain}", autoescape=True),
        )
        .order_by(_labels, col(SmartAccount.id))
        .limit(1)
    )
    return below.first()


async def pending_request_at(session: AsyncSession, domain: str) -> SmartAccountRequest | None:
    """The request that waits for this domain."""
    rows = await session.exec(
        select(SmartAccountRequest).where(
            SmartAccountRequest.domain == domain, col(SmartAccountRequest.status).in_(PENDING)
        )
    )
    return rows.first()


async def pending_request_of(session: AsyncSession, account: int) -> SmartAccountRequest | None:
    """The request that waits to make, or to upgrade, this account."""
    rows = await session.exec(
        select(SmartAccountRequest).where(
            SmartAccountRequest.smart_account_id == account,
            col(SmartAccountRequest.status).in_(PENDING),
        )
    )
    return rows.first()


async def former_domains(session: AsyncSession, account: int) -> list[str]:
    """The domains that an account had before its upgrade."""
    rows = await session.exec(
        select(SmartAccountAlias.domain)
        .where(SmartAccountAlias.smart_account_id == account)
        .order_by(col(SmartAccountAlias.domain))
    )
    return list(rows.all())
