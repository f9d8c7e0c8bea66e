"""What happens to the users of an account. One function a verb: permission → rules → rows → event.

Every write has the Smart Account to itself until it ends, so that an account never loses its last
SA Administrator, also not to two people at once.
"""

from collections.abc import Iterable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import Standing, as_member, require_admin_notice
from backend.core.events import Acting, record
from backend.core.identity import Person, by_address
from backend.core.policy import Action, Role
from backend.core.problems import FieldError, conflict, invalid
from backend.users import presentation
from backend.users.adding import Book, Outcome, named_places, open_book, say
from backend.users.memberships import is_last_admin
from backend.users.models import SA_ROLES
from backend.users.rights import shown
from backend.users.schemas import AddUser, ChangeUserRole, UserAnswer

# Said to those who manage some virtual accounts: not where else somebody has a role.
ELSEWHERE = "roles outside your virtual accounts stay as they are"
Roles = Mapping[Role, dict[str, bool]]


async def add_user(
    session: AsyncSession, person: Person, acting: Acting, account: str, body: AddUser
) -> tuple[UserAnswer, bool]:
    """Give somebody a role beside those held; the answer, and whether anything was given."""
    found = await as_member(session, person, account, lock=True)
    book = await open_book(session, found, [body.email])
    await require_admin_notice(session, found)
    outcome = book.add(body)
    if outcome.status == "skipped":
        return await presentation.answer(
            session, found, outcome.person, "Nothing to add",
            ("User", shown(outcome.person)), ("Has already", outcome.has),
        ), False  # fmt: skip
    await book.roll.write()
    await note_added(session, book, acting, outcome)
    return await presentation.answer(
        session, found, outcome.person,
        "User added" if outcome.status == "added" else "Role added",
        ("User", shown(outcome.person)),
        ("Role", say(book.tree, outcome.role, outcome.places)),
        ("Smart Account", f"{found.account.name} ({found.account.domain})"),
    ), True  # fmt: skip


async def note_added(session: AsyncSession, book: Book, acting: Acting, outcome: Outcome) -> None:
    """The event of one addition; its mail follows from it."""
    first = outcome.status == "added"
    role = say(book.tree, outcome.role, outcome.places)
    await record(
        session, "user_added" if first else "user_role_added", acting,
        subject=outcome.person.id,
        text=f"{shown(outcome.person)} is {'now' if first else 'now also'} {role}.",
        smart_account_id=book.found.account.id,
        virtual_accounts=outcome.places,
        details={"person": outcome.person.id, "now": role},
    )  # fmt: skip


async def change_user_role(
    session: AsyncSession, person: Person, acting: Acting, account: str, email: str,
    body: ChangeUserRole,
) -> UserAnswer:  # fmt: skip
    """Give somebody this role instead of those held. Whoever manages only some virtual accounts
    replaces what is held in those, and leaves alone what lies elsewhere.
    """
    found, book, target = await to_change(session, person, account, email)
    before = snapshot(book, target)
    places = _wanted_places(book, target, body)
    book.authority.require(body.role, places)
    replaced = _replaced(book, before)
    book.candidates.require_company(target, found.account, body.role)
    if replaced == {body.role: places} and body.role in before:
        return await presentation.answer(
            session, found, target, "Nothing to change",
            ("User", shown(target)), ("Role", say(book.tree, body.role, places)),
        )  # fmt: skip
    if body.role is not Role.SA_ADMIN:
        await require_another_admin(session, found, target, replaced)
    for role, gone in replaced.items():
        await book.roll.take(target.id, role, gone or None)
    book.roll.give(target.id, body.role, places)
    await book.roll.write()
    now, was = say(book.tree, body.role, places), say_all(book, replaced)
    await record(
        session, "user_role_changed", acting,
        subject=target.id,
        text=f"{shown(target)} is now {now}" + (f", was {was}." if was else "."),
        smart_account_id=found.account.id,
        virtual_accounts=[*places, *(place for gone in replaced.values() for place in gone)],
        details={"person": target.id, "now": now, "was": was},
    )  # fmt: skip
    left = _rest(before, replaced)
    return await presentation.answer(
        session, found, target, "Role changed",
        ("User", shown(target)), ("Role", now), ("Before", was),
        ("Elsewhere", ELSEWHERE if left else None),
    )  # fmt: skip


async def to_change(
    session: AsyncSession, person: Person, account: str, email: str
) -> tuple[Standing, Book, Person]:
    """The user, if one may manage users at all and see this one; the account is ours."""
    found = await as_member(session, person, account, lock=True)
    named = await by_address(session, email.strip().lower())
    book = await open_book(session, found, [named.id] if named else [])
    target = await presentation.find(session, found, book.tree, named, email)
    await require_admin_notice(session, found)
    return found, book, target


def snapshot(book: Book, target: Person) -> dict[Role, dict[str, bool]]:
    """The roles held before anything is changed."""
    return {role: dict(places) for role, places in book.roll.roles(target.id).items()}


def _wanted_places(book: Book, target: Person, body: ChangeUserRole) -> dict[str, bool]:
    """Those named, or the present ones, as deep as they are unless that is said too."""
    if body.role in SA_ROLES:
        return {}
    present: dict[str, bool] = {}
    for places in book.roll.roles(target.id).values():
        for place, nested in places.items():
            present[place] = nested or present.get(place, False)
    if body.virtual_accounts:
        named = named_places(book.tree, book.found, body.virtual_accounts, False)
        present = {place: present.get(place, False) for place in named}
    elif not book.authority.everywhere:
        mine = {p: n for p, n in present.items() if book.authority.reaches(p, nested=n)}
        if present and not mine:
            raise book.authority.refusal(Action.MANAGE_VIRTUAL_ACCOUNT_USERS, {})
        present = mine
    if not present:
        raise invalid(
            [
                FieldError(
                    field="virtual_accounts",
                    code="missing",
                    message="virtual accounts are missing: say in which ones the role is held.",
                )
            ]
        )
    if body.include_nested is None:
        return present
    return dict.fromkeys(present, body.include_nested)


def _replaced(book: Book, before: Roles) -> dict[Role, dict[str, bool]]:
    """What of the roles held is the person's to take. Raises 403 where an SA role stands in the
    way: a VA role beside it would not replace it.
    """
    taken: dict[Role, dict[str, bool]] = {}
    for role, places in before.items():
        if role in SA_ROLES:
            book.authority.require(role, {})
            taken[role] = {}
            continue
        mine = {p: n for p, n in places.items() if book.authority.reaches(p, nested=n)}
        if mine:
            taken[role] = mine
    return taken


def _rest(before: Roles, gone: Roles) -> dict[Role, dict[str, bool]]:
    rest = {}
    for role, places in before.items():
        left = {p: n for p, n in places.items() if p not in gone.get(role, {})}
        if left or (role in SA_ROLES and role not in gone):
            rest[role] = left
    return rest


async def require_another_admin(
    session: AsyncSession, found: Standing, target: Person, gone: Iterable[Role]
) -> None:
    """409 when it would leave the account without an SA Administrator."""
    if Role.SA_ADMIN in gone and await is_last_admin(session, found.account.id, target.id):
        raise conflict(
            "last-administrator",
            "An account keeps at least one SA Administrator",
            f"{shown(target)} is the last SA Administrator of {found.account.name}.",
            "Make somebody else SA Administrator first.",
        )


def say_all(book: Book, roles: Roles) -> str:
    """Several roles in words."""
    return "; ".join(say(book.tree, role, places) for role, places in roles.items())
