"""Taking roles away: all of them, or in some virtual accounts; and why that is not possible."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import Action, Role
from backend.core.problems import Problem, conflict
from backend.users import presentation, service
from backend.users.adding import Book, named_places
from backend.users.models import SA_ROLES, UserGroup, UserGroupMember, UserGroupPlace
from backend.users.rights import Held, held, shown
from backend.users.schemas import UserAnswer

Taken = dict[Role, dict[str, bool]]


async def remove_user(
    session: AsyncSession, person: Person, acting: Acting, account: str, email: str,
    names: Sequence[str],
) -> UserAnswer:  # fmt: skip
    """Take away all roles and memberships of groups, or only the roles in these virtual accounts.
    Whoever manages only some virtual accounts takes what lies in those.
    """
    found, book, target = await service.to_change(session, person, account, email)
    before = service.snapshot(book, target)
    if names:
        places = named_places(book.tree, found, names, include_nested=False)
        book.authority.require(Role.VA_ADMIN, places)
        taken = await _in_places(session, book, target, before, list(places))
        groups: dict[str, UserGroup] = {}
    else:
        taken = _mine(book, before)
        groups = await _leavable(session, book, target)
        if not taken and not groups:
            raise await _nothing_to_take(session, book, target)
        await service.require_another_admin(session, found, target, taken)
    for role, gone in taken.items():
        await book.roll.take(target.id, role, gone or None)
    about = await _leave(session, groups.values(), target)
    about |= {place for gone in taken.values() for place in gone}
    return await _removed(session, acting, book, target, taken, groups.values(), about)


async def _removed(
    session: AsyncSession, acting: Acting, book: Book, target: Person, taken: Taken,
    groups: Iterable[UserGroup], about: set[str],
) -> UserAnswer:  # fmt: skip
    """The event and the answer; whatever reaches them still is said."""
    found = book.found
    lost = [service.say_all(book, taken), *(f"group {group.name}" for group in groups)]
    was = "; ".join(said for said in lost if said)
    left = await held(session, [found.account.id], person=target.id)
    reach = found.reach(Action.LIST_USERS)
    seen = presentation.visible(left, reach, book.tree)
    stays = "; ".join(presentation.say_held(book.tree, one) for one in seen)
    await record(
        session, "user_role_removed" if left else "user_removed", acting,
        subject=target.id,
        text=f"{shown(target)} lost: {was}.",
        smart_account_id=found.account.id,
        virtual_accounts=about,
        details={"person": target.id, "was": was},
    )  # fmt: skip
    return await presentation.answer(
        session, found, target, "Role removed" if left else "User removed",
        ("User", shown(target)), ("Removed", was), ("Stays", stays),
        ("Elsewhere", service.ELSEWHERE if len(seen) < len(left) else None),
        ("Smart Account", f"{found.account.name} ({found.account.domain})"),
    )  # fmt: skip


def _mine(book: Book, before: service.Roles) -> Taken:
    """What of the roles held may be taken by whoever asks."""
    taken: Taken = {}
    for role, places in before.items():
        if role in SA_ROLES:
            if book.authority.everywhere:
                taken[role] = {}
            continue
        mine = {p: n for p, n in places.items() if book.authority.reaches(p, nested=n)}
        if mine:
            taken[role] = mine
    return taken


async def _in_places(
    session: AsyncSession, book: Book, target: Person, before: service.Roles, places: list[str]
) -> Taken:
    """The roles held by name in each of these virtual accounts. Raises 409 where access comes from
    somewhere else, and says from where: an SA role, a group, or the one above.
    """
    taken: Taken = {}
    for place in places:
        here = {role: there[place] for role, there in before.items() if place in there}
        if not here:
            raise await _not_from_here(session, book, target, place)
        for role, nested in here.items():
            if not book.authority.reaches(place, nested=nested):
                raise book.authority.refusal(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, {place: nested})
            taken.setdefault(role, {})[place] = nested
    return taken


async def _not_from_here(session: AsyncSession, book: Book, target: Person, place: str) -> Problem:
    name = book.tree.name(place)
    reaching = [
        one
        for one in await held(session, [book.found.account.id], person=target.id)
        if one.role in SA_ROLES or place in one.places
    ]
    if not reaching:
        return conflict(
            "not-a-user-there",
            "There is nothing to remove",
            f"{shown(target)} has no role in {name}.",
            "Look at what the user has, and name the virtual accounts that are to be removed.",
        )
    said = "; ".join(presentation.say_held(book.tree, one) for one in reaching)
    return conflict(
        "not-unassignable",
        "This access can’t be removed from one virtual account",
        f"{shown(target)} reaches {name} as {said}.",
        " ".join(dict.fromkeys(_instead(one) for one in reaching)),
    )


def _instead(one: Held) -> str:
    if one.group:
        return f"Take the user out of the group {one.group}, or the virtual account from the group."
    if one.role in SA_ROLES:
        return "Change the role to one for selected virtual accounts."
    return "Change the role where it is held, so that it does not reach what is nested."


async def _leavable(session: AsyncSession, book: Book, target: Person) -> dict[str, UserGroup]:
    """The user's groups of this account, as far as all they reach may be managed, by id."""
    rows = await session.exec(
        select(UserGroup, UserGroupPlace.virtual_account_id)
        .join(UserGroupMember, col(UserGroupMember.group_id) == col(UserGroup.id))
        .join(UserGroupPlace, col(UserGroupPlace.group_id) == col(UserGroup.id))
        .where(
            col(UserGroup.smart_account_id) == book.found.account.id,
            col(UserGroupMember.person) == target.id,
        )
    )
    groups: dict[str, UserGroup] = {}
    places: dict[str, list[str]] = defaultdict(list)
    for group, place in rows.all():
        groups[group.id] = group
        places[group.id].append(place)
    return {
        id_: group
        for id_, group in groups.items()
        if all(book.authority.reaches(place, nested=False) for place in places[id_])
    }


async def _leave(session: AsyncSession, groups: Iterable[UserGroup], target: Person) -> set[str]:
    """Take the user out of these groups; the virtual accounts that they reached."""
    ids = [group.id for group in groups]
    reached = await session.exec(
        select(UserGroupPlace.virtual_account_id).where(col(UserGroupPlace.group_id).in_(ids))
    )
    places = set(reached.all())
    await session.exec(
        delete(UserGroupMember).where(
            col(UserGroupMember.group_id).in_(ids), col(UserGroupMember.person) == target.id
        )
    )
    return places


async def _nothing_to_take(session: AsyncSession, book: Book, target: Person) -> Problem:
    """403 where somebody else could; 409 where nobody could from here."""
    everything = await held(session, [book.found.account.id], person=target.id)
    reach = book.found.reach(Action.LIST_USERS)
    left = presentation.visible(everything, reach, book.tree)
    own = [one for one in left if one.group is None]
    if not book.authority.everywhere:
        if any(one.role in SA_ROLES for one in own) or not own:
            return book.authority.refusal(Action.MANAGE_ACCOUNT_USERS, {})
        places = {place: place in one.deep for one in own for place in one.named}
        return book.authority.refusal(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, places)
    said = "; ".join(presentation.say_held(book.tree, one) for one in left)
    return conflict(
        "not-unassignable",
        "This access comes from elsewhere",
        f"{shown(target)} is {said}.",
        "Revoke the group’s access, or have its own account take the user out of it.",
    )
