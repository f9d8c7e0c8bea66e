"""Who may accept a Smart Account request, and what they do: accept, decline, be replaced."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.configuration import configuration
from backend.accounts.domains import covers
from backend.accounts.models import SmartAccountInvitation, SmartAccountRequest
from backend.accounts.requests import lifecycle, repository
from backend.accounts.requests.asking import (
    approval_mails,
    complete,
    foreign,
    is_at,
    refuse_requester,
    what_next,
)
from backend.accounts.requests.deciders import Deciders, deciders_of
from backend.accounts.requests.handling import answer, mailed, to_change
from backend.accounts.requests.news import Mailing, note, to_addresses, to_people
from backend.accounts.requests.schemas import Authority, RequestAnswer
from backend.accounts.requests.states import AWAITS, Status, Verb, move, require_way
from backend.core import clock
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid

HOUR = timedelta(hours=1)


async def accept(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> RequestAnswer:
    """Accept an invitation: the first one to do so becomes the account's SA Administrator."""
    request, known = await to_change(session, person, request_id)
    invitation = known.invitation(request, person)
    if invitation is None:
        raise forbidden(
            f"{person.email} is not invited to accept {request.name}.",
            "Sign in with the address that was invited, or have yours invited by who asked for "
            "the account.",
        )
    if invitation.accepted_by == person.id and request.status in AWAITS | {Status.ACTIVE}:
        lines = [("What happens next", _after_acceptance(request))]
        return await answer(session, request, person, "You have accepted this already", lines)
    if request.status == Status.ACTIVE:
        raise _somebody_was_first(request, known)
    require_way(request, Verb.ACCEPT)
    invitation.accepted_at, invitation.accepted_by = clock.now(), person.id
    session.add(invitation)
    if await _needs_the_desk(session, request, person):
        move(request, Verb.ACCEPT, Status.PENDING_APPROVAL)
        session.add(request)
        await session.flush()
        known = await deciders_of(session, [request])
        mails = to_people("account_accepted", [request.requester], known)
        mails += approval_mails(request, known)
        text = f"{person.name} accepted {request.domain}; the desk decides"
        await note(session, "account_request_accepted", request, acting, text, mails)
    else:
        move(request, Verb.ACCEPT, Status.ACTIVE)
        await complete(session, request, acting, person, by=person)
    lines = [("What happens next", _after_acceptance(request))]
    return await answer(session, request, person, "Smart Account accepted", lines)


def _after_acceptance(request: SmartAccountRequest) -> str:
    if request.status == Status.ACTIVE:
        return "The account is active, and you are its SA Administrator."
    return (
        f"Your address is not of {request.domain}, so the support desk looks at it first. You get "
        "a mail when it is decided."
    )


def _somebody_was_first(request: SmartAccountRequest, known: Deciders) -> Problem:
    acceptance = known.acceptance(request)
    by = known.names([acceptance.accepted_by]) if acceptance and acceptance.accepted_by else ""
    return conflict(
        "request-active",
        "Somebody else was first",
        f"{request.name} ({request.domain}) has been accepted by {by or 'somebody else'} already.",
        f"Ask for access instead, with the domain {request.domain}.",
    )


async def _needs_the_desk(
    session: AsyncSession, request: SmartAccountRequest, person: Person
) -> bool:
    """A domain that is neither the nominee's nor the requester's is any other free domain: then
    the desk has to approve, as it has to for whoever speaks for the company themselves.
    """
    if request.authority != Authority.NOMINEE or request.approved_at is not None:
        return False
    requester = await session.get_one(Person, request.requester)
    return not any(covers(one.domain, request.domain) for one in (person, requester))


async def decline_invitation(
    session: AsyncSession, request: SmartAccountRequest, known: Deciders,
    invitation: SmartAccountInvitation, person: Person, acting: Acting,
) -> RequestAnswer:  # fmt: skip
    """The others can still accept; who asked for it is told."""
    move(request, Verb.DECLINE, Status.PENDING_ACCEPTANCE)
    await session.delete(invitation)
    await session.flush()
    mails = to_people("account_invitation_declined", [request.requester], known)
    text = f"{person.name} does not want to accept {request.domain}"
    await note(session, "account_invitation_declined", request, acting, text, mails)
    lines = [("What happens next", "The others who were invited can still accept it.")]
    return await answer(session, request, person, "Invitation declined", lines)


def _require_keeper(request: SmartAccountRequest, person: Person) -> None:
    """Who asked keeps the invitations; the desk replaces whoever is wrong or has left."""
    if person.id != request.requester and not desk_allows(
        person, DeskAction.DECIDE_ACCOUNT_REQUESTS
    ):
        raise forbidden(
            "Only who asked for it, or the support desk, can change who is invited.",
            "Tell them who should be invited.",
        )


