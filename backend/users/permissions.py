"""What somebody may do in an account, with the reason for each: role, scope, group, nesting."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.schemas import Scope
from backend.accounts.standing import as_member
from backend.core.identity import Person, by_address
from backend.core.policy import MATRIX, Action, Reach
from backend.users import presentation
from backend.users.rights import Held, held
from backend.users.schemas import Permission, UserPermissions
from backend.users.wording import ACTION_NAMES
from backend.virtual_accounts.tree import Tree, tree


async def user_permissions(
    session: AsyncSession, person: Person, account: str, email: str
) -> UserPermissions:
    """The effective permissions of a user: the union of all they hold. Whoever has roles in some
    virtual accounts sees what concerns those; everybody sees their own.
    """
    found = await as_member(session, person, account)
    known = await tree(session, found.account.id)
    named = await by_address(session, email.strip().lower())
    target = await presentation.find(session, found, known, named, email)
    reach = None if target.id == person.id else found.reach(Action.LIST_USERS)
    everything = await held(session, [found.account.id], person=target.id)
    roles = presentation.visible(everything, reach, known)
    permissions = [_permission(action, roles, reach, known) for action in MATRIX]
    return UserPermissions(
        **presentation.public(target, roles, known).model_dump(),
        smart_account=found.account.domain,
        permissions=[one for one in permissions if one],
    )


def _permission(
    action: Action, roles: Sequence[Held], reach: frozenset[str] | None, known: Tree
) -> Permission | None:
    allowing = [one for one in roles if one.role in MATRIX[action]]
    everywhere = [one for one in allowing if MATRIX[action][one.role] is Reach.ALL]
    places = frozenset[str]().union(*(one.places for one in allowing))
    if reach is not None:
        places &= reach
    if not everywhere and not places:
        return None
    because = everywhere or allowing
    return Permission(
        action=action,
        what=ACTION_NAMES[action],
        scope=Scope.ACCOUNT if everywhere else Scope.VIRTUAL_ACCOUNTS,
        virtual_accounts=[] if everywhere else known.names(places),
        reasons=[presentation.say_held(known, one) for one in because],
    )
