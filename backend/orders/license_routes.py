"""The calls that find licences: in an account, or those of an order."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.orders import licenses
from backend.orders.routes import Number
from backend.orders.schemas import LicensePublic, OrderLicenses
from backend.virtual_accounts.names import Named

router = APIRouter(tags=["licenses"], route_class=UnitOfWorkRoute, responses=RESPONSES)


@router.get("/smart-accounts/{smart_account}/licenses", operation_id="list_licenses")
async def list_licenses(
    smart_account: Annotated[NamedDomain, Path(description="Domain of the Smart Account")],
    person: CurrentPerson,
    session: SessionDep,
    virtual_account: Annotated[
        Named | None, Query(description="Only in this virtual account, by its name or id")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words of the product or its number, or the beginning of an order number",
        ),
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[LicensePublic]:
    """List the licences in a Smart Account, newest first. Whoever has roles in some of its virtual
    accounts sees those.
    """
    return await licenses.listed(session, person, smart_account, virtual_account, q, cursor, limit)


@router.get("/orders/{order_number}/licenses", operation_id="find_license")
async def find_license(
    order_number: Number, person: CurrentPerson, session: SessionDep
) -> OrderLicenses:
    """Find an order's licences: in which account and portal they lie, line by line, or why they
    are not there yet and what to do.
    """
    return await licenses.of_order(session, person, order_number)
