"""What happens to user groups: one role on chosen virtual accounts for everybody in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import Standing, as_member, require, require_admin_notice
from backend.core.database import is_dry_run
from backend.core.events import Acting, record
from backend.core.identity import Person, people, person_ref
from backend.core.policy import Action, Role
from backend.core.problems import FieldError, Problem, conflict, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.core.wording import shown
from backend.users import group_repository as repository
from backend.users.adding import named_places, say
from backend.users.candidates import Candidates, candidates
from backend.users.group_schemas import (
    MOST_MEMBERS,
    CreateGroup,
    GroupAnswer,
    GroupDeleted,
    GroupMessage,
    GroupPublic,
    UpdateGroup,
)
from backend.users.models import ExternalGroupGrant, UserGroup
from backend.users.rights import shown as shown_person
from backend.virtual_accounts.names import key_of
from backend.virtual_accounts.tree import Tree, tree


@dataclass
class Group:
    """A group that somebody is about to change; `places` are ids of virtual accounts."""

    found: Standing
    tree: Tree
    row: UserGroup
    places: list[str]
    members: list[str]

    @property
    def role(self) -> str:
        """What its members have, in words."""
        role = say(self.tree, Role(self.row.role), dict.fromkeys(self.places, False))
        return f"{role}, through the group {self.row.name}"


async def to_change(session: AsyncSession, person: Person, account: str, named: str) -> Group:
    """The group, if the person may manage it: in all the virtual accounts that it reaches. Nobody
    else changes the account until this transaction ends.
    """
    found = await as_member(session, person, account, lock=True)
    seen = repository.visible(found.account.id, found.reach(Action.LIST_USERS))
    row = await repository.named(session, seen, named)
    if row is None:
        raise not_found(
            f"group “{named[:80]}” in {found.account.name}",
            f"GET /api/v1/smart-accounts/{found.account.domain}/groups lists them.",
        )
    places = (await repository.places_of(session, [row.id])).get(row.id, [])
    await require(session, found, Action.MANAGE_GROUPS, places or [None])
    await require_admin_notice(session, found)
    members = (await repository.members_of(session, [row.id])).get(row.id, [])
    return Group(found, await tree(session, found.account.id), row, places, members)


async def heads(
    session: AsyncSession, groups: Sequence[UserGroup], known: Tree, found: Standing
) -> list[GroupPublic]:
    """A page of a list; the number of queries does not depend on its length."""
    ids = [group.id for group in groups]
    members = await repository.members_of(session, ids)
    places = await repository.places_of(session, ids)
    others = await repository.others_of(session, ids)
    persons = await people(session, [one for several in members.values() for one in several])
    reach, manages = found.reach(Action.LIST_USERS), found.may_somewhere(Action.MANAGE_GROUPS)
    return [
        GroupPublic(
            id=None if is_dry_run(session) else group.id,
            name=group.name,
            description=group.description,
            members=sorted(
                (person_ref(one, persons) for one in members.get(group.id, [])),
                key=lambda ref: (ref.name.casefold(), ref.email),
            ),
            role=Role(group.role),
            virtual_accounts=known.names(
                one for one in places.get(group.id, []) if reach is None or one in reach
            ),
            other_accounts=others.get(group.id, []) if manages else [],
        )
        for group in groups
    ]


async def answer(
    session: AsyncSession, group: Group, title: str, *lines: tuple[str, str | None]
) -> GroupAnswer:
    """The group as it is now, and the receipt."""
    [now] = await heads(session, [group.row], group.tree, group.found)
    return GroupAnswer(**now.model_dump(), receipt=receipt(group.row.name, title, *lines))


def receipt(name: str, title: str, *lines: tuple[str, str | None]) -> Receipt:
    """A receipt that names the group; lines without a value are left out."""
    return Receipt(
        title=title,
        reference=name,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )


async def create(
    session: AsyncSession, person: Person, acting: Acting, account: str, body: CreateGroup
) -> GroupAnswer:
    """Make a group and give its members the role."""
    found = await as_member(session, person, account, lock=True)
    await _require_somewhere(session, found)
    known = await tree(session, found.account.id)
    places = list(named_places(known, found, body.virtual_accounts, include_nested=False))
    await require(session, found, Action.MANAGE_GROUPS, places)
    await require_admin_notice(session, found)
    await _require_free(session, found, body.name)
    chosen = await candidates(session, found.account, body.members)
    members = _people(chosen, body.members, "members")
    row = UserGroup(
        smart_account_id=found.account.id,
        **body.model_dump(include={"name", "description", "role"}),
    )
    session.add(row)
    await session.flush()
    ids = [one.id for one in members]
    await repository.change_members(session, row.id, ids, [])
    await repository.replace_places(session, row.id, places)
    group = Group(found, known, row, places, ids)
    await _note(
        session, "group_created", acting, group, places,
        f"Group {row.name} made for {_count(ids)}: {say(known, Role(row.role), _flat(places))}.",
        came=ids, now=group.role,
    )  # fmt: skip
    return await answer(
        session, group, "Group created",
        ("Group", row.name), ("Members", _names(members)),
        ("Role", say(known, Role(row.role), _flat(places))),
        ("Smart Account", f"{found.account.name} ({found.account.domain})"),
    )  # fmt: skip


async def update(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str,
    body: UpdateGroup,
) -> GroupAnswer:  # fmt: skip
    """Rename a group, change its role or its virtual accounts, or who is in it."""
    group = await to_change(session, person, account, named)
    row, before = group.row, list(group.places)
    lines: list[tuple[str, str | None]] = []
    if body.name and body.name != row.name:
        if key_of(body.name) != row.key:
            await _require_free(session, group.found, body.name)
        row.name = body.name
        lines.append(("Name", row.name))
    if "description" in body.model_fields_set and (body.description or "") != row.description:
        row.description = body.description or ""
        lines.append(("Description", row.description or "removed"))
    lines += await _change_role(session, group, body)
    session.add(row)
    await session.flush()
    come, go = await _change_members(session, group, body)
    lines += [("Came in", _names(come)), ("Went", _names(go))]
    told = "; ".join(f"{label}: {value}" for label, value in lines if value)
    if not told:
        return await answer(session, group, "Nothing to change", ("Group", row.name))
    await _note(
        session, "group_changed", acting, group, [*before, *group.places],
        f"Group {row.name} changed. {told}.", came=[one.id for one in come], now=group.role,
    )  # fmt: skip
    return await answer(session, group, "Group changed", *lines)


async def _change_role(
    session: AsyncSession, group: Group, body: UpdateGroup
) -> list[tuple[str, str | None]]:
    places = group.places
    if body.virtual_accounts:
        named = named_places(group.tree, group.found, body.virtual_accounts, include_nested=False)
        places = list(named)
    role = body.role or group.row.role
    if role == group.row.role and set(places) == set(group.places):
        return []
    await require(session, group.found, Action.MANAGE_GROUPS, places)
    await repository.replace_places(session, group.row.id, places)
    group.row.role, group.places = role, places
    return [("Role", say(group.tree, Role(role), _flat(places)))]


async def _change_members(
    session: AsyncSession, group: Group, body: UpdateGroup
) -> tuple[list[Person], list[Person]]:
    """Who came and who went, after both are written."""
    named = [*(body.members or ()), *(body.add_members or ()), *(body.remove_members or ())]
    if not named:
        return [], []
    chosen = await candidates(session, group.found.account, named)
    present = await people(session, group.members)
    after = dict(present)
    if body.members:
        after = {one.id: one for one in _people(chosen, body.members, "members")}
    after |= {one.id: one for one in _people(chosen, body.add_members or [], "add_members")}
    leaving = _people(chosen, body.remove_members or [], "remove_members", active=False)
    strangers = [one for one in leaving if one.id not in after]
    if strangers:
        raise _wrong(
            "remove_members", "not_a_member",
            f"{_names(strangers)} can’t be taken out of {group.row.name}: no member of it.",
        )  # fmt: skip
    for one in leaving:
        del after[one.id]
    _require_some(group, after)
    come = [one for id_, one in after.items() if id_ not in present]
    go = [one for id_, one in present.items() if id_ not in after]
    await repository.change_members(
        session, group.row.id, [one.id for one in come], [one.id for one in go]
    )
    return come, go


def _require_some(group: Group, after: dict[str, Person]) -> None:
    if not after:
        raise _wrong(
            "members", "nobody_left",
            f"Nobody would be left in {group.row.name}. Delete the group instead.",
        )  # fmt: skip
    if len(after) > MOST_MEMBERS:
        raise _wrong(
            "members", "too_many",
            f"{group.row.name} would have {len(after)} members; a group has at most "
            f"{MOST_MEMBERS}. Make another group for the rest.",
        )  # fmt: skip


async def delete_group(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str
) -> GroupDeleted:
    """Delete a group: its members lose what it gave them, here and in other accounts."""
    group = await to_change(session, person, account, named)
    row = group.row
    grants = await repository.external_of(
        session, col(ExternalGroupGrant.group_id) == row.id, lock=True
    )
    others = (await repository.others_of(session, [row.id])).get(row.id, [])
    for grant in grants:
        await _note_elsewhere(session, acting, group, grant)
    await repository.drop_external(session, [grant.id for grant in grants])
    await repository.change_members(session, row.id, [], group.members)
    await repository.replace_places(session, row.id, [])
    await session.delete(row)
    await session.flush()
    was = say(group.tree, Role(row.role), _flat(group.places))
    await _note(
        session, "group_deleted", acting, group, group.places,
        f"Group {row.name} of {_count(group.members)} deleted; its members were {was}.",
    )  # fmt: skip
    said = receipt(
        row.name, "Group deleted",
        ("Group", row.name), ("Members", _count(group.members)), ("They were", was),
        ("Also in", ", ".join(others)),
    )  # fmt: skip
    return GroupDeleted(name=row.name, receipt=said)


async def _note_elsewhere(
    session: AsyncSession, acting: Acting, group: Group, grant: ExternalGroupGrant
) -> None:
    """The other account's history says that the access is over."""
    places = (await repository.external_places_of(session, [grant.id])).get(grant.id, [])
    owner = group.found.account
    await record(
        session, "external_group_deleted", acting,
        subject=group.row.name,
        text=f"{owner.name} deleted its group {group.row.name}, which "
        + ("had a role here." if grant.granted_at else "had asked for a role here."),
        smart_account_id=grant.smart_account_id,
        virtual_accounts=places,
    )  # fmt: skip


