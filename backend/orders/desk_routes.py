"""The call by which the desk sees the order of a case."""

from typing import Annotated

from fastapi import APIRouter, Path

from backend.core.auth import CurrentPerson
from backend.core.fields import CaseNumber
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.orders.desk import CaseOrder, order_of_case

router = APIRouter(tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES)


@router.get("/cases/{case_number}/order", operation_id="get_case_order")
async def get_case_order(
    case_number: Annotated[CaseNumber, Path(description="The case's number, like C-500123")],
    person: CurrentPerson,
    session: SessionDep,
) -> CaseOrder:
    """Show the order that a case names, to support agents who work on its queue: where it is, why
    it waits, who acts, and whether the requester sees it.
    """
    return await order_of_case(session, person, case_number)
