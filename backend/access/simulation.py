"""What rules would do, before they are saved: tried on what waits and on what was decided last."""

from collections import Counter
from collections.abc import Sequence

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import automation, presentation, repository
from backend.access.matching import Action, Outcome, Rule, decide
from backend.access.models import AccessRequest
from backend.access.rule_schemas import (
    AccessRuleBody,
    SimulateAccessRules,
    Simulated,
    Simulation,
    say_rule,
)
from backend.access.rules import checked
from backend.accounts.models import SmartAccount
from backend.accounts.standing import as_member, require
from backend.core.identity import Person, people, person_ref
from backend.core.policy import ROLE_NAMES
from backend.core.policy import Action as Right
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown

MANUAL = "manual"
# The fields by which one rule is told to a simulation.
ONE_RULE = frozenset({"position", "match", "action", "role", "reason", "route_to"})


async def simulate(
    session: AsyncSession, person: Person, named: str, body: SimulateAccessRules
) -> Simulation:
    """Try rules on the account's requests; nothing changes."""
    found = await as_member(session, person, named)
    await require(session, found, Right.CONFIGURE_AUTOMATION)
    account = found.account
    rules = await _rules(session, account, body)
    requests = await repository.pending_in(session, account.id)
    requests += await repository.decided_in(session, account.id, body.last)
    known = await people(
        session, [one.requester for one in requests] + [rule.route_to for rule in rules]
    )
    items = await _try(session, account, rules, requests, known)
    outcomes = Counter(one.outcome.value if one.outcome else MANUAL for one in items)
    return Simulation(
        items=items,
        counts={name: outcomes[name] for name in (*Action, MANUAL)},
        rules=[
            say_rule(rule.action, rule.match, rule.role, rule.reason, _name(rule.route_to, known))
            for rule in rules
        ],
    )


async def _rules(
    session: AsyncSession, account: SmartAccount, body: SimulateAccessRules
) -> list[Rule]:
    """The rules to try, in their order."""
    if body.rules is not None:
        return [
            await _as_rule(session, account, one, position)
            for position, one in enumerate(body.rules, start=1)
        ]
    rules = [automation.as_rule(row) for row in await repository.rules_of(session, account.id)]
    told = body.model_dump(mode="json", include=set(ONE_RULE), exclude_unset=True)
    if told:
        place = body.position or len(rules) + 1
        rules.insert(place - 1, await _as_rule(session, account, _one(told), place))
    return [
        Rule(rule.id, position, rule.match, rule.action, rule.role, rule.reason, rule.route_to)
        for position, rule in enumerate(rules, start=1)
    ]


def _one(told: dict[str, object]) -> AccessRuleBody:
    try:
        return AccessRuleBody.model_validate(told)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors()) from exc


async def _as_rule(
    session: AsyncSession, account: SmartAccount, body: AccessRuleBody, position: int
) -> Rule:
    route_to = await checked(session, account, body)
    return Rule(None, position, body.match, body.action, body.role, body.reason, route_to)


async def _try(
    session: AsyncSession, account: SmartAccount, rules: Sequence[Rule],
    requests: Sequence[AccessRequest], known: dict[str, Person],
) -> list[Simulated]:  # fmt: skip
    able = await automation.able(session, account.id, rules)
    domains = {known[one.requester].domain for one in requests}
    public = {domain for domain in domains if await is_public_mailbox(session, domain)}
    items = []
    for request in requests:
        person = known[request.requester]
        asked = automation.asked_of(
            account, request, person, public_mailbox=person.domain in public
        )
        items.append(_simulated(request, decide(rules, asked, able), known))
    return items


def _simulated(
    request: AccessRequest, outcome: Outcome | None, known: dict[str, Person]
) -> Simulated:
    rule = outcome.rule if outcome else None
    routed = rule.route_to if rule and rule.action is Action.ROUTE else None
    return Simulated(
        request_id=request.id,
        requester=person_ref(request.requester, known),
        scope=request.scope,
        role=request.role,
        virtual_accounts=presentation.asked(request),
        status=request.status,
        outcome=rule.action if rule else None,
        granted_role=outcome.role if outcome else None,
        rule_position=rule.position if rule else None,
        reason=rule.reason if rule else None,
        route_to=person_ref(routed, known) if routed else None,
        text=_say(request, outcome, known),
    )


def _say(request: AccessRequest, outcome: Outcome | None, known: dict[str, Person]) -> str:
    what = f"{shown(known[request.requester])}, {presentation.say_asked(request)}"
    if outcome is None:
        return f"{what}: left to people"
    by = f"by rule {outcome.rule.position}"
    if outcome.role is not None:
        return f"{what}: approved {by} as {ROLE_NAMES[outcome.role]}"
    if outcome.rule.action is Action.DECLINE:
        return f"{what}: declined {by}"
    return f"{what}: routed {by} to {_name(outcome.rule.route_to, known)}"


def _name(person: str | None, known: dict[str, Person]) -> str:
    found = known.get(person or "")
    return shown(found) if found else "somebody"
