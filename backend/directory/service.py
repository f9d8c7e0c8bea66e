"""The directory: the accounts that have to do with somebody, and who administers them."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.accounts.standing import standing
from backend.core.identity import Person, PersonRef, people, person_ref
from backend.core.pagination import Page, decode, encode
from backend.core.policy import RANK, Role
from backend.directory import repository
from backend.directory.schemas import (
    Administrators,
    AvailableVirtualAccount,
    DirectoryEntry,
    Relation,
)
from backend.people.organizations import has_company_address
from backend.users.rights import held
from backend.virtual_accounts.tree import SEPARATOR


async def page(
    session: AsyncSession, person: Person, q: str, cursor: str | None, limit: int
) -> Page[DirectoryEntry]:
    """A page of the directory, with the roles and administrators of each account."""
    after = decode(cursor, (int, str, int)) if cursor else None
    rows = await repository.page(
        session, person, q, after, limit + 1,
        counts_domain=await has_company_address(session, person),
    )  # fmt: skip
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        account, relation = shown[-1]
        following = encode((relation, account.key, account.id))
    return Page(items=await entries(session, person, shown), next=following)


async def entries(
    session: AsyncSession, person: Person, found: Sequence[tuple[SmartAccount, int]]
) -> list[DirectoryEntry]:
    """Accounts with the number of their relation, as the directory shows them; the number of
    queries does not depend on how many there are.
    """
    ids = [account.id for account, _ in found]
    roles: dict[int, set[Role]] = {account: set() for account in ids}
    for one in await held(session, ids, person=person.id):
        roles[one.smart_account_id].add(one.role)
    admins = await _administrators(session, ids)
    return [
        DirectoryEntry.model_validate(
            account.model_dump(include={"domain", "name", "id", "type", "status"})
            | {
                "relation": None if number == repository.FOUND else list(Relation)[number],
                "roles": sorted(roles[account.id], key=lambda role: -RANK[role]),
                "administrators": admins[account.id],
            }
        )
        for account, number in found
    ]


async def _administrators(
    session: AsyncSession, accounts: Sequence[int]
) -> dict[int, list[PersonRef]]:
    by_account: dict[int, set[str]] = {account: set() for account in accounts}
    for one in await held(session, accounts, roles=[Role.SA_ADMIN]):
        by_account[one.smart_account_id].add(one.person)
    known = await people(session, [one for persons in by_account.values() for one in persons])
    return {
        account: sorted(
            (person_ref(one, known) for one in persons), key=lambda p: (p.name, p.email)
        )
        for account, persons in by_account.items()
    }


async def administrators(session: AsyncSession, person: Person, named: str) -> Administrators:
    """Whoever names the exact domain hears who administers the account."""
    account = (await standing(session, person, named)).account
    return Administrators(
        items=(await _administrators(session, [account.id]))[account.id],
        smart_account=account.domain,
        smart_account_name=account.name,
    )


async def available(
    session: AsyncSession, person: Person, named: str, q: str, cursor: str | None, limit: int
) -> Page[AvailableVirtualAccount]:
    """The virtual accounts for which somebody who found the account can ask."""
    account = (await standing(session, person, named)).account
    after = decode(cursor, (str, str)) if cursor else None
    rows = await repository.available(session, account.id, q, after, limit + 1)
    shown = rows[:limit]
    following = encode(shown[-1][:2]) if len(rows) > limit else None
    return Page(
        items=[
            AvailableVirtualAccount(name=names[-1], path=SEPARATOR.join(names))
            for _, _, names in shown
        ],
        next=following,
    )
