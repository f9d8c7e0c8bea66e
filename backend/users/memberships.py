"""People's own roles in one account as rows: given and taken, whoever decided it.

Rights, notices and the last administrator are the callers' matter, and so is holding the
account's row (`standing(…, lock=True)`) while they decide.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.policy import Role
from backend.users.models import Membership, MembershipPlace

Places = Mapping[str, bool]  # the id of a virtual account → with what is nested in it


@dataclass(frozen=True)
class Given:
    """What giving a role changed: for whom it is the first one, and where it now reaches anew."""

    person: str
    role: Role
    is_first: bool
    places: frozenset[str]


@dataclass
class Roll:
    """The own roles of some people in one account; read once, changed in memory, then written."""

    session: AsyncSession
    smart_account_id: int
    rows: dict[str, dict[Role, Membership]]
    places: dict[str, dict[str, MembershipPlace]]
    _new: list[Membership] = field(default_factory=list)
    _new_places: list[MembershipPlace] = field(default_factory=list)

    def roles(self, person: str) -> dict[Role, dict[str, bool]]:
        """What the person holds: for each role, where, and whether with what is nested."""
        return {
            role: {id_: row.include_nested for id_, row in self.places[membership.id].items()}
            for role, membership in self.rows[person].items()
        }

    def give(self, person: str, role: Role, places: Places | None = None) -> Given | None:
        """Add a role, or places to it; None when the person has all of that already.

        Never narrows: a place that reaches what is nested keeps doing so.
        """
        is_first = not self.rows[person]
        membership = self.rows[person].get(role)
        is_new = membership is None
        if membership is None:
            membership = Membership(
                smart_account_id=self.smart_account_id, person=person, role=role
            )
            self.rows[person][role] = membership
            self._new.append(membership)
        wider = frozenset(
            place
            for place, nested in (places or {}).items()
            if self._widen(membership.id, place, nested=nested)
        )
        return Given(person, role, is_first, wider) if is_new or wider else None

    def _widen(self, membership: str, place: str, *, nested: bool) -> bool:
        there = self.places[membership].get(place)
        if there is None:
            there = MembershipPlace(
                membership_id=membership, virtual_account_id=place, include_nested=nested
            )
            self.places[membership][place] = there
            self._new_places.append(there)
            return True
        if nested and not there.include_nested:
            there.include_nested = True
            self.session.add(there)
            return True
        return False

    async def write(self) -> None:
        """Store what was given."""
        for rows in (self._new, self._new_places):
            self.session.add_all(rows)
            await self.session.flush()
            rows.clear()

    async def take(
        self, person: str, role: Role, places: Collection[str] | None = None
    ) -> frozenset[str]:
        """Remove a role, or only these places of it; without a place left the role goes too.

        Answers the places that were removed.
        """
        membership = self.rows[person].get(role)
        if membership is None:
            return frozenset()
        held = self.places[membership.id]
        gone = frozenset(held if places is None else held.keys() & set(places))
        await self.session.exec(
            delete(MembershipPlace).where(
                col(MembershipPlace.membership_id) == membership.id,
                col(MembershipPlace.virtual_account_id).in_(gone),
            )
        )
        for place in gone:
            del held[place]
        if not held and (gone or places is None):
            await self.session.exec(delete(Membership).where(col(Membership.id) == membership.id))
            del self.rows[person][role]
        return gone


async def roll(session: AsyncSession, smart_account_id: int, persons: Collection[str]) -> Roll:
    """The own roles of these people, in two queries."""
    memberships = await session.exec(
        select(Membership).where(
            col(Membership.smart_account_id) == smart_account_id,
            col(Membership.person).in_(persons),
        )
    )
    rows: dict[str, dict[Role, Membership]] = defaultdict(dict)
    ids = []
    for membership in memberships.all():
        rows[membership.person][Role(membership.role)] = membership
        ids.append(membership.id)
    found = await session.exec(
        select(MembershipPlace).where(col(MembershipPlace.membership_id).in_(ids))
    )
    places: dict[str, dict[str, MembershipPlace]] = defaultdict(dict)
    for place in found.all():
        places[place.membership_id][place.virtual_account_id] = place
    return Roll(session, smart_account_id, rows, places)


async def give(
    session: AsyncSession, smart_account_id: int, person: str, role: Role,
    places: Places | None = None,
) -> Given | None:  # fmt: skip
    """Give one person a role; None when they have it already, there and as deep."""
    own = await roll(session, smart_account_id, [person])
    given = own.give(person, role, places)
    await own.write()
    return given


async def is_last_admin(session: AsyncSession, smart_account_id: int, person: str) -> bool:
    """Whether the account would have no SA Administrator left without this person's role."""
    others = await session.exec(
        select(func.count())
        .select_from(Membership)
        .where(
            col(Membership.smart_account_id) == smart_account_id,
            col(Membership.role) == Role.SA_ADMIN,
            col(Membership.person) != person,
        )
    )
    return others.one() == 0
