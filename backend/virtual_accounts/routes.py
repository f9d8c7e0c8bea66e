"""The calls about virtual accounts."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from backend.accounts.domains import NamedDomain
from backend.accounts.standing import as_member
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.policy import Action
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.virtual_accounts import deletion, repository, service
from backend.virtual_accounts.names import Named
from backend.virtual_accounts.schemas import (
    CreateVirtualAccount,
    UpdateVirtualAccount,
    VirtualAccountAnswer,
    VirtualAccountDeleted,
    VirtualAccountPublic,
)
from backend.virtual_accounts.tree import tree

router = APIRouter(
    prefix="/smart-accounts/{smart_account}/virtual-accounts", tags=["virtual_accounts"],
    route_class=UnitOfWorkRoute, responses=RESPONSES,
)  # fmt: skip
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": VirtualAccountAnswer, "description": "A dry run: what would happen"}
}
Account = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]
One = Annotated[Named, Path(description="Name or id of the virtual account")]


@router.get("", operation_id="list_virtual_accounts")
async def list_virtual_accounts(
    smart_account: Account,
    person: CurrentPerson,
    session: SessionDep,
    q: Annotated[
        str | None, Query(max_length=100, description="Part of a name or of a tag")
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[VirtualAccountPublic]:
    """List a Smart Account's virtual accounts by name, with their place in the tree. Whoever has
    roles in some of them sees those.
    """
    found = await as_member(session, person, smart_account)
    reach = found.reach(Action.VIEW_ACCOUNT)
    statement = repository.visible(found.account.id, reach, q)
    rows, following = await repository.page(session, statement, cursor, limit)
    known = await tree(session, found.account.id)
    return Page(items=[service.public(row, known) for row in rows], next=following)


@router.post(
    "", operation_id="create_virtual_account", status_code=201, dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)  # fmt: skip
async def create_virtual_account(
    smart_account: Account,
    body: CreateVirtualAccount,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> VirtualAccountAnswer:
    """Create a virtual account, at the top level or nested in another one."""
    return await service.create(session, person, acting, smart_account, body)


@router.patch(
    "/{virtual_account}", operation_id="update_virtual_account", dependencies=WRITE_HEADERS
)
async def update_virtual_account(
    smart_account: Account,
    virtual_account: One,
    body: UpdateVirtualAccount,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> VirtualAccountAnswer:
    """Rename, move, restrict or describe a virtual account."""
    return await service.update(session, person, acting, smart_account, virtual_account, body)


@router.post(
    "/{virtual_account}/make-default",
    operation_id="make_default_virtual_account",
    dependencies=WRITE_HEADERS,
)
async def make_default_virtual_account(
    smart_account: Account,
    virtual_account: One,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> VirtualAccountAnswer:
    """Make a virtual account the default: it takes orders that name none."""
    return await service.make_default(session, person, acting, smart_account, virtual_account)


@router.delete(
    "/{virtual_account}", operation_id="delete_virtual_account", dependencies=WRITE_HEADERS
)
async def delete_virtual_account(
    smart_account: Account,
    virtual_account: One,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    confirm_name: Annotated[
        str | None,
        Query(max_length=80, description="Its exact name, typed by the person to confirm"),
    ] = None,
) -> VirtualAccountDeleted:
    """Delete a virtual account for good, once nothing is in it and nobody depends on it."""
    return await deletion.delete_virtual_account(
        session, person, acting, smart_account, virtual_account, confirm_name
    )