async def send_message(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str,
    body: GroupMessage,
) -> GroupAnswer:  # fmt: skip
    """Write to everybody who is in the group now, by mail."""
    group = await to_change(session, person, account, named)
    subject = body.subject or f"To the group {group.row.name}"
    await _note(
        session, "group_message_sent", acting, group, group.places,
        f"Message to the group {group.row.name} ({_count(group.members)}): {subject}",
        members=group.members, said=body.text, title=subject,
    )  # fmt: skip
    return await answer(
        session, group, "Message sent",
        ("To", f"{group.row.name}, {_count(group.members)}"), ("Subject", subject),
        ("Text", body.text[:300]),
    )  # fmt: skip


async def _note(
    session: AsyncSession, type_: str, acting: Acting, group: Group, places: Sequence[str],
    text: str, **details: object,
) -> None:  # fmt: skip
    await record(
        session, type_, acting,
        subject=group.row.name,
        text=text,
        smart_account_id=group.found.account.id,
        virtual_accounts=places,
        details={"group": group.row.id, "group_name": group.row.name, **details},
    )  # fmt: skip


async def _require_somewhere(session: AsyncSession, found: Standing) -> None:
    """Whoever may manage no group at all is told so before names are looked at."""
    if not found.may_somewhere(Action.MANAGE_GROUPS):
        await require(session, found, Action.MANAGE_GROUPS)


