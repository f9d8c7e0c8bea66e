"""Deciding requests: who may, what may be granted; and what who asked can do meanwhile."""

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import decision, presentation, repository
from backend.access.asking import require_company, resolve
from backend.access.authority import Authority, deciders, routed, stand_ins, ways_of
from backend.access.configuration import configuration
from backend.access.decision import Decider, Grant, require_pending
from backend.access.listing import readable, view_of
from backend.access.models import AccessRequest, AccessRule
from backend.access.record import note
from backend.access.schemas import (
    AccessRequestAnswer,
    ApproveAccessRequest,
    Scope,
    Status,
    fits,
    misfit,
)
from backend.accounts.models import SmartAccount
from backend.accounts.standing import refusal
from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting
from backend.core.identity import Person, people
from backend.core.policy import ROLE_NAMES, Action, Role
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid, not_found
from backend.users.rights import able, holders, shown
from backend.virtual_accounts.tree import tree

MOST_NAMED = 5


async def find(session: AsyncSession, person: Person, request_id: str) -> AccessRequest:
    """A request that the person sees; 404 `Problem` otherwise. Whoever may decide it also sees
    what came of it when somebody else did.
    """
    own = readable(await view_of(session, person.id), col(AccessRequest.id) == request_id)
    found = (await session.exec(own)).one_or_none()
    if found is not None:
        return found
    request = await session.get(AccessRequest, request_id)
    if request is None or not await _ways(session, request, person):
        raise not_found(
            f"access request {request_id[:40]}",
            "GET /api/v1/access-requests lists those you can see.",
        )
    return request


async def _ways(session: AsyncSession, request: AccessRequest, person: Person) -> list[Authority]:
    places = await repository.places_of(session, [request.id])
    return await ways_of(session, request, places.get(request.id, frozenset()), person.id)


async def find_to_change(
    session: AsyncSession, person: Person, request_id: str
) -> tuple[AccessRequest, SmartAccount]:
    """Like `find`, with the account ours until the end, and the request as it is now."""
    request = await find(session, person, request_id)
    await lock_row(session, SmartAccount, request.smart_account_id)
    account = await session.get_one(SmartAccount, request.smart_account_id)
    for row in (account, request):
        await session.refresh(row)
    return request, account


async def approve(
    session: AsyncSession, person: Person, acting: Acting, request_id: str,
    body: ApproveAccessRequest,
) -> AccessRequestAnswer:  # fmt: skip
    """Grant what was asked, or something else; in fewer virtual accounts it is a part."""
    request, account = await find_to_change(session, person, request_id)
    ways = await _require_ways(session, request, account, person)
    await require_pending(session, request)
    grant = await _grant(session, request, account, body)
    if grant.role is Role.SA_APPROVER:
        requester = await session.get_one(Person, request.requester)
        await require_company(session, requester, account)
    way = await _way_that_grants(session, account, ways, grant)
    await decision.approve(
        session, request, account, grant, await _by(session, acting, request, way)
    )
    partly = request.status == Status.PARTIALLY_APPROVED
    return await _answer(
        session, request, account, person, "Partially approved" if partly else "Approved"
    )


async def decline(
    session: AsyncSession, person: Person, acting: Acting, request_id: str, reason: str | None
) -> AccessRequestAnswer:
    """End a request without giving anything; who asked reads the reason, if there is one."""
    request, account = await find_to_change(session, person, request_id)
    ways = await _require_ways(session, request, account, person)
    await require_pending(session, request)
    by = await _by(session, acting, request, ways[0])
    await decision.decline(session, request, account, reason, by)
    return await _answer(session, request, account, person, "Declined")


