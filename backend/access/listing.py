"""Which requests a person sees: own ones, those they may decide, and what waits where their role
lets them look. The rights are read first, then one statement filters, each way by its own index.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.access import repository
from backend.access.authority import STAND_INS, Authority, authorities
from backend.access.models import IS_PENDING, AccessRequest, AccessRequestPlace
from backend.access.schemas import Scope
from backend.core.policy import MATRIX, Action, Reach
from backend.users.rights import held

_DECIDING = MATRIX[Action.DECIDE_ACCESS_REQUESTS]
_SEEING = MATRIX[Action.SEE_ACCESS_REQUESTS]


@dataclass
class View:
    """From where somebody looks at requests; the numbers are Smart Accounts'."""

    person: str
    member_of: set[int] = field(default_factory=set)
    stands_in: set[int] = field(default_factory=set)
    decides_in: set[int] = field(default_factory=set)
    watches: set[int] = field(default_factory=set)
    confined: list[Authority] = field(default_factory=list)
    deputy_in: set[int] = field(default_factory=set)
    confined_deputy: list[Authority] = field(default_factory=list)


async def view_of(session: AsyncSession, person: str) -> View:
    """The rights that decide what the person sees."""
    view = View(person)
    deciding: set[int] = set()
    for one in await held(session, None, person=person):
        account = one.smart_account_id
        view.member_of.add(account)
        if one.role in STAND_INS:
            view.stands_in.add(account)
        if one.role in _DECIDING:
            deciding.add(account)
        if _SEEING.get(one.role) is Reach.ALL and _DECIDING.get(one.role) is not Reach.ALL:
            view.watches.add(account)
    deputy = await repository.running_delegations(session, delegate=person)
    accounts = deciding | {one.smart_account_id for one in deputy}
    for ways in (await authorities(session, accounts, person)).values():
        for way in ways:
            _sort(view, way)
    return view


def _sort(view: View, way: Authority) -> None:
    if way.in_place_of is None:
        if way.places is None:
            view.decides_in.add(way.smart_account_id)
        else:
            view.confined.append(way)
    elif way.places is None:
        view.deputy_in.add(way.smart_account_id)
    else:
        view.confined_deputy.append(way)


def readable(view: View, *narrowed: ColumnElement[bool]) -> SelectOfScalar[AccessRequest]:
    """All requests that the person sees, of those that are `narrowed` to."""
    account, pending = col(AccessRequest.smart_account_id), _pending()
    decided_by_me = col(AccessRequest.decided_by) == view.person
    ways = [
        col(AccessRequest.requester) == view.person,
        account.in_(view.decides_in),
        *(_within(way) for way in view.confined),
        and_(account.in_(view.watches), pending),
        *_deputy(view),
        and_(decided_by_me, _one_of(view.member_of)),
    ]
    return _any_of(ways, narrowed)


def to_decide(view: View, *narrowed: ColumnElement[bool]) -> SelectOfScalar[AccessRequest]:
    """What waits for the person's decision, of those that are `narrowed` to."""
    ways = [
        col(AccessRequest.smart_account_id).in_(view.decides_in),
        *(_within(way) for way in view.confined),
        *_deputy(view),
    ]
    others = col(AccessRequest.requester) != view.person
    return _any_of(ways, (*narrowed, _pending(), others))


def _pending() -> ColumnElement[bool]:
    return and_(IS_PENDING, col(AccessRequest.status) == "pending")


def _deputy(view: View) -> list[ColumnElement[bool]]:
    """What a delegate, or whom a rule names, sees: only what waits, and nothing of their own."""
    account = col(AccessRequest.smart_account_id)
    ways = [
        account.in_(view.deputy_in),
        *(_within(way) for way in view.confined_deputy),
        and_(col(AccessRequest.route_to) == view.person, _one_of(view.stands_in)),
    ]
    return [and_(way, _pending()) for way in ways]


def _one_of(accounts: set[int]) -> ColumnElement[bool]:
    """A check of what another index finds: an account may have any number of requests."""
    return (col(AccessRequest.smart_account_id) + 0).in_(accounts)


def _within(way: Authority) -> ColumnElement[bool]:
    """Requests that touch nothing but the virtual accounts of this authority."""
    asked = select(AccessRequestPlace.request_id).where(
        AccessRequestPlace.request_id == AccessRequest.id
    )
    place = col(AccessRequestPlace.virtual_account_id)
    return and_(
        col(AccessRequest.smart_account_id) == way.smart_account_id,
        col(AccessRequest.scope) == Scope.VIRTUAL_ACCOUNTS,
        asked.exists(),
        not_(asked.where(place.not_in(way.places or ())).exists()),
        or_(
            not_(col(AccessRequest.include_nested)),
            not_(asked.where(place.not_in(way.deep)).exists()),
        ),
    )


def _any_of(
    ways: Sequence[ColumnElement[bool]], narrowed: Sequence[ColumnElement[bool]]
) -> SelectOfScalar[AccessRequest]:
    """Each way in a statement of its own: joined by OR, no index would serve them all."""
    parts: list[Any] = [select(AccessRequest.id).where(way, *narrowed) for way in ways]
    return select(AccessRequest).where(col(AccessRequest.id).in_(union_all(*parts)))
