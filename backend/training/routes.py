"""The calls about training engagements."""

from fastapi import APIRouter, Response

from backend.cases.routes import Number
from backend.cases.schemas import CaseAnswer, Schedule
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.training import service
from backend.training.schemas import CreateTrainingEngagement, Reschedule

router = APIRouter(tags=["training"], route_class=UnitOfWorkRoute, responses=RESPONSES)


@router.post(
    "/training-engagements",
    operation_id="create_training_engagement",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses={200: {"model": CaseAnswer, "description": "An equal case is open already"}},
)
async def create_training_engagement(
    body: CreateTrainingEngagement,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    response: Response,
) -> CaseAnswer:
    """Ask for a training session or a demo on a licensing portal. The enablement team
    schedules it in one of the preferred times. An equal request within a day gives the
    existing case back.
    """
    answer = await service.create(session, person, acting, body)
    if answer.already_exists:
        response.status_code = 200
    return answer


@router.post(
    "/cases/{case_number}/schedule",
    operation_id="schedule_training_engagement",
    dependencies=WRITE_HEADERS,
)
async def schedule_training_engagement(
    case_number: Number,
    body: Schedule,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Fix the time of a training session; calendar invitations go out. For support agents."""
    return await service.schedule(session, person, acting, case_number, body)


@router.post(
    "/cases/{case_number}/reschedule",
    operation_id="reschedule_training_engagement",
    dependencies=WRITE_HEADERS,
)
async def reschedule_training_engagement(
    case_number: Number,
    body: Reschedule,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Ask for other times for a training session of yours."""
    return await service.reschedule(session, person, acting, case_number, body)
