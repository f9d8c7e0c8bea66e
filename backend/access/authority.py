"""Who may decide which request: administrators by their role, delegates in their place, and
whoever a rule routed it to.

An SA Administrator decides everything, a VA Administrator what touches only virtual accounts of
his own. Delegates and those a rule names decide as far as that goes, never for themselves, and
grant VA Administrator at most. It takes a handful of queries for any number of requests.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import repository
from backend.access.models import AccessRequest, ApprovalDelegation
from backend.access.schemas import CEILING, Scope, Status
from backend.core.policy import MATRIX, RANK, Action, Reach, Role
from backend.users.rights import Held, below, children_of, held

VIEWERS = (Role.SA_VIEWER, Role.VA_VIEWER)
# Who may stand in for somebody: any role but a viewer's.
STAND_INS = tuple(role for role in Role if role not in VIEWERS)
Wish = tuple[Scope, frozenset[str], bool]


@dataclass(frozen=True)
class Authority:
    """One way in which somebody decides in an account.

    `places` are the virtual accounts (ids) it is confined to, `deep` those in which it reaches
    whatever is nested; None is everywhere. `in_place_of` is whom a delegate stands in for.
    """

    smart_account_id: int
    person: str
    places: frozenset[str] | None
    deep: frozenset[str] = frozenset()
    in_place_of: str | None = None
    ceiling: Role = Role.SA_ADMIN

    def covers(self, scope: Scope, places: frozenset[str], include_nested: bool) -> bool:
        """Whether all of this lies within it."""
        if self.places is None:
            return True
        within = self.deep if include_nested else self.places
        return scope is Scope.VIRTUAL_ACCOUNTS and bool(places) and places <= within

    def may_grant(self, role: Role) -> bool:
        """Whether it goes up to this role."""
        return RANK[role] <= RANK[self.ceiling]


def wish(request: AccessRequest, places: dict[str, frozenset[str]]) -> Wish:
    """What a request asks for, as an authority looks at it."""
    return Scope(request.scope), places.get(request.id, frozenset()), request.include_nested


async def authorities(
    session: AsyncSession, accounts: Collection[int], person: str | None = None
) -> dict[int, list[Authority]]:
    """For each of these accounts, in which ways requests are decided; by one person if named.

    Own rights come before delegated ones, SA Administrators before VA Administrators.
    """
    delegations = await repository.running_delegations(session, accounts, person)
    whom = None if person is None else {person, *(one.delegator for one in delegations)}
    deciding = await held(
        session, accounts, person=whom, roles=list(MATRIX[Action.DECIDE_ACCESS_REQUESTS])
    )
    own = _own(deciding)
    found: dict[int, list[Authority]] = {account: [] for account in accounts}
    for authority in own.values():
        if person is None or authority.person == person:
            found[authority.smart_account_id].append(authority)
    for delegated in await _delegated(session, delegations, own):
        found[delegated.smart_account_id].append(delegated)
    for ways in found.values():
        ways.sort(key=lambda way: (bool(way.in_place_of), way.places is not None, way.person))
    return found


def _own(deciding: Iterable[Held]) -> dict[tuple[int, str], Authority]:
    """A person's rights in an account are the union of what the roles give."""
    by_person: dict[tuple[int, str], list[Held]] = defaultdict(list)
    for one in deciding:
        by_person[one.smart_account_id, one.person].append(one)
    reaches = MATRIX[Action.DECIDE_ACCESS_REQUESTS]
    return {
        (account, person): Authority(
            account,
            person,
            None
            if any(reaches[one.role] is Reach.ALL for one in roles)
            else frozenset().union(*(one.places for one in roles)),
            frozenset().union(*(one.deep for one in roles)),
        )
        for (account, person), roles in by_person.items()
    }


async def _delegated(
    session: AsyncSession,
    delegations: Sequence[ApprovalDelegation],
    own: dict[tuple[int, str], Authority],
) -> list[Authority]:
    """What delegations give at this moment: nothing once the delegator has lost the right, or
    the delegate the place in the account.
    """
    if not delegations:
        return []
    accounts = {one.smart_account_id for one in delegations}
    members = await stand_ins(session, accounts, {one.delegate for one in delegations})
    places = await repository.delegated_places(session, [one.id for one in delegations])
    confined = {one.smart_account_id for one in delegations if one.id in places}
    children = await children_of(session, confined)
    found = []
    for one in delegations:
        given = own.get((one.smart_account_id, one.delegator))
        if given is None or (one.smart_account_id, one.delegate) not in members:
            continue
        given = replace(given, person=one.delegate, in_place_of=one.delegator, ceiling=CEILING)
        if one.scope == Scope.VIRTUAL_ACCOUNTS:
            given = _confined(given, places.get(one.id, frozenset()), children)
        found.append(given)
    return found


def _confined(
    given: Authority, places: frozenset[str], children: dict[str, list[str]]
) -> Authority:
    """What lies in these virtual accounts, or is nested in them, of what there is to give."""
    covered = places.union(*(below(place, children) for place in places))
    if given.places is None:
        return replace(given, places=covered, deep=covered)
    return replace(given, places=given.places & covered, deep=given.deep & covered)


async def stand_ins(
    session: AsyncSession, accounts: Collection[int], persons: Collection[str]
) -> set[tuple[int, str]]:
    """Those of these people, with the account, who are more than viewers there."""
    roles = await held(session, accounts, person=persons, roles=STAND_INS)
    return {(one.smart_account_id, one.person) for one in roles}


def routed(request: AccessRequest, members: set[tuple[int, str]]) -> Authority | None:
    """The way of whoever a rule routed the request to, who decides this one request."""
    way = (request.smart_account_id, request.route_to or "")
    if request.route_to is None or request.route_to == request.requester or way not in members:
        return None
    return Authority(*way, places=None, ceiling=CEILING)


async def deciders(
    session: AsyncSession, requests: Sequence[AccessRequest],
    places: dict[str, frozenset[str]],
) -> dict[str, list[str]]:  # fmt: skip
    """For each request that waits, the ids of those who can decide it now; whom a rule named
    comes first, then SA Administrators, VA Administrators and delegates.
    """
    waiting = [request for request in requests if request.status == Status.PENDING]
    accounts = {request.smart_account_id for request in waiting}
    ways = await authorities(session, accounts)
    routes = {request.route_to for request in waiting if request.route_to}
    members = await stand_ins(session, accounts, routes) if routes else set()
    found = {}
    for request in waiting:
        first = routed(request, members)
        able = [first.person] if first else []
        able += [
            way.person
            for way in ways[request.smart_account_id]
            if way.covers(*wish(request, places)) and way.person != request.requester
        ]
        found[request.id] = list(dict.fromkeys(able))
    return found


async def ways_of(
    session: AsyncSession, request: AccessRequest, places: frozenset[str], person: str
) -> list[Authority]:
    """In which ways the person may decide this request; none for one's own."""
    if person == request.requester:
        return []
    account = request.smart_account_id
    ways = (await authorities(session, [account], person))[account]
    scope, nested = Scope(request.scope), request.include_nested
    able = [way for way in ways if way.covers(scope, places, nested)]
    if request.route_to == person:
        own = routed(request, await stand_ins(session, [account], [person]))
        able += [own] if own else []
    return able
