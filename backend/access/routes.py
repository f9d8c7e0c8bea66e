"""The calls about access requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlmodel import col

from backend.access import asking, deciding, listing, presentation
from backend.access.models import AccessRequest
from backend.access.schemas import (
    AccessRequestAnswer,
    AccessRequestPublic,
    ApproveAccessRequest,
    DeclineAccessRequest,
    RequestAccess,
    Status,
)
from backend.accounts.domains import NamedDomain
from backend.accounts.repository import by_domain
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["access"], route_class=UnitOfWorkRoute, responses=RESPONSES)
# What would be created answers 201 when it is, and 200 when it is only tried.
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": AccessRequestAnswer, "description": "A dry run: what would happen"}
}
RequestId = Annotated[str, Path(max_length=64, description="The id of the access request")]
AS_ASKED, WITHOUT_REASON = ApproveAccessRequest(), DeclineAccessRequest()


@router.post(
    "/access-requests",
    operation_id="request_access",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def request_access(
    body: RequestAccess, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> AccessRequestAnswer:
    """Ask for a role in a Smart Account: in all of it, or in up to 25 of its virtual accounts.
    Its administrators decide, or its rules at once.
    """
    return await asking.request_access(session, person, acting, body)


@router.get("/access-requests", operation_id="list_access_requests")
async def list_access_requests(
    person: CurrentPerson,
    session: SessionDep,
    to_decide: Annotated[bool, Query(description="Only those that wait for your decision")] = False,
    mine: Annotated[bool, Query(description="Only those you asked for yourself")] = False,
    status: Annotated[Status | None, Query(description="Only this status")] = None,
    smart_account: Annotated[
        NamedDomain | None, Query(description="Only of the Smart Account with this domain")
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[AccessRequestPublic]:
    """List your requests for access and those you may decide, newest first, with who can decide
    each.
    """
    narrowed = [col(AccessRequest.status) == status] if status else []
    if mine:
        narrowed.append(col(AccessRequest.requester) == person.id)
    if smart_account:
        account = await by_domain(session, smart_account)
        narrowed.append(col(AccessRequest.smart_account_id) == (account.id if account else None))
    view = await listing.view_of(session, person.id)
    chosen = listing.to_decide if to_decide else listing.readable
    rows, following = await newest_first(
        session, chosen(view, *narrowed), col(AccessRequest.created_at), col(AccessRequest.id),
        cursor, limit,
    )  # fmt: skip
    return Page(items=await presentation.heads(session, rows, person), next=following)


@router.get("/access-requests/{request_id}", operation_id="get_access_request")
async def get_access_request(
    request_id: RequestId, person: CurrentPerson, session: SessionDep
) -> AccessRequestPublic:
    """Show one request for access: where it stands, who can decide it, what was granted."""
    request = await deciding.find(session, person, request_id)
    (public,) = await presentation.heads(session, [request], person)
    return public


@router.post(
    "/access-requests/{request_id}/approve",
    operation_id="approve_access_request",
    dependencies=WRITE_HEADERS,
)
async def approve_access_request(
    request_id: RequestId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    body: ApproveAccessRequest = AS_ASKED,
) -> AccessRequestAnswer:
    """Grant a request as asked; or with another scope or role, or only some of the virtual
    accounts. For its deciders.
    """
    return await deciding.approve(session, person, acting, request_id, body)


@router.post(
    "/access-requests/{request_id}/decline",
    operation_id="decline_access_request",
    dependencies=WRITE_HEADERS,
)
async def decline_access_request(
    request_id: RequestId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
    body: DeclineAccessRequest = WITHOUT_REASON,
) -> AccessRequestAnswer:
    """Decline a request, with or without a reason. For its deciders."""
    return await deciding.decline(session, person, acting, request_id, body.reason)


@router.post(
    "/access-requests/{request_id}/cancel",
    operation_id="cancel_access_request",
    dependencies=WRITE_HEADERS,
)
async def cancel_access_request(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> AccessRequestAnswer:
    """Cancel a request of yours that nobody has decided."""
    return await deciding.cancel(session, person, acting, request_id)


@router.post(
    "/access-requests/{request_id}/remind",
    operation_id="remind_access_request",
    dependencies=WRITE_HEADERS,
)
async def remind_access_request(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> AccessRequestAnswer:
    """Remind those who can decide a request of yours, once a day."""
    return await deciding.remind(session, person, acting, request_id)
