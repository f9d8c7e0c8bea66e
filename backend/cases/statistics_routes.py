"""The call for statistics of cases. For the support desk."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.cases.statistics import DeskStatistics, statistics
from backend.core.auth import CurrentPerson
from backend.core.periods import PeriodQuery
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import RESPONSES, forbidden
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES)


@router.get("/statistics/desk", operation_id="get_desk_statistics")
async def get_desk_statistics(
    person: CurrentPerson,
    session: SessionDep,
    period: PeriodQuery,
    queue: Annotated[str | None, Query(max_length=30, description="Only this queue")] = None,
) -> DeskStatistics:
    """Show how the desk did: cases opened and closed, how long people waited for an answer, service
    levels met and missed. For support agents, of their queues.
    """
    if not desk_allows(person, DeskAction.SEE_STATISTICS):
        raise forbidden("Statistics are for the support desk.", "Ask a lead of the desk.")
    return await statistics(session, person, period, queue)
