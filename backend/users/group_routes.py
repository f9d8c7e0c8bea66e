"""The calls about user groups, own ones and those of other accounts."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from backend.accounts.standing import as_member, refusal, require
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.policy import Action
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.users import external_groups, groups
from backend.users import group_repository as repository
from backend.users.group_schemas import (
    CreateGroup,
    ExternalGroup,
    ExternalGroupAnswer,
    GrantExternalGroup,
    GroupAccessRequested,
    GroupAnswer,
    GroupDeleted,
    GroupMessage,
    GroupPublic,
    RequestGroupAccess,
    UpdateGroup,
)
from backend.users.routes import Account
from backend.virtual_accounts.names import Named
from backend.virtual_accounts.tree import tree

router = APIRouter(
    prefix="/smart-accounts/{smart_account}", tags=["groups"], route_class=UnitOfWorkRoute,
    responses=RESPONSES,
)  # fmt: skip
One = Annotated[Named, Path(description="Name or id of the group")]
LookupId = Annotated[str, Path(max_length=40, description="Its lookup ID, like GRP-7K3F92QX")]


def _or(model: type[Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, "description": "A dry run, or it is there already"}}


@router.get("/groups", operation_id="list_groups")
async def list_groups(
    smart_account: Account,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[GroupPublic]:
    """List a Smart Account's user groups by name, with members, role and virtual accounts."""
    found = await as_member(session, person, smart_account)
    if not found.may_somewhere(Action.LIST_USERS):
        raise await refusal(session, found.account, Action.LIST_USERS, [None])
    seen = repository.visible(found.account.id, found.reach(Action.LIST_USERS))
    rows, following = await repository.page(session, seen, cursor, limit)
    known = await tree(session, found.account.id)
    return Page(items=await groups.heads(session, rows, known, found), next=following)


@router.post(
    "/groups", operation_id="create_group", status_code=201, dependencies=WRITE_HEADERS,
    responses=_or(GroupAnswer),
)  # fmt: skip
async def create_group(
    smart_account: Account,
    body: CreateGroup,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> GroupAnswer:
    """Make a user group: everybody in it has one role on chosen virtual accounts."""
    return await groups.create(session, person, acting, smart_account, body)


@router.patch("/groups/{group}", operation_id="update_group", dependencies=WRITE_HEADERS)
async def update_group(
    smart_account: Account,
    group: One,
    body: UpdateGroup,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> GroupAnswer:
    """Rename a user group, change its role, its virtual accounts, or who is in it."""
    return await groups.update(session, person, acting, smart_account, group, body)


@router.delete("/groups/{group}", operation_id="delete_group", dependencies=WRITE_HEADERS)
async def delete_group(
    smart_account: Account,
    group: One,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> GroupDeleted:
    """Delete a user group; its members lose what it gave them."""
    return await groups.delete_group(session, person, acting, smart_account, group)


@router.post(
    "/groups/{group}/messages", operation_id="send_group_message", dependencies=WRITE_HEADERS
)
async def send_group_message(
    smart_account: Account,
    group: One,
    body: GroupMessage,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> GroupAnswer:
    """Write a mail to everybody in a user group."""
    return await groups.send_message(session, person, acting, smart_account, group, body)


@router.post(
    "/groups/{group}/access-requests", operation_id="request_group_access", status_code=201,
    dependencies=WRITE_HEADERS, responses=_or(GroupAccessRequested),
)  # fmt: skip
async def request_group_access(
    smart_account: Account,
    group: One,
    body: RequestGroupAccess,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    response: Response,
) -> GroupAccessRequested:
    """Ask another Smart Account for a role for one's user group; its administrators get a mail with
    the lookup ID.
    """
    answer, new = await external_groups.request_access(
        session, person, acting, smart_account, group, body
    )
    if not new:
        response.status_code = 200
    return answer


@router.get("/external-groups", operation_id="list_external_groups")
async def list_external_groups(
    smart_account: Account,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[ExternalGroup]:
    """List groups of other Smart Accounts that have a role here or ask for one, newest first."""
    found = await as_member(session, person, smart_account)
    await require(session, found, Action.GRANT_EXTERNAL_GROUP)
    rows, following = await repository.external_page(session, found.account.id, cursor, limit)
    known = await tree(session, found.account.id)
    return Page(items=await external_groups.heads(session, rows, known), next=following)


@router.post(
    "/external-groups", operation_id="grant_external_group", status_code=201,
    dependencies=WRITE_HEADERS, responses=_or(ExternalGroupAnswer),
)  # fmt: skip
async def grant_external_group(
    smart_account: Account,
    body: GrantExternalGroup,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    response: Response,
) -> ExternalGroupAnswer:
    """Give another Smart Account's group a role on some virtual accounts, by its lookup ID."""
    answer, first = await external_groups.grant_access(session, person, acting, smart_account, body)
    if not first:
        response.status_code = 200
    return answer


@router.delete(
    "/external-groups/{lookup_id}", operation_id="revoke_external_group",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def revoke_external_group(
    smart_account: Account,
    lookup_id: LookupId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> GroupDeleted:
    """End the role of another Smart Account's group, or decline what it asks for."""
    return await external_groups.revoke_access(session, person, acting, smart_account, lookup_id)
