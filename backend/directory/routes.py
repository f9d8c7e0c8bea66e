"""The calls about the directory: which accounts there are, and who administers them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BeforeValidator

from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.fields import one_line
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.directory import service
from backend.directory.schemas import Administrators, AvailableVirtualAccount, DirectoryEntry

router = APIRouter(tags=["directory"], route_class=UnitOfWorkRoute, responses=RESPONSES)
Named = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]
Search = BeforeValidator(one_line)


@router.get("/directory", operation_id="list_directory")
async def list_directory(
    person: CurrentPerson,
    session: SessionDep,
    q: Annotated[
        str,
        Search,
        Query(
            max_length=253,
            description="Name or domain; also finds accounts that are not related to you, a "
            "restricted one only by its exact name or domain",
        ),
    ] = "",
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[DirectoryEntry]:
    """List the Smart Accounts related to you, with their administrators: those you have access
    to, asked access to, asked to have created, and those of your e-mail domain, in that order.
    """
    return await service.page(session, person, q, cursor, limit)


@router.get("/smart-accounts/{smart_account}/administrators", operation_id="list_administrators")
async def list_administrators(
    smart_account: Named, person: CurrentPerson, session: SessionDep
) -> Administrators:
    """Say who administers the Smart Account with this exact domain."""
    return await service.administrators(session, person, smart_account)


@router.get(
    "/smart-accounts/{smart_account}/available-virtual-accounts",
    operation_id="list_available_virtual_accounts",
)
async def list_available_virtual_accounts(
    smart_account: Named,
    person: CurrentPerson,
    session: SessionDep,
    q: Annotated[
        str,
        Search,
        Query(max_length=80, description="Part of the name; a restricted one needs all of it"),
    ] = "",
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[AvailableVirtualAccount]:
    """List the virtual accounts of a Smart Account for which you can ask for access, by name."""
    return await service.available(session, person, smart_account, q, cursor, limit)
