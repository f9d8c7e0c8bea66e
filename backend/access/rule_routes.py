"""The calls about rules for incoming requests, and about delegated approvals."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from backend.access import delegations, rules, simulation
from backend.access.delegation_schemas import (
    DelegateApprovals,
    DelegationAnswer,
    DelegationPublic,
)
from backend.access.rule_schemas import (
    AccessRuleAnswer,
    AccessRuleBody,
    AccessRulePublic,
    SimulateAccessRules,
    Simulation,
    UpdateAccessRule,
)
from backend.accounts.domains import NamedDomain
from backend.core.auth import CurrentPerson
from backend.core.client import ONLY_READS
from backend.core.events import ActingDep
from backend.core.pagination import CursorQuery, LimitQuery, Page
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute

router = APIRouter(
    prefix="/smart-accounts/{smart_account}", tags=["access"], route_class=UnitOfWorkRoute,
    responses=RESPONSES,
)  # fmt: skip
Named = Annotated[NamedDomain, Path(description="Domain of the Smart Account")]
RuleId = Annotated[str, Path(max_length=64, description="The id of the rule")]
DelegationId = Annotated[str, Path(max_length=64, description="The id of the delegation")]
RULE_TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": AccessRuleAnswer, "description": "A dry run: what would happen"}
}
DELEGATION_TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": DelegationAnswer, "description": "A dry run: what would happen"}
}


@router.get("/access-rules", operation_id="list_access_rules")
async def list_access_rules(
    smart_account: Named, person: CurrentPerson, session: SessionDep
) -> Page[AccessRulePublic]:
    """List an account's rules for incoming access requests, in their order. For SA
    Administrators.
    """
    return Page(items=await rules.listed(session, person, smart_account))


@router.post(
    "/access-rules",
    operation_id="create_access_rule",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=RULE_TRIED,
)
async def create_access_rule(
    smart_account: Named,
    body: AccessRuleBody,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> AccessRuleAnswer:
    """Add a rule that approves, declines or routes incoming access requests. Try it with
    `simulate_access_rules` first. For SA Administrators.
    """
    return await rules.create(session, person, acting, smart_account, body)


@router.post(
    "/access-rules/simulate",
    operation_id="simulate_access_rules",
    openapi_extra={ONLY_READS: True},
)
async def simulate_access_rules(
    smart_account: Named, body: SimulateAccessRules, person: CurrentPerson, session: SessionDep
) -> Simulation:
    """Show what rules would do with the requests that wait and those decided last; nothing
    changes. For SA Administrators.
    """
    return await simulation.simulate(session, person, smart_account, body)


@router.get("/access-rules/{rule_id}", operation_id="get_access_rule")
async def get_access_rule(
    smart_account: Named, rule_id: RuleId, person: CurrentPerson, session: SessionDep
) -> AccessRulePublic:
    """Show one rule. For SA Administrators."""
    return await rules.one(session, person, smart_account, rule_id)


@router.patch(
    "/access-rules/{rule_id}", operation_id="update_access_rule", dependencies=WRITE_HEADERS
)
async def update_access_rule(
    smart_account: Named,
    rule_id: RuleId,
    body: UpdateAccessRule,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> AccessRuleAnswer:
    """Change a rule or move it in the order. For SA Administrators."""
    return await rules.change(session, person, acting, smart_account, rule_id, body)


@router.delete(
    "/access-rules/{rule_id}", operation_id="delete_access_rule", dependencies=WRITE_HEADERS
)
async def delete_access_rule(
    smart_account: Named,
    rule_id: RuleId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> AccessRuleAnswer:
    """Delete a rule; those after it move up. For SA Administrators."""
    return await rules.delete(session, person, acting, smart_account, rule_id)


@router.get("/approval-delegations", operation_id="list_approval_delegations")
async def list_approval_delegations(
    smart_account: Named,
    person: CurrentPerson,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[DelegationPublic]:
    """List who decides access requests in whose place, newest first: all for SA Administrators,
    else those given by or to you.
    """
    return await delegations.listed(session, person, smart_account, cursor, limit)


@router.post(
    "/approval-delegations",
    operation_id="delegate_approvals",
    status_code=201,
    dependencies=WRITE_HEADERS,
    responses=DELEGATION_TRIED,
)
async def delegate_approvals(
    smart_account: Named,
    body: DelegateApprovals,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> DelegationAnswer:
    """Let a member decide access requests in your place for a time, up to VA Administrator. For
    SA Administrators, and VA Administrators in their virtual accounts.
    """
    return await delegations.delegate(session, person, acting, smart_account, body)


@router.get("/approval-delegations/{delegation_id}", operation_id="get_approval_delegation")
async def get_approval_delegation(
    smart_account: Named, delegation_id: DelegationId, person: CurrentPerson, session: SessionDep
) -> DelegationPublic:
    """Show one delegation."""
    return await delegations.one(session, person, smart_account, delegation_id)


@router.delete(
    "/approval-delegations/{delegation_id}",
    operation_id="revoke_approval_delegation",
    dependencies=WRITE_HEADERS,
)
async def revoke_approval_delegation(
    smart_account: Named,
    delegation_id: DelegationId,
    person: CurrentPerson,
    acting: ActingDep,
    session: SessionDep,
) -> DelegationAnswer:
    """End a delegation before its time. For who gave or has it, and SA Administrators."""
    return await delegations.revoke(session, person, acting, smart_account, delegation_id)
