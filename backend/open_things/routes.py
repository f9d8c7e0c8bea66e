"""The call that answers “what have I got open?”."""

from fastapi import APIRouter

from backend.core.auth import CurrentPerson
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.open_things import service
from backend.open_things.schemas import OpenThings

router = APIRouter(tags=["people"], route_class=UnitOfWorkRoute, responses=RESPONSES)


@router.get("/me/open-things", operation_id="list_open_things")
async def list_open_things(person: CurrentPerson, session: SessionDep) -> OpenThings:
    """Answer "what have I got open?": your cases, requests for access and for accounts,
    delegations, delayed orders, and what waits for your decision, all in one list.
    """
    return await service.of_person(session, person)
