"""The calls about Smart Account requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlmodel import col

from backend.accounts.domains import NamedDomain
from backend.accounts.models import PENDING, SmartAccountRequest
from backend.accounts.requests import asking, deciding, handling, inviting, presentation, repository
from backend.accounts.requests.schemas import (
    ChangeInvited,
    CreateSmartAccount,
    DeclineAccountRequest,
    RequestAnswer,
    RequestForCustomer,
    RequestPublic,
    StatusFilter,
    UpgradeSmartAccount,
)
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page, newest_first
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(tags=["accounts"], route_class=UnitOfWorkRoute, responses=RESPONSES)
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": RequestAnswer, "description": "A dry run: what would happen"}
}
RequestId = Annotated[
    str, Path(max_length=64, description="The request's id, from the list or the mail's link")
]
Account = Annotated[NamedDomain, Path(description="The account's domain, like northwind.example")]


@router.post(
    "/smart-accounts",
    operation_id="create_smart_account",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def create_smart_account(
    body: CreateSmartAccount, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Ask for a Smart Account of your own company. At your e-mail's domain it is active at once;
    otherwise somebody approves or accepts it first. Look into the directory before: if the domain
    has an account, ask for access instead.
    """
    return await asking.create(session, person, acting, body)


@router.post(
    "/smart-account-requests",
    operation_id="request_smart_account_for_customer",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def request_smart_account_for_customer(
    body: RequestForCustomer, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Ask for a Smart Account for a customer. They get an activation mail; the first of them to
    accept becomes its SA Administrator. Expires after 90 days.
    """
    return await asking.create_for_customer(session, person, acting, body)


@router.post(
    "/smart-accounts/{smart_account}/upgrade",
    operation_id="upgrade_smart_account",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DRY_RUN,
)
async def upgrade_smart_account(
    smart_account: Account,
    body: UpgradeSmartAccount,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> RequestAnswer:
    """Upgrade an SMB account that you administer to a standard Smart Account, once your profile
    has an address of your company.
    """
    return await asking.upgrade(session, person, acting, smart_account, body)


@router.get("/smart-account-requests", operation_id="list_account_requests")
async def list_account_requests(
    person: CurrentPerson,
    session: SessionDep,
    status: Annotated[
        StatusFilter | None, Query(description="Only this status; `pending` for all that wait")
    ] = None,
    to_decide: Annotated[
        bool, Query(description="Only those that you can approve or accept now")
    ] = False,
    mine: Annotated[bool, Query(description="Only those that you asked for")] = False,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[RequestPublic]:
    """List Smart Account requests: yours, those you are invited to, those you can decide."""
    statement = repository.waiting_for(person) if to_decide else repository.readable_by(person)
    if status:
        wanted = PENDING if status == "pending" else (status,)
        statement = statement.where(col(SmartAccountRequest.status).in_(wanted))
    if mine:
        statement = statement.where(SmartAccountRequest.requester == person.id)
    requests, following = await newest_first(
        session,
        statement,
        col(SmartAccountRequest.created_at),
        col(SmartAccountRequest.id),
        cursor,
        limit,
    )
    return Page(items=await presentation.shown(session, requests, person), next=following)


@router.get("/smart-account-requests/{request_id}", operation_id="get_account_request")
async def get_account_request(
    request_id: RequestId, person: CurrentPerson, session: SessionDep
) -> RequestPublic:
    """Show one Smart Account request, where it stands and who can move it on."""
    request = await handling.find(session, person, request_id)
    [shown] = await presentation.shown(session, [request], person)
    return shown


@router.patch(
    "/smart-account-requests/{request_id}",
    operation_id="change_invited_customers",
    dependencies=WRITE_HEADERS,
)
async def change_invited_customers(
    request_id: RequestId,
    body: ChangeInvited,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> RequestAnswer:
    """Replace who may accept a Smart Account request. New addresses get the activation mail; those
    left out can't accept it any more.
    """
    return await inviting.change_invited(session, person, acting, request_id, body.customer_emails)


@router.post(
    "/smart-account-requests/{request_id}/approve",
    operation_id="approve_account_request",
    dependencies=WRITE_HEADERS,
)
async def approve_account_request(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Approve a Smart Account request that waits for you."""
    return await deciding.approve(session, person, acting, request_id)


@router.post(
    "/smart-account-requests/{request_id}/decline",
    operation_id="decline_account_request",
    dependencies=WRITE_HEADERS,
)
async def decline_account_request(
    request_id: RequestId,
    body: DeclineAccountRequest,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> RequestAnswer:
    """Decline a Smart Account request that waits for you, or your invitation to accept one."""
    return await deciding.decline(session, person, acting, request_id, body.reason)


@router.post(
    "/smart-account-requests/{request_id}/accept",
    operation_id="accept_account_request",
    dependencies=WRITE_HEADERS,
)
async def accept_account_request(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Accept a Smart Account that you were invited to. You declare that you may speak for the
    company, and become its SA Administrator.
    """
    return await inviting.accept(session, person, acting, request_id)


@router.post(
    "/smart-account-requests/{request_id}/cancel",
    operation_id="cancel_account_request",
    dependencies=WRITE_HEADERS,
)
async def cancel_account_request(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Take your own Smart Account request back while it waits."""
    return await deciding.cancel(session, person, acting, request_id)


@router.post(
    "/smart-account-requests/{request_id}/resend",
    operation_id="resend_activation_mail",
    dependencies=WRITE_HEADERS,
)
async def resend_activation_mail(
    request_id: RequestId, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> RequestAnswer:
    """Send the activation mail of your Smart Account request again."""
    return await inviting.resend(session, person, acting, request_id)
