"""The call for statistics of conversations. For the support desk."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from assistant.review.service import require
from assistant.statistics.schemas import ConversationStatistics
from assistant.statistics.service import statistics
from backend.core.auth import CurrentPerson
from backend.core.periods import PeriodQuery
from backend.core.policy import DeskAction
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute

router = APIRouter(
    prefix="/api/v1/statistics", tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES
)


@router.get("/conversations", operation_id="get_conversation_statistics")
async def get_conversation_statistics(
    person: CurrentPerson,
    session: SessionDep,
    period: PeriodQuery,
    portal: Annotated[
        Literal["clc", "cssm", "scm"] | None, Query(description="Only on this portal")
    ] = None,
) -> ConversationStatistics:
    """Show how conversations went: how many, how many ended without a person, how satisfied people
    were, what was not understood. For support agents.
    """
    require(person, DeskAction.SEE_STATISTICS, "Statistics")
    return await statistics(session, period, portal)