async def change_invited(
    session: AsyncSession, person: Person, acting: Acting, request_id: str, emails: list[str]
) -> RequestAnswer:
    """Replace who may accept it. Who is no longer invited can't accept it any more."""
    request, known = await to_change(session, person, request_id)
    _require_keeper(request, person)
    await _refuse_changing(session, request, known, emails)
    before = {one.email: one for one in known.invited[request.id]}
    removed = [one for email, one in before.items() if email not in emails]
    fresh = [
        SmartAccountInvitation(request_id=request.id, email=email)
        for email in emails
        if email not in before
    ]
    for one in removed:
        await session.delete(one)
    session.add_all(fresh)
    await session.flush()
    mails = to_addresses("account_withdrawn", mailed(removed))
    mails += await _invite_or_ask(session, request, emails, fresh)
    text = f"{person.name} changed who may accept {request.domain}: {', '.join(emails)}"
    await note(session, "account_invited_changed", request, acting, text, mails)
    lines = [
        ("Invited now", ", ".join(emails)),
        ("No longer invited", ", ".join(one.email for one in removed)),
        ("Please check", foreign(request, emails)),
        ("What happens next", what_next(request, await deciders_of(session, [request]), person)),
    ]
    return await answer(session, request, person, "Invitations changed", lines)


async def _refuse_changing(
    session: AsyncSession, request: SmartAccountRequest, known: Deciders, emails: list[str]
) -> None:
    require_way(request, Verb.INVITE)
    if not known.invited[request.id]:
        raise conflict(
            "nobody-invited",
            "Nobody is invited to this",
            f"The request for {request.domain} is not one that somebody else accepts.",
            "Cancel it and ask anew with a nominee, or for a customer.",
        )
    if known.acceptance(request) is not None:
        raise conflict(
            "already-accepted",
            "It has been accepted already",
            f"{request.domain} is accepted and waits for its approval.",
            "Wait for the decision.",
        )
    if request.authority == Authority.NOMINEE and len(emails) > 1:
        message = f"There is one nominee; you named {len(emails)} addresses."
        raise invalid([FieldError(field="customer_emails", code="too_long", message=message)])
    requester = await session.get_one(Person, request.requester)
    refuse_requester(requester, emails, "customer_emails")


async def _invite_or_ask(
    session: AsyncSession, request: SmartAccountRequest, emails: list[str],
    fresh: list[SmartAccountInvitation],
) -> list[Mailing]:  # fmt: skip
    """Mail whoever is new. Where none of all addresses is of the domain, new ones are approved
    first, as they would have been at the beginning: an approval is of the addresses it saw.
    """
    if request.status != Status.PENDING_ACCEPTANCE or not fresh:
        return []
    if not any(is_at(email, request.domain) for email in emails):
        request.approved_at = request.approved_by = None
        # A nominee accepts first; where the desk has to approve, it does so after that.
        if request.authority != Authority.NOMINEE or request.over_account_id is not None:
            return await _ask_again(session, request)
    move(request, Verb.INVITE, Status.PENDING_ACCEPTANCE)
    return to_addresses("account_activation", await lifecycle.invite(session, request, fresh))


async def _ask_again(session: AsyncSession, request: SmartAccountRequest) -> list[Mailing]:
    over = request.over_account_id is not None
    move(request, Verb.INVITE, Status.PENDING_DOMAIN_APPROVAL if over else Status.PENDING_APPROVAL)
    lifecycle.begin_to_wait(request)
    session.add(request)
    known = await deciders_of(session, [request])
    for one in known.invited[request.id]:
        one.invited_at = None
    await session.flush()
    return approval_mails(request, known)


async def resend(
    session: AsyncSession, person: Person, acting: Acting, request_id: str
) -> RequestAnswer:
    """Mail the invitation again to whoever may accept it."""
    request, known = await to_change(session, person, request_id)
    _require_keeper(request, person)
    require_way(request, Verb.RESEND)
    most = configuration().requests.resends_an_hour
    sent = await repository.count_events(
        session, "account_activation_resent", request, clock.now() - HOUR
    )
    if sent >= most:
        raise Problem(
            429,
            "too-many-mails",
            "That is enough for now",
            f"The activation mail was sent again {most} times within the last hour.",
            "Ask them to look into their spam folder too, and try again later.",
            headers={"Retry-After": str(int(HOUR.total_seconds()))},
        )
    emails = [one.email for one in known.invited[request.id]]
    mails = to_addresses("account_activation", emails)
    text = f"{person.name} sent the activation mail of {request.domain} again"
    await note(session, "account_activation_resent", request, acting, text, mails)
    lines = [("To", ", ".join(emails)), ("Hint", "It may have gone into a spam folder.")]
    return await answer(session, request, person, "Activation mail sent again", lines)