async def _require_free(session: AsyncSession, found: Standing, name: str) -> None:
    """Also by a group that the person can't see: the name is taken all the same."""
    everything = repository.visible(found.account.id, None)
    taken = await session.exec(everything.where(col(UserGroup.key) == key_of(name)))
    if taken.first() is not None:
        raise conflict(
            "name-taken",
            "This name is taken",
            f"{found.account.name} has a group {shown(name)} already; large and small letters "
            "make no difference.",
            "Choose another name, or change that group.",
        )


def _people(
    chosen: Candidates, identifiers: Sequence[str], field: str, *, active: bool = True
) -> list[Person]:
    """Each once; a 422 `Problem` that names all of them who can't be."""
    found: dict[str, Person] = {}
    wrong: list[FieldError] = []
    for number, identifier in enumerate(identifiers):
        try:
            person = chosen.person(identifier, f"{field}.{number}", active=active)
        except Problem as problem:
            wrong += problem.body.errors or []
            continue
        found[person.id] = person
    if wrong:
        raise invalid(wrong)
    return list(found.values())


def _wrong(field: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field, code=code, message=message)])


def _flat(places: Sequence[str]) -> dict[str, bool]:
    return dict.fromkeys(places, False)


def _names(persons: Sequence[Person]) -> str:
    return ", ".join(shown_person(one) for one in persons)


def _count(members: Sequence[str]) -> str:
    return "1 person" if len(members) == 1 else f"{len(members)} people"