async def cancel(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> AccessRequestAnswer:
    """Who asked does not need it any more."""
    request, account = await find_to_change(session, person, request_id)
    await _require_own(session, request, person)
    await require_pending(session, request)
    await decision.cancel(session, request, account, Decider(acting, person.id))
    return await _answer(session, request, account, person, "Request cancelled")


async def remind(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> AccessRequestAnswer:
    """Mail whoever can decide once more, once a day."""
    request, account = await find_to_change(session, person, request_id)
    await _require_own(session, request, person)
    await require_pending(session, request)
    _require_a_day(request)
    request.reminded_at = clock.now()
    session.add(request)
    names = await _decider_names(session, request)
    await note(
        session, "access_reminded", request, account, acting,
        f"{shown(person)} reminded of the request to become {presentation.say_asked(request)}",
    )  # fmt: skip
    return await presentation.answer(
        session, request, person, "Reminder sent",
        ("Smart Account", f"{account.name} ({account.domain})"),
        ("What", presentation.say_asked(request)), ("Who decides", ", ".join(names)),
    )  # fmt: skip


def _require_a_day(request: AccessRequest) -> None:
    """409 while the last reminder is not long enough ago, with when the next one can go out."""
    if request.reminded_at is None:
        return
    following = request.reminded_at + configuration().requests.between_reminders
    if clock.now() < following:
        raise conflict(
            "reminded-already",
            "You have reminded them today",
            f"The last reminder went out on {request.reminded_at:%d %B %Y at %H:%M} UTC.",
            f"The next one can go out from {following:%d %B %Y, %H:%M} UTC on.",
        )


async def _require_own(session: AsyncSession, request: AccessRequest, person: Person) -> None:
    if person.id != request.requester:
        requester = (await people(session, [request.requester]))[request.requester]
        raise forbidden(
            f"Only who asked can do this: {shown(requester)}.",
            "Approve or decline the request, if you are one of those who decide.",
        )


async def _decider_names(session: AsyncSession, request: AccessRequest) -> list[str]:
    places = await repository.places_of(session, [request.id])
    ids = (await deciders(session, [request], places)).get(request.id, [])[:MOST_NAMED]
    known = await people(session, ids)
    return [shown(known[one]) for one in ids if one in known]


async def _require_ways(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, person: Person
) -> list[Authority]:
    """403 unless the person may decide this request, with who can."""
    ways = await _ways(session, request, person)
    if ways:
        return ways
    names = ", ".join(await _decider_names(session, request))
    who = f"Who can: {names}." if names else "An SA Administrator of the account can."
    if person.id == request.requester:
        raise forbidden(f"Nobody decides a request of their own. {who}", "Remind them, or wait.")
    raise forbidden(
        "This request is decided by SA Administrators, by VA Administrators of all virtual "
        f"accounts in it, and by those who stand in for them. {who}",
        f"Ask one of them. In {account.name} you only see it.",
    )


async def _grant(
    session: AsyncSession, request: AccessRequest, account: SmartAccount,
    body: ApproveAccessRequest,
) -> Grant:  # fmt: skip
    """What is to be given: what was asked, with what the body changes."""
    scope = _scope(request, body)
    role = body.role or Role(request.role)
    if not fits(role, scope):
        if body.role is None:
            raise _wrong("role", "missing", f"Say which role it is instead. {misfit(role, scope)}")
        raise _wrong("role", "misfit", misfit(role, scope))
    if scope is Scope.ACCOUNT:
        if body.virtual_accounts:
            raise _wrong(
                "virtual_accounts", "misfit",
                "Virtual accounts can’t be named for the entire account. Leave them out, or "
                "choose the scope virtual_accounts.",
            )  # fmt: skip
        return Grant(scope, role, {})
    nested = request.include_nested if body.include_nested is None else body.include_nested
    return Grant(scope, role, await _places(session, request, account, body), nested)


def _scope(request: AccessRequest, body: ApproveAccessRequest) -> Scope:
    """The scope that is named, or that goes with what is named."""
    if body.scope is not None:
        return body.scope
    if body.virtual_accounts:
        return Scope.VIRTUAL_ACCOUNTS
    if body.role is not None:
        return next(scope for scope in Scope if fits(body.role, scope))
    return Scope(request.scope)


async def _places(
    session: AsyncSession, request: AccessRequest, account: SmartAccount,
    body: ApproveAccessRequest,
) -> dict[str, str]:  # fmt: skip
    forest = await tree(session, account.id)
    if body.virtual_accounts:
        nodes = resolve(forest, account, body.virtual_accounts)
        return {node.id: node.name for node in nodes}
    if request.scope == Scope.ACCOUNT:
        raise _wrong("virtual_accounts", "missing", "Name the virtual accounts that are granted.")
    there = {place: forest.name(place) for place in request.named if place in forest.nodes}
    if not there:
        raise conflict(
            "virtual-accounts-gone",
            "These virtual accounts are gone",
            f"{', '.join(presentation.asked(request))} was deleted since the request.",
            "Decline it, or name other virtual accounts to grant.",
        )
    return there


def _wrong(field: str, code: str, message: str) -> Problem:
    return invalid([FieldError(field=field, code=code, message=message)])


async def _way_that_grants(
    session: AsyncSession, account: SmartAccount, ways: list[Authority], grant: Grant
) -> Authority:
    """The first way that goes as far as what is granted; 403 with who can when none does."""
    wide = [
        way
        for way in ways
        if way.covers(grant.scope, frozenset(grant.places), grant.include_nested)
    ]
    for way in wide:
        if way.may_grant(grant.role):
            return way
    places: list[str | None] = list(grant.places) or [None]
    if not wide:
        raise await refusal(session, account, Action.DECIDE_ACCESS_REQUESTS, places)
    roles = (await holders(session, [account.id], Action.DECIDE_ACCESS_REQUESTS))[account.id]
    ids = able(roles, Action.DECIDE_ACCESS_REQUESTS, places)[:MOST_NAMED]
    known = await people(session, ids)
    names = ", ".join(shown(known[one]) for one in ids if one in known)
    raise forbidden(
        f"Whoever stands in for somebody grants {ROLE_NAMES[wide[0].ceiling]} at most, not "
        f"{ROLE_NAMES[grant.role]}. Who can: {names}.",
        "Grant a lower role, or leave it to them.",
    )


async def _by(
    session: AsyncSession, acting: Acting, request: AccessRequest, way: Authority
) -> Decider:
    """Who decides, and in whose place: the delegator's, or that of whose rule routed it here."""
    on_behalf_of = way.in_place_of
    routes = await stand_ins(session, [request.smart_account_id], [way.person])
    if on_behalf_of is None and way == routed(request, routes) and request.rule:
        rule = await session.get(AccessRule, request.rule)
        on_behalf_of = rule.created_by if rule else None
    return Decider(acting, way.person, on_behalf_of)


async def _answer(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, person: Person,
    title: str,
) -> AccessRequestAnswer:  # fmt: skip
    requester = (await people(session, [request.requester]))[request.requester]
    return await presentation.answer(
        session, request, person, title,
        ("Who asked", shown(requester)),
        ("Smart Account", f"{account.name} ({account.domain})"),
        ("Asked for", presentation.say_asked(request)),
        ("Granted", presentation.say_granted(request)),
        ("Reason", request.reason),
    )  # fmt: skip
