"""The bodies of the calls about rules, and a rule as people see it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from backend.access.matching import Action, Condition, Requester
from backend.access.schemas import CEILING, SCOPE_NAMES, Reason, Scope, Status, fits, misfit, needed
from backend.accounts.domains import LONGEST, normal_domain
from backend.core.fields import Body, Email, clean
from backend.core.identity import PersonRef
from backend.core.policy import RANK, ROLE_NAMES, Role
from backend.core.receipts import Receipt

BELOW = "*."
NEVER = (
    f"No rule makes somebody {ROLE_NAMES[Role.SA_ADMIN]} or {ROLE_NAMES[Role.SA_APPROVER]}; "
    f"{ROLE_NAMES[CEILING]} is the most that a rule can grant."
)


def _pattern(value: str) -> str:
    below, domain = value.startswith(BELOW), value.removeprefix(BELOW)
    return (BELOW if below else "") + normal_domain(domain)


DomainPattern = Annotated[
    str, BeforeValidator(clean), StringConstraints(max_length=LONGEST), AfterValidator(_pattern)
]


class Match(Body):
    """Which requests a rule is about; what is left out holds for all."""

    domains: list[DomainPattern] | None = Field(
        default=None, min_length=1, max_length=50,
        description="E-mail domains of who asks: company.example, or *.company.example for those "
        "below it",
    )  # fmt: skip
    roles_up_to: Role | None = Field(
        default=None, description="Only requests for this role or a lower one"
    )
    scope: Scope | None = Field(default=None, description="Only requests with this scope")
    requester: Requester | None = Field(
        default=None,
        description="Only people of the account’s own domain (internal), partners, or all others",
    )


class AccessRuleBody(Body):
    """A rule for incoming requests; the first one that matches decides."""

    position: int | None = Field(
        default=None, ge=1, description="Its place in the order, 1 is first; the last if left out"
    )
    match: Match = Field(
        default_factory=Match, description="Which requests it is about; all if left out"
    )
    action: Action = Field(description="What it does with them")
    role: Role | None = Field(
        default=None, validate_default=True,
        description="The most that approve grants, up to va_admin; what was asked if left out",
    )  # fmt: skip
    reason: Reason | None = Field(
        default=None, description="Why it declines; the person who asked reads it"
    )
    route_to: Email | None = Field(
        default=None, validate_default=True,
        description="Who decides instead, with route: e-mail of a member who is no viewer",
    )  # fmt: skip

    @field_validator("action")
    @classmethod
    def _never_administrators(cls, action: Action, info: ValidationInfo) -> Action:
        match: Match | None = info.data.get("match")
        ceiling = match.roles_up_to if match else None
        if action is Action.APPROVE and ceiling and RANK[ceiling] > RANK[CEILING]:
            raise ValueError(f"{NEVER} Let `roles_up_to` be {CEILING} or a lower role.")
        return action

    @field_validator("role")
    @classmethod
    def _role_of_an_approval(cls, role: Role | None, info: ValidationInfo) -> Role | None:
        if role is None:
            return None
        if RANK[role] > RANK[CEILING]:
            raise ValueError(NEVER)
        if info.data.get("action", Action.APPROVE) is not Action.APPROVE:
            raise ValueError("Only a rule that approves grants a role. Leave `role` out.")
        match: Match | None = info.data.get("match")
        if match and match.scope and not fits(role, match.scope):
            raise ValueError(misfit(role, match.scope))
        return role

    @field_validator("reason")
    @classmethod
    def _reason_of_a_refusal(cls, reason: str | None, info: ValidationInfo) -> str | None:
        if reason and info.data.get("action", Action.DECLINE) is not Action.DECLINE:
            raise ValueError("Only a rule that declines has a reason. Leave `reason` out.")
        return reason or None

    @field_validator("route_to")
    @classmethod
    def _route_to_somebody(cls, email: str | None, info: ValidationInfo) -> str | None:
        action = info.data.get("action")
        if action is Action.ROUTE and email is None:
            raise needed("route to")
        if email and action not in (Action.ROUTE, None):
            raise ValueError("Only a rule that routes names somebody. Leave `route_to` out.")
        return email


class UpdateAccessRule(Body):
    """What changes of a rule; only what is named changes, null removes it."""

    position: int | None = Field(default=None, ge=1, description="Its new place in the order")
    match: Match | None = Field(default=None, description="Which requests it is about, as a whole")
    action: Action | None = Field(default=None, description="What it does with them")
    role: Role | None = Field(default=None, description="The most that approve grants")
    reason: Reason | None = Field(default=None, description="Why it declines")
    route_to: Email | None = Field(default=None, description="Who decides instead, with route")


class AccessRulePublic(BaseModel):
    """A rule."""

    id: str | None
    position: int
    match: Match
    action: Action
    role: Role | None
    reason: str | None
    route_to: PersonRef | None
    text: str = Field(description="The rule in words")
    created_by: PersonRef
    created_at: datetime


class AccessRuleAnswer(AccessRulePublic):
    """A rule and the receipt of the write that answers with it."""

    receipt: Receipt


class SimulateAccessRules(Body):
    """A rule as it would be saved, or a whole list; the present rules if nothing is named."""

    rules: list[AccessRuleBody] | None = Field(
        default=None, max_length=50, description="A whole list instead of the present one"
    )
    position: int | None = Field(
        default=None, ge=1, description="Where the one rule would stand in the present list"
    )
    match: Match = Field(default_factory=Match, description="Which requests the one rule is about")
    action: Action | None = Field(default=None, description="What the one rule does")
    role: Role | None = Field(default=None, description="The most that the one rule grants")
    reason: Reason | None = Field(default=None, description="Why the one rule declines")
    route_to: Email | None = Field(default=None, description="To whom the one rule routes")
    last: int = Field(
        default=50, ge=0, le=200, description="How many decided requests to look at as well"
    )


class Simulated(BaseModel):
    """What would happen, or would have happened, to one request."""

    request_id: str
    requester: PersonRef
    scope: Scope
    role: Role
    virtual_accounts: list[str]
    status: Status = Field(description="Where it really stands")
    outcome: Action | None = Field(description="What a rule would do; null leaves it to people")
    granted_role: Role | None = Field(description="The role that would be granted")
    rule_position: int | None = Field(description="Which rule would decide")
    reason: str | None
    route_to: PersonRef | None
    text: str = Field(description="That in words")


class Simulation(BaseModel):
    """What rules would do with what waits and with what was decided last."""

    items: list[Simulated]
    next: str | None = None
    counts: dict[str, int] = Field(
        description="How many would be approved, declined, routed, or left to people (manual)"
    )
    rules: list[str] = Field(description="The rules that were tried, in words")


def say_rule(
    action: Action, match: Condition, role: Role | None, reason: str | None, to: str
) -> str:
    """“Approve, as VA User at most: internal people of northwind.example who ask for …”."""
    head: dict[Action, Any] = {
        Action.APPROVE: f"Approve, as {ROLE_NAMES[role]} at most" if role else "Approve as asked",
        Action.DECLINE: f"Decline ({reason})" if reason else "Decline",
        Action.ROUTE: f"Route to {to}",
    }
    return f"{head[action]}: {_say_match(match)}"


def _say_match(match: Condition) -> str:
    who = {
        Requester.INTERNAL: "people of the account’s own domain",
        Requester.PARTNER: "partners",
        Requester.OTHER: "people from elsewhere",
        None: "everybody",
    }[match.requester]
    if match.domains:
        who += f" at {', '.join(match.domains)}"
    if match.roles_up_to is None and match.scope is None:
        return who
    ceiling = match.roles_up_to
    wish = f"{ROLE_NAMES[ceiling]} or less" if ceiling else "any role"
    return f"{who}, asking for {wish}" + (f" in {SCOPE_NAMES[match.scope]}" if match.scope else "")
