"""Queries about Smart Accounts."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.users.models import Membership


async def by_domain(session: AsyncSession, domain: str) -> SmartAccount | None:
    """The account with exactly this domain."""
    return (
        await session.exec(select(SmartAccount).where(SmartAccount.domain == domain.lower()))
    ).one_or_none()


async def of_member(session: AsyncSession, person: str) -> list[SmartAccount]:
    """The accounts in which the person has a role."""
    held = select(Membership.smart_account_id).where(Membership.person == person)
    rows = await session.exec(
        select(SmartAccount).where(col(SmartAccount.id).in_(held)).order_by(SmartAccount.name)
    )
    return list(rows.all())
