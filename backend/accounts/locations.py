"""An account's places: those on file, and those that its virtual accounts name."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import select as columns
from sqlalchemy import union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import Location
from backend.accounts.schemas import LocationPublic
from backend.accounts.standing import Standing, as_member, refusal
from backend.core.database import database
from backend.core.identity import Person
from backend.core.pagination import Page, decode, encode
from backend.core.policy import Action
from backend.virtual_accounts.models import VirtualAccount

HEADS = ("name", "street", "city", "region", "postal_code", "country", "virtual_accounts")
PAGE = 200


async def listed(
    session: AsyncSession, person: Person, named: str, cursor: str | None, limit: int
) -> Page[LocationPublic]:
    """By name; whoever has roles in some virtual accounts sees the places of those."""
    found = await as_member(session, person, named)
    return await _page(session, found, Action.VIEW_ACCOUNT, cursor, limit)


async def for_export(session: AsyncSession, person: Person, named: str) -> Standing:
    """The account, if the person may export its places; 403 otherwise."""
    found = await as_member(session, person, named)
    if not found.may_somewhere(Action.EXPORT):
        raise await refusal(session, found.account, Action.EXPORT, [None])
    return found


async def rows(found: Standing) -> AsyncIterator[Sequence[object]]:
    """All places that the person may export, as rows of a table, read in pages."""
    cursor: str | None = None
    while True:
        async with database().read() as session:
            page = await _page(session, found, Action.EXPORT, cursor, PAGE)
        for place in page.items:
            told = place.model_dump() | {"virtual_accounts": "; ".join(place.virtual_accounts)}
            yield [told[head] for head in HEADS]
        cursor = page.next
        if cursor is None:
            return


async def _page(
    session: AsyncSession, found: Standing, action: Action, cursor: str | None, limit: int
) -> Page[LocationPublic]:
    reach = found.reach(action)
    every = names(found.account.id, reach).subquery()
    statement: Any = columns(every.c.name).order_by(every.c.name).limit(limit + 1)
    if cursor:
        statement = statement.where(every.c.name > decode(cursor, (str,))[0])
    told = list((await (await session.connection()).execute(statement)).scalars())
    following = encode((told[limit - 1],)) if len(told) > limit else None
    return Page(items=await _places(session, found, reach, told[:limit]), next=following)


def names(account: int, reach: frozenset[str] | None) -> Any:
    """The names of all places; with `reach`, only those of these virtual accounts (ids)."""
    of_virtual_accounts: Any = columns(col(VirtualAccount.location).label("name")).where(
        col(VirtualAccount.smart_account_id) == account, col(VirtualAccount.location) != ""
    )
    on_file: Any = columns(col(Location.name).label("name")).where(
        col(Location.smart_account_id) == account
    )
    if reach is None:
        return union(on_file, of_virtual_accounts)
    return union(of_virtual_accounts.where(col(VirtualAccount.id).in_(reach)))


async def _places(
    session: AsyncSession, found: Standing, reach: frozenset[str] | None, told: list[str]
) -> list[LocationPublic]:
    """Addresses and virtual accounts of a page of names, in two queries."""
    on_file = await session.exec(
        select(Location).where(
            Location.smart_account_id == found.account.id, col(Location.name).in_(told)
        )
    )
    addresses = {one.name: one.address for one in on_file.all()}
    there = select(VirtualAccount.location, VirtualAccount.name).where(
        VirtualAccount.smart_account_id == found.account.id,
        col(VirtualAccount.location).in_(told),
    )
    if reach is not None:
        there = there.where(col(VirtualAccount.id).in_(reach))
    found_there: dict[str, list[str]] = {name: [] for name in told}
    for place, name in (await session.exec(there.order_by(col(VirtualAccount.key)))).all():
        found_there[str(place)].append(name)
    address = ("street", "city", "region", "postal_code", "country")
    return [
        LocationPublic.model_validate(
            {part: addresses.get(name, {}).get(part) for part in address}
            | {"name": name, "virtual_accounts": found_there[name]}
        )
        for name in told
    ]
