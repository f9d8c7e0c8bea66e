"""The order that a case is about, for the agents who work on the case."""

import structlog
from pydantic import BaseModel, Field
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases import service as cases
from backend.core.identity import Person
from backend.core.looks import note_look
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import not_found
from backend.orders import presentation
from backend.orders.models import Order
from backend.orders.schemas import OrderPublic
from backend.orders.visibility import view_of, ways_to

log = structlog.get_logger(__name__)


class CaseOrder(BaseModel):
    """An order as whoever works on its case sees it."""

    order: OrderPublic
    requester_sees_it: bool = Field(
        description="Whether the requester sees this order, too; if not, nothing of it is theirs "
        "to know"
    )


async def order_of_case(session: AsyncSession, agent: Person, number: str) -> CaseOrder:
    """The order that a case of one of the agent's queues names; that it was looked at is logged.

    404 `Problem` when the agent doesn't work on that case, when it names no order, or one that
    does not exist. What the agent sees by an own right has no part in it: restricted accounts
    aren't named.
    """
    case = await cases.find(session, agent, number)
    if not desk_allows(agent, DeskAction.WORK_CASES, case.queue) or case.order_number is None:
        raise not_found("order of this case", f"GET /api/v1/cases/{case.number} has what it names.")
    said = case.order_number
    rows = await session.exec(
        select(Order)
        .where(or_(col(Order.number) == said, col(Order.web_order_number) == said))
        .order_by((col(Order.number) == said).desc())
        .limit(1)
    )
    order = rows.first()
    if order is None:
        raise not_found(f"order {said}", "Ask the requester for the sales order number.")
    await note_look(
        session, agent.id, "order", order.number, person=case.requester, case_number=case.number
    )
    log.info("order_viewed_by_support", order=order.number, case=case.number, agent=agent.id)
    (shown,) = await presentation.heads(session, await view_of(session, agent), [order])
    requester = await session.get_one(Person, case.requester)
    theirs = await ways_to(session, await view_of(session, requester), order.number)
    return CaseOrder(order=shown, requester_sees_it=bool(theirs))
