"""The calls about Smart Accounts themselves; those about requests are in `requests`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from backend.accounts import (
    administrators,
    eligibility,
    locations,
    overview,
    policies,
    presentation,
    service,
)
from backend.accounts.eligibility import Eligibility
from backend.accounts.requests.routes import Account
from backend.accounts.schemas import (
    AccountAnswer,
    AccountPublic,
    LocationPublic,
    NoticeAnswer,
    NoticeName,
    Overview,
    Policies,
    PoliciesAnswer,
    ReplaceAdministrator,
    SetPolicies,
    UpdateSmartAccount,
)
from backend.accounts.standing import as_member, standing
from backend.core.auth import CurrentPerson
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.tables import as_csv
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(
    prefix="/smart-accounts/{smart_account}",
    tags=["accounts"],
    route_class=UnitOfWorkRoute,
    responses=RESPONSES,
)
CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "The table", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("", operation_id="get_smart_account", response_model_exclude_unset=True)
async def get_smart_account(
    smart_account: Account, person: CurrentPerson, session: SessionDep
) -> AccountPublic:
    """Show a Smart Account by its exact domain: who administers it, your roles in it; to members
    also headquarters, visibility, primary contact and notices.
    """
    return await presentation.whole(session, await standing(session, person, smart_account))


@router.patch("", operation_id="update_smart_account", dependencies=WRITE_HEADERS)
async def update_smart_account(
    smart_account: Account,
    body: UpdateSmartAccount,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> AccountAnswer:
    """Change a Smart Account's name, search visibility, headquarters or primary contact."""
    return await service.update(session, person, acting, smart_account, body)


@router.get("/overview", operation_id="get_account_overview")
async def get_account_overview(
    smart_account: Account, person: CurrentPerson, session: SessionDep
) -> Overview:
    """Count what is in a Smart Account and what waits there, as far as your roles reach."""
    return await overview.overview(session, person, smart_account)


@router.get("/policies", operation_id="get_account_policies")
async def get_account_policies(
    smart_account: Account, person: CurrentPerson, session: SessionDep
) -> Policies:
    """Show a Smart Account's licence policies, what each refuses, and who sees its cases."""
    return await policies.show(session, person, smart_account)


@router.put("/policies", operation_id="set_account_policies", dependencies=WRITE_HEADERS)
async def set_account_policies(
    smart_account: Account,
    body: SetPolicies,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> PoliciesAnswer:
    """Set a Smart Account's licence policies, or who sees its cases. What is left out stays."""
    return await policies.change(session, person, acting, smart_account, body)


@router.post("/notices/{notice}/accept", operation_id="accept_notice", dependencies=WRITE_HEADERS)
async def accept_notice(
    smart_account: Account,
    notice: Annotated[
        NoticeName, Path(description="smart-licensing (before orders are assigned) or admin")
    ],
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> NoticeAnswer:
    """Accept a notice of a Smart Account in the company's name."""
    return await service.accept_notice(session, person, acting, smart_account, notice)


@router.get("/locations", operation_id="list_locations")
async def list_locations(
    smart_account: Account,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[LocationPublic]:
    """List the places of a Smart Account with their virtual accounts, by name."""
    return await locations.listed(session, person, smart_account, cursor, limit)


@router.get("/locations.csv", response_class=StreamingResponse, responses=CSV)
async def export_locations(
    smart_account: Account, person: CurrentPerson, session: SessionDep
) -> StreamingResponse:
    """Download the places of a Smart Account as CSV."""
    found = await locations.for_export(session, person, smart_account)
    filename = f"locations-{found.account.domain}.csv"
    return as_csv(filename, locations.HEADS, locations.rows(found))


@router.get("/upgrade-eligibility", operation_id="get_upgrade_eligibility")
async def get_upgrade_eligibility(
    smart_account: Account, person: CurrentPerson, session: SessionDep
) -> Eligibility:
    """Say whether an SMB account can be upgraded to a standard Smart Account, and if not, why."""
    found = await as_member(session, person, smart_account)
    return await eligibility.eligibility(session, person, found.account, is_admin=found.is_admin)


@router.post(
    "/replace-administrator", operation_id="replace_administrator", dependencies=WRITE_HEADERS
)
async def replace_administrator(
    smart_account: Account,
    body: ReplaceAdministrator,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> AccountAnswer:
    """Put somebody in the place of an account's last SA Administrator, who has left, by a case
    with the proof attached. For the support desk.
    """
    return await administrators.replace(session, person, acting, smart_account, body)
