"""Queries about people."""

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.identity import Organization, Person
from backend.users.models import Membership, MembershipPlace
from backend.virtual_accounts.models import VirtualAccount


async def organization_name(session: AsyncSession, person: Person) -> str:
    """The name of the person's organisation."""
    organization = await session.get(Organization, person.organization_domain)
    return organization.name if organization else person.organization_domain


async def roles_of(session: AsyncSession, person: str) -> list[dict[str, Any]]:
    """`{smart_account, role, virtual_accounts}` for each role the person holds."""
    rows = await session.exec(
        select(Membership.id, Membership.role, SmartAccount.domain, VirtualAccount.name)
        .join(SmartAccount, col(SmartAccount.id) == Membership.smart_account_id)
        .outerjoin(MembershipPlace, col(MembershipPlace.membership_id) == Membership.id)
        .outerjoin(VirtualAccount, col(VirtualAccount.id) == MembershipPlace.virtual_account_id)
        .where(Membership.person == person)
        .order_by(col(SmartAccount.domain), col(Membership.role), col(VirtualAccount.name))
    )
    found: dict[str, dict[str, Any]] = {}
    for membership, role, domain, place in rows.all():
        entry = found.setdefault(
            membership, {"smart_account": domain, "role": role, "virtual_accounts": []}
        )
        if place:
            entry["virtual_accounts"].append(place)
    return list(found.values())
