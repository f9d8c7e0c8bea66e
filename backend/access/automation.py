"""An account's rules at work on a request that has just come in, in the same transaction."""

from collections.abc import Iterable

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import decision, repository
from backend.access.authority import stand_ins
from backend.access.decision import Decider, Grant
from backend.access.matching import Action, Asked, Requester, Rule, decide
from backend.access.models import AccessRequest, AccessRule
from backend.access.record import by_itself, note
from backend.access.rule_schemas import Match
from backend.access.schemas import Scope
from backend.accounts.domains import covers
from backend.accounts.models import SmartAccount
from backend.core.events import Acting
from backend.core.identity import Person, people
from backend.core.policy import Role
from backend.people.organizations import is_public_mailbox
from backend.users.rights import shown


def as_rule(row: AccessRule) -> Rule:
    """A stored rule as matching looks at it."""
    return Rule(
        id=row.id,
        position=row.position,
        match=Match.model_validate(row.match),
        action=Action(row.action),
        role=Role(row.role) if row.role else None,
        reason=row.reason,
        route_to=row.route_to,
    )


def asked_of(
    account: SmartAccount, request: AccessRequest, person: Person, *, public_mailbox: bool
) -> Asked:
    """A request as rules look at it. Internal is whoever has an address of the account's domain,
    or of the company's that it lies below.
    """
    requester = Requester.OTHER
    if covers(person.domain, account.domain) and not public_mailbox:
        requester = Requester.INTERNAL
    elif person.kind == "partner":
        requester = Requester.PARTNER
    return Asked(
        person=person.id,
        domain=person.domain,
        public_mailbox=public_mailbox,
        requester=requester,
        scope=Scope(request.scope),
        role=Role(request.role),
    )


async def able(session: AsyncSession, account: int, rules: Iterable[Rule]) -> set[str]:
    """Those of whom the rules name who can decide a request in somebody's place."""
    named = {rule.route_to for rule in rules if rule.route_to}
    return {person for _, person in await stand_ins(session, [account], named)} if named else set()


async def apply(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, person: Person,
    acting: Acting,
) -> None:  # fmt: skip
    """Let the first rule that matches decide or route the request."""
    rows = await repository.rules_of(session, account.id)
    rules = [as_rule(row) for row in rows]
    if not rules:
        return
    public = await is_public_mailbox(session, person.domain)
    asked = asked_of(account, request, person, public_mailbox=public)
    outcome = decide(rules, asked, await able(session, account.id, rules))
    if outcome is None:
        return
    owner = next(row.created_by for row in rows if row.id == outcome.rule.id)
    by = Decider(by_itself(account, acting), on_behalf_of=owner, rule=outcome.rule.id)
    if outcome.role is not None:
        grant = Grant(Scope(request.scope), outcome.role, request.named, request.include_nested)
        await decision.approve(session, request, account, grant, by)
    elif outcome.rule.action is Action.DECLINE:
        await decision.decline(session, request, account, outcome.rule.reason, by)
    else:
        await _route(session, request, account, outcome.rule, by)


async def _route(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, rule: Rule, by: Decider
) -> None:
    request.route_to, request.rule = rule.route_to, rule.id
    session.add(request)
    known = await people(session, [request.route_to, request.requester])
    names = {one: shown(person) for one, person in known.items()}
    await note(
        session, "access_routed", request, account, by.acting,
        f"Routed the request of {names[request.requester]} to {names[str(request.route_to)]}",
        on_behalf_of=by.on_behalf_of, rule=by.rule,
    )  # fmt: skip
