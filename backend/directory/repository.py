"""Every query about the directory."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal,
    or_,
    tuple_,
    union_all,
)
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.models import IS_PENDING, AccessRequest
from backend.accounts.models import PENDING, SmartAccount, SmartAccountAlias, SmartAccountRequest
from backend.accounts.repository import in_which_somebody_is
from backend.accounts.standing import Visibility
from backend.core.identity import Person
from backend.directory.models import SmartAccountWord
from backend.directory.schemas import Relation
from backend.directory.words import SHORTEST_SEARCH, exact, searched
from backend.virtual_accounts.models import VirtualAccount
from backend.virtual_accounts.names import key_of
from backend.virtual_accounts.tree import DEEPEST

# A SELECT; its columns, which mypy would follow, are computed here.
Statement = Any
RELATIONS = tuple(Relation)
# What only a search found comes after everything that is related.
FOUND = len(RELATIONS)
RESTRICTED = Visibility.RESTRICTED
_LAST = chr(0x10FFFF)


async def with_name(session: AsyncSession, name: str) -> list[SmartAccount]:
    """The accounts with exactly this name in any case; restricted ones are found like this too."""
    whole = select(SmartAccountWord.smart_account_id).where(
        SmartAccountWord.word == key_of(name), col(SmartAccountWord.whole)
    )
    rows = await session.exec(
        select(SmartAccount)
        .where(col(SmartAccount.id).in_(whole))
        .order_by(col(SmartAccount.domain))
    )
    return [account for account in rows.all() if key_of(account.name) == key_of(name)]


async def page(
    session: AsyncSession, person: Person, q: str, after: Sequence[Any] | None, limit: int,
    *, counts_domain: bool,
) -> list[tuple[SmartAccount, int]]:  # fmt: skip
    """Accounts related to the person with the number of the first relation, in its order, then by
    name; with `q` those that it finds, whether related or not. `after` is (relation, key, id).
    """
    statement = directory(person, q, after, limit, counts_domain=counts_domain)
    rows = (await (await session.connection()).execute(statement)).all()
    known = await session.exec(
        select(SmartAccount).where(col(SmartAccount.id).in_([row.id for row in rows]))
    )
    accounts = {account.id: account for account in known.all()}
    return [(accounts[row.id], row.relation) for row in rows]


def directory(
    person: Person, q: str, after: Sequence[Any] | None, limit: int, *, counts_domain: bool
) -> Statement:
    """One statement for a page: every way to an account by its own index, each account once."""
    ways = related(person, counts_domain=counts_domain)
    if q:
        ways += _found(q)
    every = union_all(*ways).subquery()
    first = (
        columns(
            every.c.account,
            func.min(every.c.relation).label("relation"),
            func.max(every.c.relation).label("last"),
        )
        .group_by(every.c.account)
        .subquery()
    )
    key = col(SmartAccount.key)
    order: list[Any] = [first.c.relation, key, col(SmartAccount.id)]
    statement: Statement = columns(col(SmartAccount.id), first.c.relation).join(
        first, first.c.account == col(SmartAccount.id)
    )
    if q:
        statement = statement.where(or_(first.c.last == FOUND, _contains(q)))
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return statement.order_by(*order).limit(limit)


def related(person: Person, *, counts_domain: bool) -> list[Statement]:
    """(account, number of the relation) for each way in which accounts are somebody's matter."""
    own = in_which_somebody_is(person.id).subquery()
    ways: list[Statement] = [
        columns(own.c[0].label("account"), _number(Relation.ACCESS)),
        columns(col(AccessRequest.smart_account_id), _number(Relation.REQUESTED)).where(
            col(AccessRequest.requester) == person.id, IS_PENDING
        ),
        columns(col(SmartAccountRequest.smart_account_id), _number(Relation.CREATED)).where(
            col(SmartAccountRequest.requester) == person.id,
            col(SmartAccountRequest.kind) != "upgrade",
            col(SmartAccountRequest.status).in_((*PENDING, "active")),
            col(SmartAccountRequest.smart_account_id).is_not(None),
        ),
    ]
    if counts_domain:
        ways.append(
            columns(col(SmartAccount.id), _number(Relation.DOMAIN)).where(
                col(SmartAccount.domain) == person.domain,
                col(SmartAccount.visibility) == Visibility.UNRESTRICTED,
            )
        )
    return ways


