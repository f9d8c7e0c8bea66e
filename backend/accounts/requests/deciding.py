"""Decisions on Smart Account requests. One function a verb: permission → way → row → event."""

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import numbers
from backend.accounts import repository as accounts
from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.accounts.requests import lifecycle, presentation
from backend.accounts.requests.asking import complete
from backend.accounts.requests.deciders import Deciders
from backend.accounts.requests.handling import answer, mailed, to_change
from backend.accounts.requests.inviting import decline_invitation
from backend.accounts.requests.news import note, to_addresses, to_people
from backend.accounts.requests.schemas import RequestAnswer
from backend.accounts.requests.states import (
    AWAITS_APPROVAL,
    Kind,
    Status,
    Verb,
    move,
    require_way,
)
from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import conflict, forbidden


async def approve(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> RequestAnswer:
    """Let a request go on: to its account, its upgrade, or the invitation of who accepts it."""
    request, known = await to_change(session, person, request_id)
    _require_decider(request, known, person)
    require_way(request, Verb.APPROVE)
    request.approved_at, request.approved_by = clock.now(), person.id
    acceptance = known.acceptance(request)
    if known.invited[request.id] and acceptance is None:
        move(request, Verb.APPROVE, Status.PENDING_ACCEPTANCE)
        lifecycle.begin_to_wait(request)
        invited = await lifecycle.invite(session, request, known.invited[request.id])
        mails = to_addresses("account_activation", invited)
        mails += to_people("account_approved", [request.requester], known)
        text = f"{person.name} approved the request for {request.domain}"
        await note(session, "account_request_approved", request, acting, text, mails)
        what_next = "Whoever is invited gets a mail and accepts it."
    else:
        await _refuse_taken_meanwhile(session, request)
        move(request, Verb.APPROVE, Status.ACTIVE)
        who = acceptance.accepted_by if acceptance else request.requester
        administrator = await session.get_one(Person, who)
        await complete(session, request, acting, administrator, by=person)
        done = "upgraded" if request.kind == Kind.UPGRADE else "active"
        what_next = f"The account is {done}; who asked for it gets a mail."
    lines = [("What happens next", what_next)]
    return await answer(session, request, person, "Request approved", lines)


def _require_decider(request: SmartAccountRequest, known: Deciders, person: Person) -> None:
    """403 with who can, while there is something to approve."""
    if request.status not in AWAITS_APPROVAL or person.id in known.approving(request):
        return
    own = person.id == request.requester
    raise forbidden(
        "You asked for this yourself, so somebody else decides it."
        if own
        else "You can’t decide this request.",
        _who(request, known, person),
    )


def _who(request: SmartAccountRequest, known: Deciders, person: Person) -> str:
    """Who can, as far as this person may know."""
    if not presentation.may_know_of_administrators(request, known, person):
        return "The administrators of the account above or below this domain decide it."
    names = known.names(known.approving(request))
    return f"Who can decide it: {names}." if names else "The support desk decides it."


async def _refuse_taken_meanwhile(session: AsyncSession, request: SmartAccountRequest) -> None:
    """An upgrade's domain is held by no account while the request waits."""
    if request.kind != Kind.UPGRADE:
        return
    # In the order of who asks for an upgrade: first the account, then the turn.
    await lock_row(session, SmartAccount, request.smart_account_id)
    await numbers.take_turn(session)
    holder = await accounts.holder_of(session, request.domain, besides=request.smart_account_id)
    if holder is not None:
        raise conflict(
            "domain-taken",
            "This domain was taken meanwhile",
            f"{request.domain} belongs to another Smart Account now.",
            "Decline the request and say so.",
        )


async def decline(
    session: AsyncSession, person: Person, acting: Acting, request_id: str, reason: str | None
) -> RequestAnswer:
    """Say no: whoever approves, to the request; whoever is invited, to the invitation."""
    request, known = await to_change(session, person, request_id)
    _require_decider(request, known, person)
    require_way(request, Verb.DECLINE)
    if request.status == Status.PENDING_ACCEPTANCE:
        invitation = known.invitation(request, person)
        if invitation is None:
            raise forbidden(
                "Only whoever is invited can decline it now.", "Who asked for it can cancel it."
            )
        if len(known.invited[request.id]) > 1:
            return await decline_invitation(session, request, known, invitation, person, acting)
    acceptance = known.acceptance(request)
    account = request.smart_account_id
    move(request, Verb.DECLINE, Status.DECLINED)
    lifecycle.decide(request, person.id, reason)
    await lifecycle.release(session, request)
    kind = "account_upgrade_declined" if request.kind == Kind.UPGRADE else "account_declined"
    mails = to_people(kind, [request.requester], known)
    mails += to_addresses("account_withdrawn", mailed([acceptance] if acceptance else []))
    text = f"{person.name} declined the request for {request.domain}"
    text += f": {reason}" if reason else ""
    await note(session, "account_request_declined", request, acting, text, mails, account=account)
    return await answer(session, request, person, "Request declined", [("Reason", reason)])


async def cancel(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> RequestAnswer:
    """Take one's own request back, while it waits."""
    request, known = await to_change(session, person, request_id)
    if person.id != request.requester:
        raise forbidden(
            "Only who asked for it can cancel it.", "If you are to decide it, decline it instead."
        )
    require_way(request, Verb.CANCEL)
    account = request.smart_account_id
    move(request, Verb.CANCEL, Status.CANCELLED)
    lifecycle.decide(request, person.id)
    await lifecycle.release(session, request)
    mails = to_people("account_cancelled", [request.requester], known)
    mails += to_addresses("account_withdrawn", mailed(known.invited[request.id]))
    text = f"{person.name} cancelled the request for {request.domain}"
    await note(session, "account_request_cancelled", request, acting, text, mails, account=account)
    lines = [("What happens next", f"{request.domain} is free again.")]
    return await answer(session, request, person, "Request cancelled", lines)
