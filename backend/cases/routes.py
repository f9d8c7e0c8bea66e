"""The calls about cases."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, UploadFile
from sqlmodel import col

from backend.cases import attachments, listing, presentation, service, work
from backend.cases.desk import desk
from backend.cases.models import Case
from backend.cases.schemas import (
    CancelCase,
    CaseAnswer,
    CaseHead,
    CasePublic,
    Category,
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
from backend.core.fields import CaseNumber, Domain, Language
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.policy import DeskAction, desk_allows
from backend.core.portals import Portal
from backend.core.problems import RESPONSES
from backend.core.search import LONGEST_SEARCH, Search
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
        str | None,
        Query(
            max_length=LONGEST_SEARCH,
            description="Words that all stand in a case: in its number, title, description or "
            "thread, or in the requester’s name or address; the last one may be the beginning "
            "of a word",
        ),
    ] = None,
    mine: Annotated[bool, Query(description="Only those I opened myself")] = False,
    open_only: Annotated[bool, Query(description="Only those that have not ended")] = False,
    assignee: Annotated[
        str | None,
        Query(
            max_length=254,
            description="Only this agent’s; `me` for your own, `none` for unclaimed ones",
        ),
    ] = None,
    conversation: Annotated[
        str | None, Query(max_length=64, description="Only those opened in this conversation")
    ] = None,
    severity: Annotated[int | None, Query(ge=1, le=4, description="Only this severity")] = None,
    category: Annotated[Category | None, Query(description="Only this category")] = None,
    portal: Annotated[Portal | None, Query(description="Only about this portal")] = None,
    breaching_within: Annotated[
        int | None,
        Query(
            ge=0,
            le=listing.MOST_HOURS,
            description="Only those whose clock runs out within so many hours, or already has",
        ),
    ] = None,
    language: Annotated[
        Language | None, Query(description="Only requesters, or sessions, with this language")
    ] = None,
    domain: Annotated[
        Domain | None, Query(description="Only requesters of the company with this domain")
    ] = None,
    sort: Annotated[
        listing.Sort, Query(description="`due` begins with what breaks its service level first")
    ] = listing.Sort.NEWEST,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[CaseHead]:
    """List the cases that you may see, newest first."""
    filters = listing.CaseFilters(
        queue=queue, status=status, open_only=open_only, severity=severity, category=category,
        portal=portal, assignee=assignee, breaching_within=breaching_within, language=language,
        domain=domain,
    )  # fmt: skip
    more = [col(Case.requester) == person.id] if mine else []
    if conversation:
        more.append(col(Case.conversation) == conversation)
    search = Search.of(q)
    cases, following = await listing.page(
        session, person, filters, sort=sort, search=search, more=more, cursor=cursor, limit=limit
    )
    found = await listing.snippets(session, person, cases, search) if search else None
    return Page(items=await presentation.heads(session, cases, found), next=following)


@router.get("/queues", operation_id="list_queues")
async def list_queues(
    person: CurrentPerson,
    session: SessionDep,
    all_queues: Annotated[
        bool, Query(description="Also those of colleagues, to move a case there. For support.")
    ] = False,
) -> Queues:
    """The desk's queues that you work on, with how many cases are open in each."""
    everywhere = all_queues and desk_allows(person, DeskAction.WORK_CASES)
    queues = []
    for queue, name in desk().queues.items():
        yours = desk_allows(person, DeskAction.WORK_CASES, queue)
        if yours or everywhere:
            filters = listing.CaseFilters(queue=queue, open_only=True)
            open_cases = await listing.count(session, person, filters)
            queues.append(
                Queue(
                    id=queue, name=name, yours=yours, open=open_cases.number, more=open_cases.more
                )
            )
    return Queues(items=queues)


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