def _number(relation: Relation) -> Any:
    return literal(RELATIONS.index(relation)).label("relation")


def _found(q: str) -> list[Statement]:
    """What a search finds: unrestricted accounts by the beginnings of words, every account by
    exactly its name or domain, or by a domain that it had.
    """
    number = literal(FOUND).label("relation")
    whole = exact(q)
    ways: list[Statement] = [
        columns(col(SmartAccountWord.smart_account_id).label("account"), number).where(
            col(SmartAccountWord.word).in_(whole), col(SmartAccountWord.whole)
        ),
        columns(col(SmartAccountAlias.smart_account_id).label("account"), number).where(
            col(SmartAccountAlias.domain).in_(whole)
        ),
    ]
    words = searched(q)
    if words and len(words[0]) >= SHORTEST_SEARCH:
        first = columns(col(SmartAccountWord.smart_account_id)).where(
            *(_begins(SmartAccountWord, words[0]))
        )
        statement: Statement = columns(col(SmartAccount.id).label("account"), number).where(
            col(SmartAccount.visibility) == Visibility.UNRESTRICTED, col(SmartAccount.id).in_(first)
        )
        ways.append(statement.where(*(_has_word(word) for word in words[1:])))
    return ways


def _begins(table: Any, word: str) -> list[ColumnElement[bool]]:
    """A stretch of the index: all words that begin like this."""
    return [table.word >= word, table.word < word + _LAST]


def _has_word(word: str) -> ColumnElement[bool]:
    other = aliased(SmartAccountWord)
    return (
        columns(literal(1))
        .where(other.smart_account_id == SmartAccount.id, *_begins(other, word))  # type: ignore[arg-type]
        .exists()
    )


def _contains(q: str) -> ColumnElement[bool]:
    """Among the few that are related, any part of name or domain will do."""
    told = key_of(q)
    return or_(
        col(SmartAccount.key).contains(told, autoescape=True),
        col(SmartAccount.domain).contains(told, autoescape=True),
    )


async def available(
    session: AsyncSession, account: int, q: str, after: Sequence[Any] | None, limit: int
) -> list[tuple[str, str, list[str]]]:
    """(key, id, names from the top) of virtual accounts by name: unrestricted ones with `q` in
    their name, and a restricted one by exactly its name. A restricted one above stays unnamed.
    """
    rows = (
        await (await session.connection()).execute(available_statement(account, q, after, limit))
    ).all()
    return [
        (row.key, row.id, [name for name, level in _line(row) if name and level != RESTRICTED])
        for row in rows
    ]


def available_statement(account: int, q: str, after: Sequence[Any] | None, limit: int) -> Statement:
    """A page of an account's virtual accounts, each with what is above it."""
    place = col(VirtualAccount.id)
    above: list[Any] = [aliased(VirtualAccount) for _ in range(DEEPEST - 1)]
    order: list[Any] = [col(VirtualAccount.key), place]
    told: list[Any] = [
        column.label(f"{name}{number}")
        for number, node in enumerate(above)
        for name, column in (("name", node.name), ("level", node.access_level))
    ]
    statement: Statement = columns(*order, col(VirtualAccount.name), *told)
    below: Any = VirtualAccount
    for node in above:
        # The account too, or its index would not serve.
        inside = and_(node.smart_account_id == account, node.id == below.parent_id)
        statement = statement.outerjoin(node, inside)
        below = node
    key, level = col(VirtualAccount.key), col(VirtualAccount.access_level)
    statement = statement.where(
        col(VirtualAccount.smart_account_id) == account,
        or_(level != RESTRICTED, key == key_of(q)) if q else level != RESTRICTED,
    )
    if q:
        statement = statement.where(key.contains(key_of(q), autoescape=True))
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return statement.order_by(*order).limit(limit)


def _line(row: Any) -> list[tuple[str | None, str | None]]:
    """Names with their levels from the top; the account itself is shown whatever its level."""
    above = [
        (getattr(row, f"name{number}"), getattr(row, f"level{number}"))
        for number in reversed(range(DEEPEST - 1))
    ]
    return [*above, (row.name, None)]
