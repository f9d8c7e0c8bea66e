"""Organisations, known by their e-mail domain, and mailboxes that are nobody's company."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.configuration import configuration
from backend.accounts.domains import above
from backend.core.database import insert_into
from backend.core.identity import Organization, Person


async def is_public_mailbox(session: AsyncSession, domain: str) -> bool:
    """Whether the domain is a public mailbox provider's, or lies below one."""
    candidates = [domain, *above(domain)]
    if not configuration().public_mailboxes.isdisjoint(candidates):
        return True
    marked = select(Organization.domain).where(
        col(Organization.domain).in_(candidates), col(Organization.public_mailbox)
    )
    return (await session.exec(marked.limit(1))).first() is not None


async def has_company_address(session: AsyncSession, person: Person) -> bool:
    """Whether the person's verified address is of a company rather than a public mailbox."""
    return not await is_public_mailbox(session, person.domain)


async def organization_at(session: AsyncSession, domain: str, kind: str) -> Organization:
    """The organisation of a domain; an unknown one is put on file with this kind."""
    unknown = {
        "domain": domain,
        "name": domain,
        "kind": kind,
        "public_mailbox": await is_public_mailbox(session, domain),
    }
    # Two people of a new company may come at once.
    await session.exec(
        insert_into(session, Organization).values(**unknown).on_conflict_do_nothing()
    )
    return await session.get_one(Organization, domain)
