"""The calls about cases."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, UploadFile
from sqlmodel import col

from backend.cases import attachments, presentation, repository, service, work
from backend.cases.desk import desk
from backend.cases.models import Case
from backend.cases.schemas import (
    OPEN,
    CancelCase,
    CaseAnswer,
    CaseHead,
    CasePublic,
    OpenCase,
    Queue,
    Queues,
    Reply,
    Said,
    Status,
    UpdateCase,
)
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.fields import CaseNumber
from backend.core.identity import by_address
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["cases"], route_class=UnitOfWorkRoute, responses=RESPONSES)
# What would be created answers 201 when it is, and 200 when it is only tried.
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": CaseAnswer, "description": "A dry run: what would happen"}
}
Number = Annotated[CaseNumber, Path(description="The case's number, like C-500123")]


@router.post(
    "/cases",
    operation_id="open_case",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def open_case(
    body: OpenCase, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> CaseAnswer:
    """Open a support case for a question or a problem. For a training session or a demo use
    `create_training_engagement` instead.
    """
    return await service.open_case(session, person, acting, body)


@router.get("/cases", operation_id="list_cases")
async def list_cases(
    person: CurrentPerson,
    session: SessionDep,
    queue: Annotated[str | None, Query(max_length=30, description="Only this queue")] = None,
    status: Annotated[Status | None, Query(description="Only this status")] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="Words of number, title, requester or order")
    ] = None,
    mine: Annotated[bool, Query(description="Only those I opened myself")] = False,
    open_only: Annotated[bool, Query(description="Only those that have not ended")] = False,
    assignee: Annotated[
        str | None,
        Query(max_length=254, description="Only this agent's, or `none` for unclaimed ones"),
    ] = None,
    conversation: Annotated[
        str | None, Query(max_length=64, description="Only those opened in this conversation")
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[CaseHead]:
    """List the cases that you may see, newest first."""
    if assignee and assignee != repository.UNCLAIMED:
        agent = await by_address(session, assignee.strip().lower())
        assignee = agent.id if agent else assignee
    statement = repository.filtered(
        repository.readable_by(person),
        queue=queue,
        statuses=[status] if status else OPEN if open_only else [],
        q=q,
        requester=person.id if mine else None,
        assignee=assignee,
        conversation=conversation,
    )
    cases, following = await newest_first(
        session, statement, col(Case.created_at), col(Case.number), cursor, limit
    )
    return Page(items=await presentation.heads(session, cases), next=following)


@router.get("/queues", operation_id="list_queues")
async def list_queues(
    person: CurrentPerson,
    session: SessionDep,
    all_queues: Annotated[
        bool, Query(description="Also those of colleagues, to move a case there. For support.")
    ] = False,
) -> Queues:
    """The desk's queues that you work on, with how many cases are open in each."""
    open_cases = await repository.counts(session, person)
    queues = [
        Queue(
            id=queue,
            name=name,
            open=open_cases.get(queue, 0),
            yours=desk_allows(person, DeskAction.WORK_CASES, queue),
        )
        for queue, name in desk().queues.items()
    ]
    everywhere = all_queues and desk_allows(person, DeskAction.WORK_CASES)
    return Queues(items=[q for q in queues if q.yours or everywhere])


@router.get("/cases/{case_number}", operation_id="get_case")
async def get_case(case_number: Number, person: CurrentPerson, session: SessionDep) -> CasePublic:
    """Show one case with its thread and where it stands."""
    case = await service.find(session, person, case_number)
    return await presentation.whole(session, case, person)


@router.patch("/cases/{case_number}", operation_id="update_case", dependencies=WRITE_HEADERS)
async def update_case(
    case_number: Number,
    body: UpdateCase,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Change a case's status, severity, queue or assignee. For support agents."""
    return await work.update(session, person, acting, case_number, body)


@router.post("/cases/{case_number}/claim", operation_id="claim_case", dependencies=WRITE_HEADERS)
async def claim_case(
    case_number: Number, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> CaseAnswer:
    """Take a case to work on it. For support agents."""
    return await work.claim(session, person, acting, case_number)


@router.post(
    "/cases/{case_number}/replies", operation_id="reply_to_case", dependencies=WRITE_HEADERS
)
async def reply_to_case(
    case_number: Number,
    body: Reply,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Answer the requester of a case, in the chat and by mail. For support agents."""
    return await work.reply(session, person, acting, case_number, body)


@router.post("/cases/{case_number}/notes", operation_id="add_case_note", dependencies=WRITE_HEADERS)
async def add_case_note(
    case_number: Number,
    body: Said,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Add a note to a case of yours. From a support agent it is internal."""
    return await service.add_note(session, person, acting, case_number, body.text)


@router.post("/cases/{case_number}/cancel", operation_id="cancel_case", dependencies=WRITE_HEADERS)
async def cancel_case(
    case_number: Number,
    body: CancelCase,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Cancel a case, or a training session, that is no longer needed."""
    return await service.cancel(session, person, acting, case_number, body.reason)


@router.post(
    "/cases/{case_number}/attachments",
    operation_id="attach_to_case",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def attach_to_case(
    case_number: Number,
    file: UploadFile,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Attach a file to a case of yours: PDF, PNG, JPEG, text, CSV or ZIP, 10 MB at most, and
    50 MB a case.
    """
    return await attachments.attach(session, person, acting, case_number, file)


@router.get(
    "/cases/{case_number}/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {"*/*": {}}, "description": "The file, of its own type"}},
)
async def download_attachment(
    case_number: Number,
    attachment_id: Annotated[str, Path(max_length=32, description="From the case's thread")],
    person: CurrentPerson,
    session: SessionDep,
) -> Response:
    """Save a file of a case that you may see."""
    return await attachments.download(session, person, case_number, attachment_id)
