"""Giving people roles, one or many: all that is needed is read once, then row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.coverage import includes
from backend.accounts.standing import Standing
from backend.core.identity import Person
from backend.core.policy import Action, Role
from backend.core.problems import FieldError, invalid
from backend.core.wording import shown
from backend.users.authority import Authority, authority
from backend.users.candidates import Candidates, candidates
from backend.users.memberships import Roll, roll
from backend.users.models import SA_ROLES
from backend.users.schemas import AddUser
from backend.users.wording import say_role
from backend.virtual_accounts.tree import Tree, tree

MOST_SUGGESTED = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one row; `given` are the virtual accounts (ids) that are new to the person,
    `has` says what is there already when nothing was given.
    """

    status: Literal["added", "changed", "skipped"]
    person: Person
    role: Role
    places: dict[str, bool]
    given: frozenset[str] = frozenset()
    has: str = ""


@dataclass
class Book:
    """People, their roles and the tree of one account, read once; then roles are written in."""

    found: Standing
    tree: Tree
    authority: Authority
    candidates: Candidates
    roll: Roll

    def add(self, row: AddUser) -> Outcome:
        """Give what a row asks for, or find that the person has it.

        Raises a 403, or a 422 for somebody who can't be given it; then nothing has changed.
        """
        places = named_places(self.tree, self.found, row.virtual_accounts, row.include_nested)
        self.authority.require(row.role, places)
        person = self.candidates.person(row.email)
        self.candidates.require_company(person, self.found.account, row.role)
        covering = self._covering(person.id, row.role, places)
        if covering:
            return Outcome("skipped", person, row.role, places, has=covering)
        given = self.roll.give(person.id, row.role, places)
        wider = given.places if given else frozenset()
        first = given is not None and given.is_first
        return Outcome("added" if first else "changed", person, row.role, places, wider)

    def _covering(self, person: str, role: Role, places: dict[str, bool]) -> str:
        """Own roles that include the wanted one everywhere it is wanted, in words."""
        held = self.roll.roles(person)
        found: dict[Role, dict[str, bool]] = {}
        wanted: list[tuple[str | None, bool]] = [*places.items()]
        for place, nested in wanted or [(None, False)]:
            cover = next(
                (own for own, there in held.items()
                 if includes(own, role) and self._reaches(own, there, place, nested=nested)),
                None,
            )  # fmt: skip
            if cover is None:
                return ""
            found[cover] = held[cover]
        return " and ".join(say(self.tree, own, there) for own, there in found.items())

    def _reaches(
        self, own: Role, there: dict[str, bool], place: str | None, *, nested: bool
    ) -> bool:
        if own in SA_ROLES:
            return True
        if place is None:
            return False
        from_above = any(there.get(one) for one in self.tree.above(place))
        return from_above or (place in there and (there[place] or not nested))


def say(tree: Tree, role: Role, places: dict[str, bool]) -> str:
    """A role with its virtual accounts (ids) in words."""
    return say_role(role, {tree.name(place): nested for place, nested in places.items()})


def named_places(
    tree: Tree, found: Standing, names: Sequence[str] | None, include_nested: bool
) -> dict[str, bool]:
    """The virtual accounts with these names; 422 `Problem` that says which there is not, and which
    there are (restricted ones are not suggested).
    """
    wrong: list[FieldError] = []
    places: dict[str, bool] = {}
    for number, name in enumerate(names or ()):
        node = tree.named(name)
        if node is not None:
            places[node.id] = include_nested
            continue
        message = (
            f"{found.account.name} has no virtual account {shown(name)}. "
            f"There are: {_suggested(tree)}."
        )
        wrong.append(
            FieldError(field=f"virtual_accounts.{number}", code="unknown", message=message)
        )
    if wrong:
        raise invalid(wrong)
    return places


def _suggested(tree: Tree) -> str:
    names = tree.names(node.id for node in tree.nodes.values() if not node.restricted)
    return ", ".join(names[:MOST_SUGGESTED]) + (" …" if names[MOST_SUGGESTED:] else "")


async def open_book(session: AsyncSession, found: Standing, identifiers: Iterable[str]) -> Book:
    """Read what adding these people needs: a handful of queries, however many they are."""
    known = await tree(session, found.account.id)
    may = await authority(session, found, known)
    if not may.anywhere:
        raise may.refusal(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, {})
    people = await candidates(session, found.account, identifiers)
    ids = {one.id for one in people.everybody}
    return Book(found, known, may, people, await roll(session, found.account.id, ids))
