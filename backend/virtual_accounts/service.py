"""What happens to virtual accounts. One function a verb: permission → rules → row → event.

The rules of the tree hold because every write has the Smart Account to itself: no cycle, at most
five levels, a name once in an account whatever its case, exactly one default.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import (
    Standing,
    Visibility,
    as_member,
    refusal,
    require,
    require_admin_notice,
)
from backend.core.database import is_dry_run
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.policy import Action, Role
from backend.core.problems import FieldError, conflict, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.core.wording import shown
from backend.users.memberships import give
from backend.virtual_accounts import repository
from backend.virtual_accounts.models import VirtualAccount
from backend.virtual_accounts.names import key_of
from backend.virtual_accounts.schemas import (
    CreateVirtualAccount,
    UpdateVirtualAccount,
    VirtualAccountAnswer,
    VirtualAccountPublic,
)
from backend.virtual_accounts.tree import DEEPEST, Node, Tree, tree

TOP = "the top level"


@dataclass(frozen=True)
class Place:
    """A virtual account that somebody is about to change, in its tree."""

    found: Standing
    tree: Tree
    row: VirtualAccount

    @property
    def parent(self) -> str | None:
        """The id of the one in which it is nested."""
        return self.row.parent_id


def public(row: VirtualAccount, tree: Tree) -> VirtualAccountPublic:
    """As lists show it."""
    return VirtualAccountPublic(
        **row.model_dump(include=set(VirtualAccountPublic.model_fields)),
        parent=tree.name(row.parent_id) if row.parent_id else None,
        path=tree.path(row.id),
    )


async def answer(
    session: AsyncSession, row: VirtualAccount, title: str, lines: Iterable[tuple[str, str]]
) -> VirtualAccountAnswer:
    """The virtual account as it is now, and the receipt."""
    now = public(row, await tree(session, row.smart_account_id))
    receipt = Receipt(
        title=title,
        reference=row.name,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )
    if is_dry_run(session):
        now.id = None
    return VirtualAccountAnswer(**now.model_dump(), receipt=receipt)


async def to_change(
    session: AsyncSession, person: Person, account: str, named: str, action: Action
) -> Place:
    """The virtual account, if the person may do this to it; nobody else changes the account's
    tree until this transaction ends.

    Raises 404 for one that the person may not know of, 403 with who can, 409 while the admin
    notice is open.
    """
    found = await as_member(session, person, account, lock=True)
    place = await find(session, found, named)
    await require(session, found, action, [place.row.id])
    await require_admin_notice(session, found)
    return place


async def find(session: AsyncSession, found: Standing, named: str) -> Place:
    """By its id or its name; a restricted one only for whoever has a role there."""
    known = await tree(session, found.account.id)
    node = known.named(named)
    if node is None or (node.restricted and not found.may(Action.VIEW_ACCOUNT, node.id)):
        raise not_found(
            f"virtual account “{named[:80]}” in {found.account.name}",
            f"GET /api/v1/smart-accounts/{found.account.domain}/virtual-accounts lists them.",
        )
    return Place(found, known, await session.get_one(VirtualAccount, node.id))


async def create(
    session: AsyncSession, person: Person, acting: Acting, account: str, body: CreateVirtualAccount
) -> VirtualAccountAnswer:
    """Create one: at the top level an SA Administrator, below their own also a VA Administrator,
    who administers the new one too.
    """
    found = await as_member(session, person, account, lock=True)
    known = await tree(session, found.account.id)
    parent = _parent(known, found, body.parent) if body.parent else None
    if parent is None:
        await require(session, found, Action.CREATE_TOP_VIRTUAL_ACCOUNT)
    else:
        await require(session, found, Action.CREATE_NESTED_VIRTUAL_ACCOUNT, [parent.id])
    await require_admin_notice(session, found)
    _require_free(known, found, body.name)
    _require_depth(known, parent, 1, body.name)
    row = VirtualAccount(
        smart_account_id=found.account.id,
        parent_id=parent.id if parent else None,
        **body.model_dump(exclude={"parent", "location"}),
        location=body.location or None,
    )
    session.add(row)
    await session.flush()
    where = f"in {parent.name}" if parent else f"at {TOP}"
    await record(
        session, "virtual_account_created", acting,
        subject=row.name,
        text=f"Virtual account {row.name} created {where}.",
        smart_account_id=found.account.id,
        virtual_accounts=[row.id, *([parent.id] if parent else [])],
    )  # fmt: skip
    also = parent is not None and await _administers(session, found, row, parent)
    return await answer(
        session, row, "Virtual account created",
        [
            ("Name", row.name),
            ("Smart Account", found.account.name),
            ("Nested in", parent.name if parent else ""),
            ("Access level", _level(row.access_level)),
            ("Tags", ", ".join(row.tags)),
            ("Location", row.location or ""),
            ("Administrator", f"{person.name} ({person.email})" if also else ""),
        ],
    )  # fmt: skip


async def _administers(
    session: AsyncSession, found: Standing, row: VirtualAccount, parent: Node
) -> bool:
    """Whoever may create it but would not reach it gets it: else they could not see their own."""
    reaches = found.may(Action.EDIT_VIRTUAL_ACCOUNT) or any(
        one.role is Role.VA_ADMIN and parent.id in one.deep for one in found.roles
    )
    if reaches:
        return False
    await give(session, found.account.id, found.person.id, Role.VA_ADMIN, {row.id: False})
    return True


async def update(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str,
    body: UpdateVirtualAccount,
) -> VirtualAccountAnswer:  # fmt: skip
    """Rename, move, restrict or describe one; each kind of change is an event of its own."""
    place = await to_change(session, person, account, named, Action.EDIT_VIRTUAL_ACCOUNT)
    row, before = place.row, place.row.model_copy()
    lines: list[tuple[str, str]] = []
    if body.name and body.name != row.name:
        _require_free(place.tree, place.found, body.name, but=row.id)
        row.name = body.name
        lines += [("Name", row.name), ("Name until now", before.name)]
    if "parent" in body.model_fields_set:
        parent = _parent(place.tree, place.found, body.parent) if body.parent else None
        if (parent.id if parent else None) != row.parent_id:
            await _require_move(session, place, parent)
            row.parent_id = parent.id if parent else None
            lines.append(("Moved to", parent.name if parent else TOP))
    if body.access_level and body.access_level != row.access_level:
        _require_not_default(row)
        row.access_level = body.access_level
        lines.append(("Access level", _level(row.access_level)))
    lines += _describe(row, body)
    if not lines:
        return await answer(session, row, "Nothing to change", [])
    session.add(row)
    await session.flush()
    await _note_changes(session, acting, before, row, place.tree)
    return await answer(session, row, "Virtual account changed", lines)


def _describe(row: VirtualAccount, body: UpdateVirtualAccount) -> list[tuple[str, str]]:
    lines = []
    nothing: dict[str, Any] = {"description": "", "tags": [], "location": None}
    for name in sorted(nothing.keys() & body.model_fields_set):
        value = getattr(body, name) or nothing[name]
        if value != getattr(row, name):
            setattr(row, name, value)
            said = ", ".join(value) if isinstance(value, list) else value
            lines.append((name.capitalize(), said or "removed"))
    return lines


async def _note_changes(
    session: AsyncSession, acting: Acting, before: VirtualAccount, row: VirtualAccount, tree: Tree
) -> None:
    notes: list[tuple[str, str]] = []
    if row.name != before.name:
        notes.append(("renamed", f"Virtual account {before.name} renamed to {row.name}."))
    if row.parent_id != before.parent_id:
        there = tree.name(row.parent_id) if row.parent_id else TOP
        notes.append(("moved", f"Virtual account {row.name} moved to {there}."))
    if row.access_level != before.access_level:
        notes.append(("access_level_changed", f"{row.name} is now {row.access_level}."))
    if any(
        getattr(row, one) != getattr(before, one) for one in ("description", "tags", "location")
    ):
        notes.append(("changed", f"Description, tags or location of {row.name} changed."))
    moved = [before.parent_id, row.parent_id] if row.parent_id != before.parent_id else []
    for kind, text in notes:
        await record(
            session, f"virtual_account_{kind}", acting,
            subject=row.name, text=text, smart_account_id=row.smart_account_id,
            virtual_accounts=[row.id, *(one for one in moved if one and kind == "moved")],
        )  # fmt: skip


async def make_default(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str
) -> VirtualAccountAnswer:
    """Let orders that name no virtual account go to this one from now on."""
    place = await to_change(session, person, account, named, Action.SET_DEFAULT_VIRTUAL_ACCOUNT)
    row = place.row
    if row.is_default:
        return await answer(session, row, "Nothing to change", [("Default", row.name)])
    former = await repository.default_of(session, place.found.account.id)
    if former is not None:
        former.is_default = False
        session.add(former)
        await session.flush()
    row.is_default = True
    session.add(row)
    await session.flush()
    await record(
        session, "virtual_account_default_changed", acting,
        subject=row.name,
        text=f"{row.name} takes orders that name no virtual account"
        + (f", instead of {former.name}." if former else "."),
        smart_account_id=row.smart_account_id,
        virtual_accounts=[row.id, *([former.id] if former else [])],
    )  # fmt: skip
    return await answer(
        session, row, "Default changed",
        [("Default", row.name), ("Before", former.name if former else "")],
    )  # fmt: skip


def _parent(known: Tree, found: Standing, named: str) -> Node:
    node = known.named(named)
    if node is None or (node.restricted and not found.may(Action.VIEW_ACCOUNT, node.id)):
        raise invalid(
            [
                FieldError(
                    field="parent",
                    code="unknown",
                    message=f"There is no virtual account {shown(named)} in "
                    f"{found.account.name} to nest it in. Check the name, or leave it out for "
                    "the top level.",
                )
            ]
        )
    return node


def _require_free(known: Tree, found: Standing, name: str, but: str | None = None) -> None:
    """409 when another one has this name; also when that is one the person can't see: the name is
    taken all the same.
    """
    taken = [node for node in known.nodes.values() if key_of(node.name) == key_of(name)]
    if any(node.id != but for node in taken):
        raise conflict(
            "name-taken",
            "This name is taken",
            f"{found.account.name} has a virtual account {shown(name)} already; large and small "
            "letters make no difference.",
            "Choose another name.",
        )


def _require_depth(known: Tree, parent: Node | None, height: int, name: str) -> None:
    deepest = known.depth(parent.id if parent else None) + height
    if deepest > DEEPEST:
        raise invalid(
            [
                FieldError(
                    field="parent",
                    code="too_deep",
                    message=f"Nested in {parent.name if parent else TOP}, {shown(name)} with all "
                    f"that is nested in it would reach level {deepest}. There are at most "
                    f"{DEEPEST} levels; choose a parent nearer to the top.",
                )
            ]
        )


async def _require_move(session: AsyncSession, place: Place, parent: Node | None) -> None:
    """A VA Administrator moves only within their own: from, to, and all that is moved along. The
    top level is the whole account's.
    """
    row, known = place.row, place.tree
    below = known.below(row.id)
    if parent is not None and (parent.id == row.id or parent.id in below):
        raise invalid([_cycle(row.name, parent)])
    _require_depth(known, parent, known.height(row.id), row.name)
    touched = [row.parent_id, parent.id if parent else None, *below]
    if not all(place.found.may(Action.EDIT_VIRTUAL_ACCOUNT, one) for one in touched):
        raise await refusal(session, place.found.account, Action.EDIT_VIRTUAL_ACCOUNT, touched)


def _cycle(name: str, parent: Node) -> FieldError:
    return FieldError(
        field="parent",
        code="cycle",
        message=f"{shown(name)} can’t be nested in "
        + ("itself." if key_of(parent.name) == key_of(name) else f"{shown(parent.name)}, which is "
           "nested in it.")
        + " Choose one that is not below it.",
    )  # fmt: skip


def _require_not_default(row: VirtualAccount) -> None:
    if row.is_default:
        raise conflict(
            "default-access-level",
            "The default can’t be restricted",
            f"{row.name} is the default virtual account; its access level stays as it is.",
            "Make another one the default first.",
        )


def _level(level: str) -> str:
    return (
        "restricted: found by its exact name alone"
        if level == Visibility.RESTRICTED
        else "unrestricted: found by searching"
    )
