"""The numbers of an account's front page, as far as a person's roles reach."""

from typing import Any

from sqlalchemy import func, union
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import listing
from backend.access.models import AccessRequest
from backend.accounts import presentation
from backend.accounts.eligibility import eligibility
from backend.accounts.locations import names
from backend.accounts.models import SmartAccountRequest
from backend.accounts.requests import repository as requests
from backend.accounts.schemas import Overview
from backend.accounts.standing import Standing, as_member
from backend.cases import repository as cases
from backend.cases.models import Case
from backend.cases.schemas import OPEN
from backend.core.identity import Person
from backend.core.policy import Action
from backend.users.models import (
    ExternalGroupGrant,
    ExternalGroupPlace,
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount


async def overview(session: AsyncSession, person: Person, named: str) -> Overview:
    """Count what the person may see of the account."""
    found = await as_member(session, person, named)
    account, seen = found.account, found.reach(Action.VIEW_ACCOUNT)
    banner = None
    if account.is_smb:
        told = await eligibility(session, person, account, is_admin=found.is_admin)
        banner = told.banner.title
    return Overview.model_validate(
        account.model_dump(include={"name", "status"})
        | {
            "smart_account": account.domain,
            "members": await _members(session, found),
            "virtual_accounts": await _virtual_accounts(session, found, seen),
            "groups": await _groups(session, found),
            "locations": await _count(session, names(account.id, seen)),
            "pending_access_requests": await _access_requests(session, found),
            "pending_account_requests": await _account_requests(session, found),
            "open_cases": await _open_cases(session, found),
            "open_notices": presentation.open_notices(account),
            "upgrade": banner,
        }
    )


async def _count(session: AsyncSession, statement: Any) -> int:
    counted = columns(func.count()).select_from(statement.subquery())
    return int((await (await session.connection()).execute(counted)).scalar_one())


async def _members(session: AsyncSession, found: Standing) -> int | None:
    """People with a role, each once; with roles in some virtual accounts, whoever reaches those."""
    if not found.may_somewhere(Action.LIST_USERS):
        return None
    return await _count(session, _persons(found.account.id, found.reach(Action.LIST_USERS)))


def _persons(account: int, reach: frozenset[str] | None) -> Any:
    own: Any = select(Membership.person).where(Membership.smart_account_id == account)
    group: Any = (
        select(UserGroupMember.person)
        .join(UserGroup, col(UserGroup.id) == UserGroupMember.group_id)
        .join(UserGroupPlace, col(UserGroupPlace.group_id) == UserGroup.id)
        .where(UserGroup.smart_account_id == account)
    )
    external: Any = (
        select(UserGroupMember.person)
        .join(ExternalGroupGrant, col(ExternalGroupGrant.group_id) == col(UserGroupMember.group_id))
        .join(ExternalGroupPlace, col(ExternalGroupPlace.grant_id) == ExternalGroupGrant.id)
        .where(
            ExternalGroupGrant.smart_account_id == account,
            col(ExternalGroupGrant.granted_at).is_not(None),
        )
    )
    if reach is None:
        return union(own, group, external)
    in_reach = select(MembershipPlace.membership_id).where(
        col(MembershipPlace.virtual_account_id).in_(reach)
    )
    return union(
        own.where(col(Membership.id).in_(in_reach)),
        group.where(col(UserGroupPlace.virtual_account_id).in_(reach)),
        external.where(col(ExternalGroupPlace.virtual_account_id).in_(reach)),
    )


async def _virtual_accounts(
    session: AsyncSession, found: Standing, seen: frozenset[str] | None
) -> int:
    if seen is not None:
        return len(seen)
    return await _count(
        session,
        select(VirtualAccount.id).where(VirtualAccount.smart_account_id == found.account.id),
    )


async def _groups(session: AsyncSession, found: Standing) -> int | None:
    if not found.may(Action.LIST_USERS):
        return None
    return await _count(
        session, select(UserGroup.id).where(UserGroup.smart_account_id == found.account.id)
    )


async def _access_requests(session: AsyncSession, found: Standing) -> int | None:
    if not found.may_somewhere(Action.SEE_ACCESS_REQUESTS):
        return None
    view = await listing.view_of(session, found.person.id)
    of_account = col(AccessRequest.smart_account_id) == found.account.id
    pending = col(AccessRequest.status) == "pending"
    return await _count(session, listing.readable(view, of_account, pending))


async def _account_requests(session: AsyncSession, found: Standing) -> int | None:
    if not found.may(Action.DECIDE_DOMAIN_REQUESTS):
        return None
    waiting = requests.waiting_for(found.person)
    return await _count(
        session, waiting.where(SmartAccountRequest.over_account_id == found.account.id)
    )


async def _open_cases(session: AsyncSession, found: Standing) -> int:
    return await _count(
        session,
        cases.readable_by(found.person).where(
            Case.smart_account_id == found.account.id, col(Case.status).in_(OPEN)
        ),
    )
