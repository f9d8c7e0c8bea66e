"""The calls about who else sees and assigns an order: delegations and shares."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.fields import clean
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.orders import delegations, redeeming, sharing
from backend.orders.routes import Number
from backend.orders.schemas import (
    DelegateOrder,
    OrderAnswer,
    OrderDelegationAnswer,
    OrderDelegationPublic,
    OrderSharePublic,
    OrderSharesAnswer,
    RedeemDelegation,
    ShareOrder,
)

router = APIRouter(tags=["orders"], route_class=UnitOfWorkRoute, responses=RESPONSES)
DelegationId = Annotated[str, Path(max_length=64, description="The id of the delegation")]
SharedWith = Annotated[
    str, Path(max_length=254, description="The address the order is shared with")
]
DELEGATION_TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": OrderDelegationAnswer, "description": "A dry run: what would happen"}
}
SHARES_TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": OrderSharesAnswer, "description": "A dry run: what would happen"}
}


@router.get("/orders/{order_number}/delegations", operation_id="list_order_delegations")
async def list_order_delegations(
    order_number: Number, person: CurrentPerson, session: SessionDep,
    cursor: CursorQuery = None, limit: LimitQuery = 50,
) -> Page[OrderDelegationPublic]:  # fmt: skip
    """List who may assign an order in its Fulfillment Contact's place, newest first: all for the
    contact, a delegate sees their own.
    """
    return await delegations.listed(session, person, order_number, cursor, limit)


@router.post(
    "/orders/{order_number}/delegations", operation_id="delegate_order", status_code=201,
    dependencies=WRITE_HEADERS, responses=DELEGATION_TRIED,
)  # fmt: skip
async def delegate_order(
    order_number: Number, body: DelegateOrder, person: CurrentPerson, acting: ActingDep,
    session: SessionDep,
) -> OrderDelegationAnswer:  # fmt: skip
    """Let somebody else assign one order in your place: they get a mail with a link for their
    address alone, good for 14 days and one use. For the order's Fulfillment Contact.
    """
    return await delegations.delegate(session, person, acting, order_number, body)


@router.delete(
    "/orders/{order_number}/delegations/{delegation_id}",
    operation_id="revoke_order_delegation", dependencies=WRITE_HEADERS,
)  # fmt: skip
async def revoke_order_delegation(
    order_number: Number, delegation_id: DelegationId, person: CurrentPerson, acting: ActingDep,
    session: SessionDep,
) -> OrderDelegationAnswer:  # fmt: skip
    """End the delegation of an order, whether its link was used or not. For the order's
    Fulfillment Contact.
    """
    return await delegations.revoke(session, person, acting, order_number, delegation_id)


@router.post(
    "/order-delegations/redeem", operation_id="redeem_order_delegation",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def redeem_order_delegation(
    body: RedeemDelegation, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> OrderAnswer:
    """Accept to assign an order in somebody's place, with the token of the link that was mailed
    to you.
    """
    return await redeeming.redeem(session, person, acting, body.token)


@router.get("/orders/{order_number}/shares", operation_id="list_order_shares")
async def list_order_shares(
    order_number: Number, person: CurrentPerson, session: SessionDep
) -> Page[OrderSharePublic]:
    """List the people an order is shared with. For whoever may share it."""
    return Page(items=await sharing.listed(session, person, order_number))


@router.post(
    "/orders/{order_number}/shares", operation_id="share_order", status_code=201,
    dependencies=WRITE_HEADERS, responses=SHARES_TRIED,
)  # fmt: skip
async def share_order(
    order_number: Number, body: ShareOrder, person: CurrentPerson, acting: ActingDep,
    session: SessionDep, response: Response,
) -> OrderSharesAnswer:  # fmt: skip
    """Let others see and assign an order (order-based access), by their e-mail addresses. For the
    Fulfillment Contact, people of the same company, and the partner's managers.
    """
    answer, is_new = await sharing.share(session, person, acting, order_number, body)
    if not is_new:
        response.status_code = 200
    return answer


@router.delete(
    "/orders/{order_number}/shares/{email}", operation_id="unshare_order",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def unshare_order(
    order_number: Number, email: SharedWith, person: CurrentPerson, acting: ActingDep,
    session: SessionDep,
) -> OrderSharesAnswer:  # fmt: skip
    """Share an order with somebody no longer."""
    named = str(clean(email)).lower()
    return await sharing.unshare(session, person, acting, order_number, named)
