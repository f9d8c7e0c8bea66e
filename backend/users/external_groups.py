"""Groups that get a role in another account: asked for there, granted and revoked here.

The account that grants decides on role and virtual accounts; who is in the group stays the matter
of the account whose group it is.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access.asking import named_account
from backend.accounts.models import SmartAccount
from backend.accounts.standing import Standing, as_member, require, require_admin_notice
from backend.core import clock
from backend.core.database import is_dry_run
from backend.core.events import Acting, record
from backend.core.identity import Person, people, person_ref
from backend.core.policy import Action, Role
from backend.core.problems import FieldError, Problem, conflict, invalid, not_found
from backend.users import group_repository as repository
from backend.users import groups
from backend.users.adding import named_places, say
from backend.users.group_schemas import (
    ExternalGroup,
    ExternalGroupAnswer,
    GrantExternalGroup,
    GroupAccessRequested,
    GroupDeleted,
    RequestGroupAccess,
)
from backend.users.models import ExternalGroupGrant, UserGroup
from backend.users.wording import say_role
from backend.virtual_accounts.tree import Tree, tree

# Without letters and digits that are mistaken for each other when read out.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 8


async def request_access(
    session: AsyncSession, person: Person, acting: Acting, account: str, named: str,
    body: RequestGroupAccess,
) -> tuple[GroupAccessRequested, bool]:  # fmt: skip
    """Ask another account's administrators for a role for the group; the answer, and whether it is
    new. Nothing is given until they grant it by the lookup ID that is mailed to them.
    """
    group = await groups.to_change(session, person, account, named)
    other = await _other_account(session, group.found, body.other_account)
    there = await repository.external_of(
        session,
        and_(
            col(ExternalGroupGrant.group_id) == group.row.id,
            col(ExternalGroupGrant.smart_account_id) == other.id,
        ),
    )
    if there:
        return _asked(session, there[0], group, other, "Asked already"), False
    grant = ExternalGroupGrant(
        lookup_id="GRP-" + "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)),
        group_id=group.row.id,
        smart_account_id=other.id,
        requested_by=person.id,
    )
    session.add(grant)
    await session.flush()
    details = {
        "group": group.row.id, "group_name": group.row.name, "lookup_id": grant.lookup_id,
        "note": body.note, "asked": person.id,
    }  # fmt: skip
    await record(
        session, "group_access_asked", acting,
        subject=group.row.name,
        text=f"Asked {other.name} ({other.domain}) for a role for the group {group.row.name}.",
        smart_account_id=group.found.account.id,
        details=details,
    )  # fmt: skip
    await record(
        session, "group_access_requested", acting,
        subject=group.row.name,
        text=f"The group {group.row.name} of {group.found.account.name} "
        f"({group.found.account.domain}) asks for a role here. Its lookup ID is "
        f"{grant.lookup_id}.",
        smart_account_id=other.id,
        details=details,
    )  # fmt: skip
    return _asked(session, grant, group, other, "Access requested"), True


def _asked(
    session: AsyncSession, grant: ExternalGroupGrant, group: groups.Group, other: SmartAccount,
    title: str,
) -> GroupAccessRequested:  # fmt: skip
    lookup_id = None if is_dry_run(session) else grant.lookup_id
    said = groups.receipt(
        group.row.name, title,
        ("Group", group.row.name), ("Smart Account", f"{other.name} ({other.domain})"),
        ("Lookup ID", lookup_id),
        ("Status", "granted" if grant.granted_at else "waiting for their administrators"),
    )  # fmt: skip
    return GroupAccessRequested(
        lookup_id=lookup_id,
        group=group.row.name,
        smart_account=other.domain,
        status="granted" if grant.granted_at else "pending",
        receipt=said,
    )


async def _other_account(session: AsyncSession, found: Standing, said: str) -> SmartAccount:
    try:
        other = await named_account(session, said)
    except Problem as problem:
        errors = [
            error.model_copy(update={"field": "other_account"})
            for error in problem.body.errors or ()
        ]
        raise invalid(errors) from problem
    if other.id == found.account.id:
        raise invalid(
            [
                FieldError(
                    field="other_account",
                    code="own",
                    message=f"{other.name} is the group’s own account. Change the group instead.",
                )
            ]
        )
    if other.status != "active":
        raise conflict(
            "account-not-active",
            "The Smart Account is not active yet",
            f"{other.name} ({other.domain}) waits to be accepted.",
            "Ask again once it is active.",
        )
    return other


async def heads(
    session: AsyncSession, grants: Sequence[ExternalGroupGrant], known: Tree
) -> list[ExternalGroup]:
    """A page of a list; the number of queries does not depend on its length."""
    rows = await session.exec(
        select(UserGroup, SmartAccount)
        .join(SmartAccount, col(SmartAccount.id) == col(UserGroup.smart_account_id))
        .where(col(UserGroup.id).in_([grant.group_id for grant in grants]))
    )
    owners = {group.id: (group, owner) for group, owner in rows.all()}
    members = await repository.members_of(session, list(owners))
    places = await repository.external_places_of(session, [grant.id for grant in grants])
    involved = [one for grant in grants for one in (grant.requested_by, grant.granted_by)]
    persons = await people(session, [*involved, *(p for some in members.values() for p in some)])
    shown = []
    for grant in grants:
        group, owner = owners[grant.group_id]
        shown.append(
            ExternalGroup(
                lookup_id=grant.lookup_id,
                group=group.name,
                smart_account=owner.domain,
                smart_account_name=owner.name,
                members=[person_ref(one, persons) for one in sorted(members[group.id])],
                status="granted" if grant.granted_at else "pending",
                role=Role(grant.role) if grant.role else None,
                virtual_accounts=known.names(places.get(grant.id, [])),
                requested_by=person_ref(grant.requested_by, persons),
                requested_at=grant.requested_at,
                granted_by=person_ref(grant.granted_by, persons) if grant.granted_by else None,
                granted_at=grant.granted_at,
            )
        )
    return shown


async def _to_decide(
    session: AsyncSession, person: Person, account: str, lookup_id: str
) -> tuple[Standing, ExternalGroupGrant]:
    found = await as_member(session, person, account, lock=True)
    await require(session, found, Action.GRANT_EXTERNAL_GROUP)
    await require_admin_notice(session, found)
    grants = await repository.external_of(
        session,
        and_(
            col(ExternalGroupGrant.smart_account_id) == found.account.id,
            col(ExternalGroupGrant.lookup_id) == lookup_id.strip().upper(),
        ),
        lock=True,
    )
    if not grants:
        raise not_found(
            f"external group with the lookup ID {lookup_id[:20]} in {found.account.name}",
            "Take the lookup ID from the e-mail. It ends when the group is deleted.",
        )
    return found, grants[0]


async def grant_access(
    session: AsyncSession, person: Person, acting: Acting, account: str, body: GrantExternalGroup
) -> tuple[ExternalGroupAnswer, bool]:
    """Give the group a role on some virtual accounts, or another one than it has; the answer, and
    whether it is the first.
    """
    found, grant = await _to_decide(session, person, account, body.lookup_id)
    known = await tree(session, found.account.id)
    places = named_places(known, found, body.virtual_accounts, include_nested=False)
    before = (await repository.external_places_of(session, [grant.id])).get(grant.id, [])
    first = grant.granted_at is None
    if grant.role == body.role and set(before) == set(places):
        return await _answer(session, grant, known, "Nothing to change"), False
    grant.role, grant.granted_by, grant.granted_at = body.role, person.id, clock.now()
    session.add(grant)
    await repository.replace_external_places(session, grant.id, list(places))
    now = say(known, Role(body.role), places)
    [told] = await heads(session, [grant], known)
    await record(
        session, "group_access_granted", acting,
        subject=told.group,
        text=f"The members of the group {told.group} of {told.smart_account_name} "
        f"({told.smart_account}) are now {now}.",
        smart_account_id=found.account.id,
        virtual_accounts=[*before, *places],
        details={"group": grant.group_id, "now": now, "asked": grant.requested_by},
    )  # fmt: skip
    return await _answer(session, grant, known, "Access granted"), first


async def _answer(
    session: AsyncSession, grant: ExternalGroupGrant, known: Tree, title: str
) -> ExternalGroupAnswer:
    [now] = await heads(session, [grant], known)
    role = say_role_of(now)
    said = groups.receipt(
        now.group, title,
        ("Group", f"{now.group} of {now.smart_account_name}"), ("Role", role),
        ("Members", ", ".join(f"{one.name} ({one.email})" for one in now.members[:10])),
    )  # fmt: skip
    return ExternalGroupAnswer(**now.model_dump(), receipt=said)


def say_role_of(group: ExternalGroup) -> str | None:
    """What its members have here, in words; nothing while it waits."""
    if group.role is None:
        return None
    return say_role(group.role, dict.fromkeys(group.virtual_accounts, False))


async def revoke_access(
    session: AsyncSession, person: Person, acting: Acting, account: str, lookup_id: str
) -> GroupDeleted:
    """End what another account's group has here, or decline what it has asked for."""
    found, grant = await _to_decide(session, person, account, lookup_id)
    known = await tree(session, found.account.id)
    [told] = await heads(session, [grant], known)
    was = say_role_of(told)
    places = (await repository.external_places_of(session, [grant.id])).get(grant.id, [])
    await repository.drop_external(session, [grant.id])
    name = f"{told.group} of {told.smart_account_name} ({told.smart_account})"
    await record(
        session, "group_access_revoked", acting,
        subject=told.group,
        text=f"The members of the group {name} are no longer {was}."
        if was
        else f"Declined to give the group {name} a role.",
        smart_account_id=found.account.id,
        virtual_accounts=places,
        details={"group_name": told.group, "was": was, "asked": grant.requested_by},
    )  # fmt: skip
    said = groups.receipt(
        told.group, "Access revoked" if was else "Request declined",
        ("Group", name), ("They were", was),
    )  # fmt: skip
    return GroupDeleted(name=told.group, receipt=said)
