"""Users as people see them, and what their roles come from."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.schemas import Scope
from backend.accounts.standing import Standing
from backend.core.identity import Person
from backend.core.policy import RANK, Action
from backend.core.problems import not_found
from backend.core.receipts import Line, Receipt
from backend.users import repository
from backend.users.models import SA_ROLES
from backend.users.rights import Held, held
from backend.users.schemas import RoleHeld, UserAnswer, UserPublic, scope_of
from backend.users.wording import say_role
from backend.virtual_accounts.tree import Tree, tree


def scope_of_view(found: Standing, known: Tree) -> repository.Where | None:
    """The virtual accounts whose users the person sees, with those above; None for all."""
    reach = found.reach(Action.LIST_USERS)
    return None if reach is None else where(known, reach)


def where(known: Tree, places: Collection[str]) -> repository.Where:
    """Some virtual accounts with those above them, from where roles reach down."""
    return repository.Where(places, {one for place in places for one in known.above(place)})


async def find(session: AsyncSession, found: Standing, known: Tree, person: Person | None,
               named: str) -> Person:  # fmt: skip
    """The person, if they are a user whom one may see; 404 otherwise, in the same words."""
    if person is not None:
        seen = repository.users_of(found.account.id, where=scope_of_view(found, known))
        one = (await session.exec(seen.where(Person.id == person.id))).first()
        if one is not None or (person.id == found.person.id and found.is_member):
            return person
    raise not_found(
        f"user {named[:254]} of {found.account.name}",
        f"GET /api/v1/smart-accounts/{found.account.domain}/users lists them.",
    )


async def heads(
    session: AsyncSession, found: Standing, known: Tree, persons: Sequence[Person]
) -> list[UserPublic]:
    """A page of a list; the number of queries does not depend on its length."""
    roles: dict[str, list[Held]] = {person.id: [] for person in persons}
    for one in await held(session, [found.account.id], person=list(roles)):
        roles[one.person].append(one)
    reach = found.reach(Action.LIST_USERS)
    return [public(person, visible(roles[person.id], reach, known), known) for person in persons]


def visible(roles: Iterable[Held], reach: frozenset[str] | None, known: Tree) -> list[Held]:
    """What somebody with roles in some virtual accounts may know of another's: what reaches into
    those, roles of the entire account included, and nothing of where else they are held.
    """
    if reach is None:
        return list(roles)
    above = {one for place in reach for one in known.above(place)}
    return [
        replace(one, places=one.places & reach, named=one.named & (reach | (above & one.deep)))
        for one in roles
        if one.role in SA_ROLES or one.places & reach
    ]


def public(person: Person, roles: Sequence[Held], known: Tree) -> UserPublic:
    """A user with these roles, the strongest first."""
    ordered = sorted(roles, key=lambda one: (one.group or "", -RANK[one.role]))
    shown = [
        RoleHeld(
            role=one.role,
            scope=scope_of(one.role),
            virtual_accounts=known.names(one.named),
            include_nested=known.names(one.named & one.deep),
            group=one.group,
        )
        for one in ordered
    ]
    scopes = {one.scope for one in shown}
    return UserPublic(
        name=person.name,
        email=person.email,
        access=next((scope for scope in Scope if scope in scopes), None),
        roles=shown,
        groups=sorted({one.group for one in ordered if one.group}),
    )


async def answer(
    session: AsyncSession, found: Standing, person: Person, title: str,
    *lines: tuple[str, str | None],
) -> UserAnswer:  # fmt: skip
    """The user as they are now, and the receipt."""
    known = await tree(session, found.account.id)
    [now] = await heads(session, found, known, [person])
    receipt = Receipt(
        title=title,
        reference=person.email,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )
    return UserAnswer(**now.model_dump(), receipt=receipt)


def say_held(known: Tree, one: Held) -> str:
    """“VA User of Oslo, through the group Operations”."""
    places = {known.name(place): place in one.deep for place in one.named}
    return say_role(one.role, places) + (f", through the group {one.group}" if one.group else "")
