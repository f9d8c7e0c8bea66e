"""The calls by which the support desk works its queues."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from backend.cases import agents, bulk, views
from backend.cases.bulk_schemas import CasesChanged, ChangeCases
from backend.cases.view_schemas import (
    AgentAnswer,
    AgentPublic,
    ChangeAgent,
    ChangeView,
    Deleted,
    SaveView,
    ViewAnswer,
    Views,
)
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES)
View = Annotated[str, Path(max_length=32, description="The view's id")]
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": ViewAnswer, "description": "A dry run: what would happen"}
}


@router.post("/cases/bulk", operation_id="change_cases", dependencies=WRITE_HEADERS)
async def change_cases(
    body: ChangeCases, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> CasesChanged:
    """Claim, assign, move, close or otherwise change up to 200 cases at once. Each says what
    became of it; one that can't be changed keeps no other from it. For support agents.
    """
    return await bulk.change_cases(session, person, acting, body)


@router.get("/desk/views", operation_id="list_desk_views")
async def list_desk_views(person: CurrentPerson, session: SessionDep) -> Views:
    """The saved views of your queue, your own and the shared ones, with how many cases each has."""
    return await views.list_views(session, person)


@router.post(
    "/desk/views",
    operation_id="save_desk_view",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def save_desk_view(
    body: SaveView, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> ViewAnswer:
    """Save filters of the queue under a name. A lead can share them with everybody."""
    return await views.save(session, person, acting, body)


@router.patch("/desk/views/{view_id}", operation_id="change_desk_view", dependencies=WRITE_HEADERS)
async def change_desk_view(
    view_id: View, body: ChangeView, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> ViewAnswer:
    """Rename a saved view, change its filters, or whether everybody has it."""
    return await views.change(session, person, acting, view_id, body)


@router.delete("/desk/views/{view_id}", operation_id="delete_desk_view", dependencies=WRITE_HEADERS)
async def delete_desk_view(
    view_id: View, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> Deleted:
    """Delete a saved view; the cases in it stay as they are."""
    return await views.delete(session, person, acting, view_id)


@router.get("/desk/me", operation_id="get_my_desk_settings")
async def get_my_desk_settings(person: CurrentPerson, session: SessionDep) -> AgentPublic:
    """How you work at the desk: whether rules give you cases, and what your queue opens with."""
    return await agents.shown(session, person)


@router.patch("/desk/me", operation_id="change_my_desk_settings", dependencies=WRITE_HEADERS)
async def change_my_desk_settings(
    body: ChangeAgent, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> AgentAnswer:
    """Change how you work: be away, take no cases by rule, open with a view, switch keys off."""
    return await agents.change(session, person, acting, body)
