"""The calls behind one case’s page at the desk. For support agents."""

from typing import Annotated

from fastapi import APIRouter, Path

from backend.cases import (
    canned,
    desk_page,
    linking,
    macros,
    merging,
    presence,
    suggestions,
)
from backend.cases.page_schemas import (
    CannedReplies,
    CannedReplyAnswer,
    CannedReplyBody,
    CaseDesk,
    DecideSuggestion,
    FilledReply,
    HandOver,
    LinkCases,
    Lookers,
    MergeCase,
    Present,
    RunMacro,
    SetTags,
)
from backend.cases.routes import Number
from backend.cases.schemas import CaseAnswer
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.fields import CaseNumber
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["support"], route_class=UnitOfWorkRoute, responses=RESPONSES)
OtherNumber = Annotated[CaseNumber, Path(description="The number of the other case")]
ReplyId = Annotated[str, Path(max_length=80, description="The canned reply’s id")]


@router.get("/cases/{case_number}/desk", operation_id="get_case_desk")
async def get_case_desk(
    case_number: Number, person: CurrentPerson, session: SessionDep
) -> CaseDesk:
    """Show what stands beside a case at the desk: who else looks at it, likely duplicates,
    suggestions, prepared answers and its history. For support agents.
    """
    return await desk_page.beside(session, person, case_number)


@router.post("/cases/{case_number}/merge", operation_id="merge_case", dependencies=WRITE_HEADERS)
async def merge_case(
    case_number: Number,
    body: MergeCase,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Merge a duplicate into another case of the same requester, which goes on in its place. For
    support agents.
    """
    return await merging.merge(session, person, acting, case_number, body)


@router.post("/cases/{case_number}/links", operation_id="link_cases", dependencies=WRITE_HEADERS)
async def link_cases(
    case_number: Number,
    body: LinkCases,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Link a case with another one that it has to do with. For support agents."""
    return await linking.link(session, person, acting, case_number, body)


@router.delete(
    "/cases/{case_number}/links/{other_case}",
    operation_id="unlink_cases",
    dependencies=WRITE_HEADERS,
)
async def unlink_cases(
    case_number: Number,
    other_case: OtherNumber,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Take back the links between two cases. For support agents."""
    return await linking.unlink(session, person, acting, case_number, other_case)


@router.put("/cases/{case_number}/tags", operation_id="set_case_tags", dependencies=WRITE_HEADERS)
async def set_case_tags(
    case_number: Number,
    body: SetTags,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Put tags on a case, which only the desk sees. For support agents."""
    return await macros.set_tags(session, person, acting, case_number, body.tags)


@router.post(
    "/cases/{case_number}/hand-over", operation_id="hand_over_case", dependencies=WRITE_HEADERS
)
async def hand_over_case(
    case_number: Number,
    body: HandOver,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Give a case to a colleague, with a note. For support agents."""
    return await desk_page.hand_over(session, person, acting, case_number, body)


@router.post(
    "/cases/{case_number}/suggestions",
    operation_id="decide_case_suggestion",
    dependencies=WRITE_HEADERS,
)
async def decide_case_suggestion(
    case_number: Number,
    body: DecideSuggestion,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Take over or dismiss the severity or category that a case’s words suggest. For support
    agents.
    """
    return await suggestions.decide(session, person, acting, case_number, body)


@router.post("/cases/{case_number}/macros", operation_id="run_macro", dependencies=WRITE_HEADERS)
async def run_macro(
    case_number: Number,
    body: RunMacro,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CaseAnswer:
    """Run a macro on a case: its answer and its changes, all or none. For support agents."""
    return await macros.run(session, person, acting, case_number, body)


@router.put(
    "/cases/{case_number}/presence", operation_id="look_at_case", dependencies=WRITE_HEADERS
)
async def look_at_case(
    case_number: Number, body: Present, person: CurrentPerson, session: SessionDep
) -> Lookers:
    """Say that you have a case open, every 20 seconds, and hear who else has. For support
    agents.
    """
    return await presence.tell(session, person, case_number, body)


@router.get("/cases/{case_number}/canned-replies/{reply_id}", operation_id="fill_canned_reply")
async def fill_canned_reply(
    case_number: Number, reply_id: ReplyId, person: CurrentPerson, session: SessionDep
) -> FilledReply:
    """Show a canned reply as it would be sent in a case, its variables filled in. For support
    agents.
    """
    return await canned.filled(session, person, case_number, reply_id)


@router.get("/canned-replies", operation_id="list_canned_replies")
async def list_canned_replies(person: CurrentPerson, session: SessionDep) -> CannedReplies:
    """List the answers that the desk has ready, by name. For support agents."""
    canned.require_agent(person)
    return CannedReplies(items=await canned.all_replies(session))


@router.post(
    "/canned-replies",
    operation_id="create_canned_reply",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses={200: {"model": CannedReplyAnswer, "description": "A dry run: what would happen"}},
)
async def create_canned_reply(
    body: CannedReplyBody, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> CannedReplyAnswer:
    """Keep an answer for many cases, with variables like {{requester.first_name}}. For support
    agents.
    """
    return await canned.create(session, person, acting, body)


@router.put(
    "/canned-replies/{reply_id}", operation_id="change_canned_reply", dependencies=WRITE_HEADERS
)
async def change_canned_reply(
    reply_id: ReplyId,
    body: CannedReplyBody,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> CannedReplyAnswer:
    """Change name and text of a canned reply that the desk wrote. For support agents."""
    return await canned.change(session, person, acting, reply_id, body)


@router.delete(
    "/canned-replies/{reply_id}", operation_id="delete_canned_reply", dependencies=WRITE_HEADERS
)
async def delete_canned_reply(
    reply_id: ReplyId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> CannedReplyAnswer:
    """Delete a canned reply that the desk wrote. For support agents."""
    return await canned.delete(session, person, acting, reply_id)
