"""The calls that read orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backend.core.auth import CurrentPerson
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.orders import listing, presentation
from backend.orders.explaining import said
from backend.orders.schemas import (
    AssignmentStatus,
    OrderDelays,
    OrderNumber,
    OrderPublic,
    OrderStatus,
    Summary,
)
from backend.orders.service import find
from backend.orders.visibility import view_of

router = APIRouter(tags=["orders"], route_class=UnitOfWorkRoute, responses=RESPONSES)
Number = Annotated[OrderNumber, Path(description="The sales order number, or the web order number")]


@router.get("/orders", operation_id="list_orders")
async def list_orders(
    person: CurrentPerson,
    session: SessionDep,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="The beginning of an order number, the customer's own number, or words "
            "of the customer, a product or its number",
        ),
    ] = None,
    assignment: Annotated[
        AssignmentStatus | None, Query(description="Only those whose licences stand like this")
    ] = None,
    delayed: Annotated[
        bool | None, Query(description="Only those that wait for something, or only the others")
    ] = None,
    status: Annotated[OrderStatus | None, Query(description="Only this status")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[OrderPublic]:
    """List the orders you see, newest first: why each waits, where its licences go, and why you
    see it.
    """
    filters = listing.Filters(q=q, assignment=assignment, delayed=delayed, status=status)
    view = await view_of(session, person)
    orders, following = await listing.orders(session, view, filters, cursor, limit)
    return Page(items=await presentation.heads(session, view, orders), next=following)


@router.get("/orders/summary", operation_id="get_orders_summary")
async def get_orders_summary(person: CurrentPerson, session: SessionDep) -> Summary:
    """Count the orders you see: all, unassigned, delayed, by status and by assignment."""
    return await listing.summary(session, await view_of(session, person))


@router.get("/orders/{order_number}", operation_id="get_order")
async def get_order(
    order_number: Number, person: CurrentPerson, session: SessionDep
) -> OrderPublic:
    """Show one order by its sales order or web order number: where it is, why it waits and who
    acts, where its licences go, why you see it.
    """
    seen = await find(session, person, order_number)
    (public,) = await presentation.heads(session, seen.view, [seen.order])
    return public


@router.get("/orders/{order_number}/delays", operation_id="explain_order_delay")
async def explain_order_delay(
    order_number: Number, person: CurrentPerson, session: SessionDep
) -> OrderDelays:
    """Say why one order is stuck: every reason at present, since when, who has to act, and what
    to do.
    """
    seen = await find(session, person, order_number)
    (order,) = await presentation.heads(session, seen.view, [seen.order])
    told = said(order.delays, closed_without_provisioning=order.closed_without_provisioning)
    return OrderDelays(
        number=order.number,
        status=order.status,
        assignment_status=order.assignment_status,
        closed_without_provisioning=order.closed_without_provisioning,
        text=told,
        items=order.delays,
    )
