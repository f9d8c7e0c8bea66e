"""The calls about data of people: who has seen it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlmodel import and_, col, or_, select

from backend.cases import service as cases
from backend.core.auth import CurrentPerson
from backend.core.fields import CaseNumber
from backend.core.identity import PersonRef, people, person_ref
from backend.core.looks import LookedAt
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import RESPONSES, forbidden
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["cases"], route_class=UnitOfWorkRoute, responses=RESPONSES)


class Look(BaseModel):
    """Somebody of support opened something that belongs to a case."""

    at: datetime = Field(description="The first time in that hour")
    viewer: PersonRef
    what: Literal["case", "transcript", "order"]


@router.get("/cases/{case_number}/views", operation_id="list_views_of_case")
async def list_views_of_case(
    case_number: Annotated[CaseNumber, Path(description="The case's number, like C-500123")],
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[Look]:
    """List who of support has seen a case, its chat and its order, newest first, an entry an
    hour. For who opened the case, and for leads of the desk.
    """
    case = await cases.find(session, person, case_number)
    lead = desk_allows(person, DeskAction.SEE_LOOKS, case.queue)
    if person.id != case.requester and not lead:
        raise forbidden(
            "Only who opened this case, or a lead of the desk, can see who looked at it.",
            "Ask the requester, or your lead.",
        )
    belongs = [col(LookedAt.case_number) == case.number]
    if case.conversation:
        belongs.append(and_(LookedAt.kind == "transcript", LookedAt.subject == case.conversation))
    looks, following = await newest_first(
        session, select(LookedAt).where(or_(*belongs)), col(LookedAt.at), col(LookedAt.id),
        cursor, limit,
    )  # fmt: skip
    known = await people(session, [one.viewer for one in looks])
    items = [
        Look.model_validate(
            {"at": one.at, "viewer": person_ref(one.viewer, known), "what": one.kind}
        )
        for one in looks
    ]
    return Page(items=items, next=following)
