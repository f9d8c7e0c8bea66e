"""How far somebody may manage the users of an account, and who can where they may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import Standing
from backend.core.identity import Person, people
from backend.core.policy import Action, Role, explain
from backend.core.problems import Problem, forbidden
from backend.users.models import SA_ROLES
from backend.users.rights import Held, able, holders, shown
from backend.virtual_accounts.tree import Tree

MOST_NAMED = 3
_ACTIONS = (Action.MANAGE_ACCOUNT_USERS, Action.MANAGE_VIRTUAL_ACCOUNT_USERS)


@dataclass
class Authority:
    """What somebody may do about users. Whoever may not everything: who else can is read once,
    so that each of many rows can say it.
    """

    found: Standing
    tree: Tree
    others: dict[Action, list[Held]] = field(default_factory=dict)
    known: dict[str, Person] = field(default_factory=dict)

    @property
    def everywhere(self) -> bool:
        """Whether it is the whole account."""
        return self.found.may(Action.MANAGE_ACCOUNT_USERS)

    @property
    def anywhere(self) -> bool:
        """Whether there is anybody at all whom the person may manage."""
        return self.found.may_somewhere(Action.MANAGE_VIRTUAL_ACCOUNT_USERS)

    def reaches(self, place: str, *, nested: bool) -> bool:
        """Whether it goes there; with `nested`, also into whatever is nested, now or later."""
        action = Action.MANAGE_VIRTUAL_ACCOUNT_USERS
        if self.found.may(action):
            return True
        return any(
            one.allows(action, place) and (not nested or place in one.deep)
            for one in self.found.roles
        )

    def require(self, role: Role, places: Mapping[str, bool]) -> None:
        """403 unless the person may give and take this role there."""
        if role in SA_ROLES:
            if not self.everywhere:
                raise self.refusal(Action.MANAGE_ACCOUNT_USERS, {})
        elif not all(self.reaches(place, nested=nested) for place, nested in places.items()):
            raise self.refusal(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, places)

    def refusal(self, action: Action, places: Mapping[str, bool]) -> Problem:
        """403 that names those who can, in all of these places; administrators first."""
        touched = {
            one
            for place, nested in places.items()
            for one in ({place} | self.tree.below(place) if nested else {place})
        }
        ids = able(self.others.get(action, []), action, touched or [None])
        names = [shown(self.known[one]) for one in ids[:MOST_NAMED] if one in self.known]
        where = ", ".join(self.tree.names(places))
        return forbidden(
            explain(action, names) + (f" It is about {where}." if where else ""),
            "Ask one of them, or open a case if nobody of them can be reached.",
        )


async def authority(session: AsyncSession, found: Standing, tree: Tree) -> Authority:
    """How far the person's own roles go, in this account."""
    made = Authority(found, tree)
    if not made.everywhere:
        for action in _ACTIONS:
            made.others[action] = (await holders(session, [found.account.id], action))[
                found.account.id
            ]
        ids = {one.person for several in made.others.values() for one in several}
        made.known = await people(session, ids)
    return made
