"""The calls with which people do something with an order: assign it, set it up, follow it."""

from typing import Any

from fastapi import APIRouter, Response

from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.orders import assigning, assigning_many, following, set_up
from backend.orders.routes import Number
from backend.orders.schemas import (
    AssignOrder,
    AssignOrders,
    AssignOrdersAnswer,
    ChangeProvisioningContact,
    OrderAnswer,
)

router = APIRouter(tags=["orders"], route_class=UnitOfWorkRoute, responses=RESPONSES)
NEWLY: dict[int | str, dict[str, Any]] = {
    201: {"model": OrderAnswer, "description": "You follow it from now on"}
}


@router.post(
    "/orders/assignments", operation_id="assign_orders", dependencies=WRITE_HEADERS,
)  # fmt: skip
async def assign_orders(
    body: AssignOrders, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> AssignOrdersAnswer:
    """Assign up to 500 orders to one Smart Account and virtual account. Each has a result of its
    own; one that can't be assigned keeps no other from it.
    """
    return await assigning_many.assign_orders(session, person, acting, body)


@router.post(
    "/orders/{order_number}/assignment", operation_id="assign_order", dependencies=WRITE_HEADERS,
)  # fmt: skip
async def assign_order(
    order_number: Number, body: AssignOrder, person: CurrentPerson, acting: ActingDep,
    session: SessionDep,
) -> OrderAnswer:  # fmt: skip
    """Assign an order after the sale to an active Smart Account and one of its virtual accounts,
    whole or some lines. Again to another one while nothing is delivered; afterwards its licences
    move between virtual accounts of the same Smart Account.
    """
    return await assigning.assign(session, person, acting, order_number, body)


@router.delete(
    "/orders/{order_number}/assignment", operation_id="unassign_order",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def unassign_order(
    order_number: Number, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> OrderAnswer:
    """Take an order off its Smart Account again, while nothing of it is delivered. Not for what
    was assigned in Commerce.
    """
    return await assigning.unassign(session, person, acting, order_number)


@router.post(
    "/orders/{order_number}/follow", operation_id="follow_order", dependencies=WRITE_HEADERS,
    responses=NEWLY,
)  # fmt: skip
async def follow_order(
    order_number: Number, person: CurrentPerson, acting: ActingDep, session: SessionDep,
    response: Response,
) -> OrderAnswer:  # fmt: skip
    """Follow an order: hear by mail and in the chat when its delays change or it is provisioned."""
    answer, is_new = await following.follow(session, person, acting, order_number)
    response.status_code = 201 if is_new else 200
    return answer


@router.delete(
    "/orders/{order_number}/follow", operation_id="unfollow_order", dependencies=WRITE_HEADERS,
)  # fmt: skip
async def unfollow_order(
    order_number: Number, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> OrderAnswer:
    """Stop following an order."""
    return await following.unfollow(session, person, acting, order_number)


@router.post(
    "/orders/{order_number}/provisioning-mail", operation_id="resend_provisioning_mail",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def resend_provisioning_mail(
    order_number: Number, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> OrderAnswer:
    """Send the set-up mail of an order's subscriptions again, to their provisioning contacts:
    until they are set up, and once an hour at most.
    """
    return await set_up.resend(session, person, acting, order_number)


@router.put(
    "/orders/{order_number}/provisioning-contact", operation_id="change_provisioning_contact",
    dependencies=WRITE_HEADERS,
)  # fmt: skip
async def change_provisioning_contact(
    order_number: Number, body: ChangeProvisioningContact, person: CurrentPerson,
    acting: ActingDep, session: SessionDep,
) -> OrderAnswer:  # fmt: skip
    """Name another provisioning contact for an order's subscriptions, or some of its lines, until
    they are set up. The new contact gets the set-up mail.
    """
    return await set_up.change_contact(session, person, acting, order_number, body)
