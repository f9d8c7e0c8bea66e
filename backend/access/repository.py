"""Every query about access requests, rules and delegations."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.access.models import (
    IS_PENDING,
    IS_RUNNING,
    AccessRequest,
    AccessRequestPlace,
    AccessRule,
    ApprovalDelegation,
    DelegationPlace,
)
from backend.accounts.models import SmartAccount
from backend.core import clock


async def places_of(session: AsyncSession, requests: Iterable[str]) -> dict[str, frozenset[str]]:
    """The virtual accounts (ids) that these requests ask for and that are still there."""
    rows = await session.exec(
        select(AccessRequestPlace.request_id, AccessRequestPlace.virtual_account_id).where(
            col(AccessRequestPlace.request_id).in_(list(requests))
        )
    )
    return _grouped(rows.all())


async def delegated_places(
    session: AsyncSession, delegations: Iterable[str]
) -> dict[str, frozenset[str]]:
    """The virtual accounts (ids) to which these delegations are confined."""
    rows = await session.exec(
        select(DelegationPlace.delegation_id, DelegationPlace.virtual_account_id).where(
            col(DelegationPlace.delegation_id).in_(list(delegations))
        )
    )
    return _grouped(rows.all())


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for owner, place in rows:
        found[owner].add(place)
    return {owner: frozenset(places) for owner, places in found.items()}


async def accounts(session: AsyncSession, ids: Iterable[int]) -> dict[int, SmartAccount]:
    """These Smart Accounts, by id."""
    rows = await session.exec(select(SmartAccount).where(col(SmartAccount.id).in_(set(ids))))
    return {account.id: account for account in rows.all()}


async def pending_of(session: AsyncSession, account: int, person: str) -> list[AccessRequest]:
    """What the person has asked for in an account and nobody has decided."""
    rows = await session.exec(
        select(AccessRequest)
        .where(
            AccessRequest.smart_account_id == account,
            AccessRequest.requester == person,
            AccessRequest.status == "pending",
        )
        .order_by(col(AccessRequest.created_at))
    )
    return list(rows.all())


async def pending_in(session: AsyncSession, account: int) -> list[AccessRequest]:
    """All that waits in an account, oldest first."""
    rows = await session.exec(
        select(AccessRequest)
        .where(AccessRequest.smart_account_id == account, AccessRequest.status == "pending")
        .order_by(col(AccessRequest.created_at), col(AccessRequest.id))
    )
    return list(rows.all())


async def decided_in(session: AsyncSession, account: int, last: int) -> list[AccessRequest]:
    """What was approved or declined last in an account, newest first."""
    rows = await session.exec(
        select(AccessRequest)
        .where(
            AccessRequest.smart_account_id == account,
            col(AccessRequest.status).in_(("approved", "partially_approved", "declined")),
        )
        .order_by(col(AccessRequest.created_at).desc(), col(AccessRequest.id).desc())
        .limit(last)
    )
    return list(rows.all())


async def due_to_expire(session: AsyncSession) -> list[tuple[str, int]]:
    """The requests whose time is over, with their accounts, oldest first."""
    rows = await session.exec(
        select(AccessRequest.id, AccessRequest.smart_account_id)
        .where(IS_PENDING, col(AccessRequest.expires_at) <= clock.now())
        .order_by(col(AccessRequest.expires_at))
    )
    return list(rows.all())


async def old_enough(session: AsyncSession, before: datetime) -> list[AccessRequest]:
    """What has been waiting since before that moment, oldest first."""
    rows = await session.exec(
        select(AccessRequest)
        .where(IS_PENDING, col(AccessRequest.created_at) <= before)
        .order_by(col(AccessRequest.created_at))
    )
    return list(rows.all())


async def rules_of(session: AsyncSession, account: int) -> list[AccessRule]:
    """An account's rules in their order."""
    rows = await session.exec(
        select(AccessRule)
        .where(AccessRule.smart_account_id == account)
        .order_by(col(AccessRule.position))
    )
    return list(rows.all())


async def running_delegations(
    session: AsyncSession, accounts: Collection[int] | None = None, delegate: str | None = None
) -> list[ApprovalDelegation]:
    """The delegations that are in force at this moment, of these accounts or to this person."""
    now = clock.now()
    statement = select(ApprovalDelegation).where(
        IS_RUNNING, col(ApprovalDelegation.starts) <= now, col(ApprovalDelegation.ends) > now
    )
    if accounts is not None:
        statement = statement.where(col(ApprovalDelegation.smart_account_id).in_(accounts))
    if delegate is not None:
        statement = statement.where(ApprovalDelegation.delegate == delegate)
    return list((await session.exec(statement)).all())


def delegations_of(
    account: int, involving: str | None = None
) -> SelectOfScalar[ApprovalDelegation]:
    """An account's delegations; only those given by or to a person if named."""
    statement = select(ApprovalDelegation).where(ApprovalDelegation.smart_account_id == account)
    if involving is None:
        return statement
    return statement.where(
        or_(
            col(ApprovalDelegation.delegator) == involving,
            col(ApprovalDelegation.delegate) == involving,
        )
    )


async def delegations_between(
    session: AsyncSession, account: int, delegator: str, delegate: str
) -> list[ApprovalDelegation]:
    """What one has delegated to the other in an account and nobody has ended."""
    rows = await session.exec(
        select(ApprovalDelegation).where(
            ApprovalDelegation.smart_account_id == account,
            ApprovalDelegation.delegator == delegator,
            ApprovalDelegation.delegate == delegate,
            IS_RUNNING,
        )
    )
    return list(rows.all())


async def delegations_over(session: AsyncSession) -> list[tuple[str, int]]:
    """The delegations whose time is over and that nothing has ended, with their accounts."""
    rows = await session.exec(
        select(ApprovalDelegation.id, ApprovalDelegation.smart_account_id)
        .where(IS_RUNNING, col(ApprovalDelegation.ends) <= clock.now())
        .order_by(col(ApprovalDelegation.ends))
    )
    return list(rows.all())


async def store_places(session: AsyncSession, request: str, places: Sequence[str]) -> None:
    """Note which virtual accounts a request asks for."""
    session.add_all(
        AccessRequestPlace(request_id=request, virtual_account_id=place) for place in places
    )
    await session.flush()
