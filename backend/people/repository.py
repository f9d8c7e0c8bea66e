"""Queries about people."""

from datetime import datetime
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.identity import Organization, Person
from backend.people.models import EmailCode
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


async def codes_sent(
    session: AsyncSession, since: datetime, *, person: str | None = None, email: str | None = None
) -> list[datetime]:
    """When codes went out since then, for this person or to this address; oldest first."""
    statement = select(EmailCode.sent_at).where(col(EmailCode.sent_at) > since)
    if person is not None:
        statement = statement.where(EmailCode.person == person)
    if email is not None:
        statement = statement.where(EmailCode.email == email)
    return list((await session.exec(statement.order_by(col(EmailCode.sent_at)))).all())


async def newest_code(session: AsyncSession, person: str, email: str) -> EmailCode | None:
    """The code that counts for this address of this person: earlier ones don't."""
    rows = await session.exec(
        select(EmailCode)
        .where(EmailCode.person == person, EmailCode.email == email)
        .order_by(col(EmailCode.sent_at).desc(), col(EmailCode.id))
        .limit(1)
    )
    return rows.first()


async def is_somebody_elses(session: AsyncSession, email: str, person: str) -> bool:
    """Whether another person has this address, or came with it."""
    rows = await session.exec(
        select(Person.id)
        .where(Person.id != person, or_(Person.email == email, Person.id == email))
        .limit(1)
    )
    return rows.first() is not None
