"""Accounts as people see them: the directory's fields for whoever names the exact domain, the
whole record for members.
"""

from typing import Any

from sqlalchemy import func, union_all
from sqlalchemy import select as columns
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import repository
from backend.accounts.configuration import configuration
from backend.accounts.models import SmartAccount
from backend.accounts.schemas import AccountPublic, Notice, NoticeName
from backend.accounts.standing import (
    ADMIN_NOTICE_VERSION,
    LICENSING_NOTICE_VERSION,
    Standing,
)
from backend.core.identity import Person, people, person_ref
from backend.directory import repository as directory
from backend.directory import service as directory_service
from backend.people.organizations import has_company_address

VERSIONS = {
    NoticeName.SMART_LICENSING: LICENSING_NOTICE_VERSION,
    NoticeName.ADMIN: ADMIN_NOTICE_VERSION,
}


def accepted_version(account: SmartAccount, name: NoticeName) -> int:
    """The version of a notice that was accepted last; 0 for none."""
    if name is NoticeName.ADMIN:
        return account.admin_notice
    return account.smart_licensing_notice


def notice(account: SmartAccount, name: NoticeName) -> Notice:
    """A notice with its text, and whether the account accepted what it says now."""
    wording = configuration().notices[name]
    return Notice(
        name=name,
        title=wording.title,
        text=wording.text,
        version=VERSIONS[name],
        accepted=accepted_version(account, name) >= VERSIONS[name],
    )


def open_notices(account: SmartAccount) -> list[NoticeName]:
    """The notices that wait to be accepted."""
    return [name for name in NoticeName if not notice(account, name).accepted]


async def whole(session: AsyncSession, found: Standing) -> AccountPublic:
    """The account as this person may see it."""
    account = found.account
    number = await _relation(session, found.person, account.id)
    [entry] = await directory_service.entries(session, found.person, [(account, number)])
    if not found.is_member:
        return AccountPublic(**entry.model_dump())
    known = await people(session, [account.primary_contact])
    return AccountPublic.model_validate(
        entry.model_dump()
        | account.model_dump(
            include={"is_smb", "visibility", "headquarters", "created_at", "activated_at"}
        )
        | {
            "primary_contact": account.primary_contact
            and person_ref(account.primary_contact, known),
            "former_domains": await repository.former_domains(session, account.id),
            "notices": [notice(account, name) for name in NoticeName],
        }
    )


async def _relation(session: AsyncSession, person: Person, account: int) -> int:
    """The number of the first relation that the directory has between the two."""
    counts_domain = await has_company_address(session, person)
    every: Any = union_all(*directory.related(person, counts_domain=counts_domain)).subquery()
    first = columns(func.min(every.c.relation)).where(every.c.account == account)
    number = (await (await session.connection()).execute(first)).scalar()
    return directory.FOUND if number is None else int(number)
