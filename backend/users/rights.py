"""Who holds which role where: memberships and groups, with what is nested in a virtual account.

A person's rights are the union of what they hold. It takes one query for any number of accounts
(and a second one for their trees when a role reaches into what is nested), never one an item.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Row, String, bindparam, cast, false, null, union_all
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.identity import Person
from backend.core.policy import MATRIX, Action, Grant, Role, allowed
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


@dataclass(frozen=True)
class Held:
    """One role of one person in one account, and where it comes from.

    `places` are ids of virtual accounts, those nested in them included, and `named` those that
    were chosen; both are empty for SA roles. `deep` are the places in which the role also reaches
    whatever is nested, now or later. `group` is None for a role of the person's own; one of
    another account is named with it.
    """

    smart_account_id: int
    person: str
    role: Role
    places: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    include_nested: bool = False
    group: str | None = None
    deep: frozenset[str] = frozenset()

    @property
    def grant(self) -> Grant:
        """The role as the policy looks at it."""
        return Grant(self.role, self.places)

    def allows(self, action: Action, virtual_account: str | None = None) -> bool:
        """Whether this role alone allows the action, there or on the whole account."""
        return allowed([self.grant], action, virtual_account)


async def held(
    session: AsyncSession, accounts: Collection[int] | None, *,
    person: str | Collection[str] | None = None, roles: Collection[Role] | None = None,
) -> list[Held]:  # fmt: skip
    """The roles in these accounts; only of this person (or these), only these roles, where they
    are named. `accounts` is None for wherever the person has one.
    """
    if accounts is None and person is None:
        raise ValueError("everybody's roles everywhere are too many")
    persons = [person] if isinstance(person, str) else person
    if not accounts and accounts is not None:
        return []
    wanted = {"accounts": accounts, "persons": persons, "roles": roles}
    given = {name: list(values) for name, values in wanted.items() if values is not None}
    rows = (await (await session.connection()).execute(holding(frozenset(given)), given)).all()
    nested = {row.smart_account_id for row in rows if row.include_nested}
    children = await children_of(session, nested)
    merged: dict[tuple[str, str], list[tuple[str | None, bool]]] = defaultdict(list)
    heads = {}
    for row in rows:
        heads[row.id, row.person] = row
        merged[row.id, row.person].append((row.place, bool(row.include_nested)))
    return [_held(head, merged[key], children) for key, head in heads.items()]


def _held(
    row: Row[Any], places: list[tuple[str | None, bool]], children: dict[str, list[str]]
) -> Held:
    named = frozenset(place for place, _ in places if place)
    deep: set[str] = set()
    for place, include_nested in places:
        if place and include_nested:
            deep |= {place} | below(place, children)
    return Held(
        smart_account_id=row.smart_account_id,
        person=row.person,
        role=Role(row.role),
        places=named | deep,
        named=named,
        include_nested=any(include_nested for _, include_nested in places),
        group=row.group,
        deep=frozenset(deep),
    )


@lru_cache
def holding(given: frozenset[str]) -> CompoundSelect[Any]:
    """All ways to a role, narrowed by those of `accounts`, `persons` and `roles` that are given.

    Every call of the API asks this, so that each of the few forms is built once.
    """
    parts = []
    for statement, account, person, role in _sources():
        narrowed = {"accounts": account, "persons": person, "roles": role}
        for name in sorted(given):
            among = bindparam(name, expanding=True, type_=narrowed[name].type)
            statement = statement.where(narrowed[name].in_(among))
        parts.append(statement)
    return union_all(*parts)


def _sources() -> list[tuple[Any, Any, Any, Any]]:
    """One statement a way to a role, with its columns for account, person and role."""
    nothing, no = cast(null(), String).label("group"), false().label("include_nested")
    own: Any = columns(
        col(Membership.id), col(Membership.smart_account_id), col(Membership.person),
        col(Membership.role), col(MembershipPlace.virtual_account_id).label("place"),
        col(MembershipPlace.include_nested), nothing,
    ).outerjoin(
        MembershipPlace, col(MembershipPlace.membership_id) == col(Membership.id)
    )  # fmt: skip
    group: Any = (
        columns(
            col(UserGroup.id), col(UserGroup.smart_account_id), col(UserGroupMember.person),
            col(UserGroup.role), col(UserGroupPlace.virtual_account_id).label("place"),
            no, col(UserGroup.name).label("group"),
        )
        .join(UserGroupMember, col(UserGroupMember.group_id) == col(UserGroup.id))
        .join(UserGroupPlace, col(UserGroupPlace.group_id) == col(UserGroup.id))
    )  # fmt: skip
    external: Any = (
        columns(
            col(ExternalGroupGrant.id), col(ExternalGroupGrant.smart_account_id),
            col(UserGroupMember.person), col(ExternalGroupGrant.role),
            col(ExternalGroupPlace.virtual_account_id).label("place"),
            no, (col(UserGroup.name) + " of " + col(SmartAccount.name)).label("group"),
        )
        .join(UserGroup, col(UserGroup.id) == col(ExternalGroupGrant.group_id))
        .join(SmartAccount, col(SmartAccount.id) == col(UserGroup.smart_account_id))
        .join(UserGroupMember, col(UserGroupMember.group_id) == col(UserGroup.id))
        .join(ExternalGroupPlace, col(ExternalGroupPlace.grant_id) == col(ExternalGroupGrant.id))
        .where(col(ExternalGroupGrant.granted_at).is_not(None))
    )  # fmt: skip
    return [
        (own, col(Membership.smart_account_id), col(Membership.person), col(Membership.role)),
        (group, col(UserGroup.smart_account_id), col(UserGroupMember.person), col(UserGroup.role)),
        (
            external, col(ExternalGroupGrant.smart_account_id), col(UserGroupMember.person),
            col(ExternalGroupGrant.role),
        ),
    ]  # fmt: skip


async def children_of(session: AsyncSession, accounts: Collection[int]) -> dict[str, list[str]]:
    """For each virtual account of these, by its id, those nested directly in it."""
    if not accounts:
        return {}
    rows = await session.exec(
        select(VirtualAccount.parent_id, VirtualAccount.id).where(
            col(VirtualAccount.smart_account_id).in_(accounts),
            col(VirtualAccount.parent_id).is_not(None),
        )
    )
    children: dict[str, list[str]] = defaultdict(list)
    for parent, child in rows.all():
        children[str(parent)].append(child)
    return children


def below(place: str, children: dict[str, list[str]]) -> set[str]:
    """Everything nested in a virtual account, at any depth, by its id."""
    found: set[str] = set()
    left = list(children.get(place, ()))
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += children.get(one, ())
    return found


async def holders(
    session: AsyncSession, accounts: Collection[int], action: Action
) -> dict[int, list[Held]]:
    """For each account, the roles that allow an action at all: whom a refusal names, who decides.

    Ask each with `allows(action, virtual_account)` whether it does so in a certain place.
    """
    found: dict[int, list[Held]] = {account: [] for account in accounts}
    for one in await held(session, accounts, roles=list(MATRIX[action])):
        found[one.smart_account_id].append(one)
    return found


def able(
    roles: Iterable[Held], action: Action, places: Iterable[str | None] = (None,)
) -> list[str]:
    """The ids of those who may do it in *all* of these places, SA administrators first.

    `None` as a place means the whole account.
    """
    by_person: dict[str, list[Held]] = defaultdict(list)
    for one in roles:
        by_person[one.person].append(one)
    wanted = list(places)
    return [
        person
        for person, own in sorted(
            by_person.items(),
            key=lambda item: (Role.SA_ADMIN not in {h.role for h in item[1]}, item[0]),
        )
        if all(any(h.allows(action, place) for h in own) for place in wanted)
    ]


def shown(person: Person) -> str:
    """“Vera Solgaard (vera@northwind.example)”: people are named with their address."""
    return f"{person.name} ({person.email})"
