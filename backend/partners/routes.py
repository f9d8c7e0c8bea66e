"""The calls about who manages a partner's orders."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.fields import clean
from backend.core.pagination import Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.partners import service
from backend.partners.schemas import (
    GrantOrderFulfillmentManager,
    OrderFulfillmentManagerAnswer,
    OrderFulfillmentManagerPublic,
)

router = APIRouter(
    prefix="/partners/{partner}/order-fulfillment-managers", tags=["partners"],
    route_class=UnitOfWorkRoute, responses=RESPONSES,
)  # fmt: skip
PartnerDomain = Annotated[NamedDomain, Path(description="Domain of the partner, your own company")]
Manager = Annotated[str, Path(max_length=254, description="E-mail address of the manager")]
TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": OrderFulfillmentManagerAnswer, "description": "A dry run: what would happen"}
}


@router.get("", operation_id="list_order_fulfillment_managers")
async def list_order_fulfillment_managers(
    partner: PartnerDomain, person: CurrentPerson, session: SessionDep
) -> Page[OrderFulfillmentManagerPublic]:
    """List who sees and assigns the orders that a partner sold (Order Fulfillment Managers). For
    people of the partner.
    """
    return Page(items=await service.listed(session, person, partner))


@router.post(
    "", operation_id="grant_order_fulfillment_manager", status_code=201,
    dependencies=WRITE_HEADERS, responses=TRIED,
)  # fmt: skip
async def grant_order_fulfillment_manager(
    partner: PartnerDomain, body: GrantOrderFulfillmentManager, person: CurrentPerson,
    acting: ActingDep, session: SessionDep,
) -> OrderFulfillmentManagerAnswer:  # fmt: skip
    """Make somebody of your company an Order Fulfillment Manager, who sees and assigns the orders
    that it sold, after booking. For the partner's Partner Self-Service administrator.
    """
    return await service.grant(session, person, acting, partner, body)


@router.delete(
    "/{email}", operation_id="revoke_order_fulfillment_manager", dependencies=WRITE_HEADERS
)
async def revoke_order_fulfillment_manager(
    partner: PartnerDomain, email: Manager, person: CurrentPerson, acting: ActingDep,
    session: SessionDep,
) -> OrderFulfillmentManagerAnswer:  # fmt: skip
    """Take the role of Order Fulfillment Manager from somebody. For the partner's Partner
    Self-Service administrator.
    """
    return await service.revoke(session, person, acting, partner, str(clean(email)).lower())
