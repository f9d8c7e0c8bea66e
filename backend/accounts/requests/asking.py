"""Asking for a Smart Account: for one's own company, for a customer, or by upgrading an SMB one.

Who decides: nobody about a taken domain, which is refused; the
administrators of an account above or below it; nobody but oneself about one's own domain; the
desk's approver about any other; and whoever is invited accepts.
"""

from collections.abc import Iterable
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import numbers, repository
from backend.accounts.configuration import configuration
from backend.accounts.domains import covers
from backend.accounts.fields import say_address
from backend.accounts.models import SmartAccount, SmartAccountRequest
from backend.accounts.requests import lifecycle, presentation
from backend.accounts.requests.deciders import Deciders, deciders_of
from backend.accounts.requests.news import Mailing, note, to_addresses, to_people
from backend.accounts.requests.refusals import refuse_taken, refuse_unusable
from backend.accounts.requests.schemas import (
    Authority,
    CreateSmartAccount,
    RequestAnswer,
    RequestForCustomer,
    UpgradeSmartAccount,
)
from backend.accounts.requests.states import AWAITS_APPROVAL, STATUS_NAMES, Kind, Status
from backend.accounts.standing import Standing, as_member, require
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.policy import Action
from backend.core.problems import FieldError, conflict, forbidden, invalid
from backend.core.receipts import Line, Receipt
from backend.people.organizations import has_company_address

VISIBILITY_NAMES = {
    "unrestricted": "found by searching",
    "restricted": "found only by its exact name or domain",
}


async def create(
    session: AsyncSession, person: Person, acting: Acting, body: CreateSmartAccount
) -> RequestAnswer:
    """Ask for an account of one's own company; it is active at once at one's own domain."""
    domain = body.domain or await _own_domain(session, person)
    await numbers.take_turn(session)
    await refuse_unusable(session, domain)
    await refuse_taken(session, person, domain)
    emails = [body.nominee_email] if body.nominee_email else []
    refuse_requester(person, emails, "nominee_email")
    is_own = covers(person.domain, domain)
    if person.kind == "partner" and body.authority is Authority.SELF and not is_own:
        raise forbidden(
            f"{domain} is not a domain of yours, and a partner can’t authorise an account on a "
            "customer’s behalf.",
            "Ask for it for the customer, with POST /api/v1/smart-account-requests, or name "
            "somebody of the company as nominee.",
        )
    over = await repository.related_to(session, domain)
    if body.authority is Authority.NOMINEE:
        status = Status.PENDING_ACCEPTANCE
    else:
        status = Status.ACTIVE if is_own else Status.PENDING_APPROVAL
    request = SmartAccountRequest(
        kind=Kind.CREATE,
        status=Status.PENDING_DOMAIN_APPROVAL if over else status,
        domain=domain,
        requester=person.id,
        over_account_id=over.id if over else None,
        **body.model_dump(include={"name", "headquarters", "visibility", "authority", "note"}),
    )
    await lifecycle.put_on_file(session, request, emails)
    return await _asked(session, person, acting, request)


async def create_for_customer(
    session: AsyncSession, person: Person, acting: Acting, body: RequestForCustomer
) -> RequestAnswer:
    """Ask for an account of a customer, who accepts it."""
    domain = body.domain
    await numbers.take_turn(session)
    await refuse_unusable(session, domain)
    await refuse_taken(session, person, domain)
    refuse_requester(person, body.customer_emails, "customer_emails")
    over = await repository.related_to(session, domain)
    status = Status.PENDING_APPROVAL
    if over is not None:
        status = Status.PENDING_DOMAIN_APPROVAL
    elif any(is_at(email, domain) for email in body.customer_emails):
        status = Status.PENDING_ACCEPTANCE
    request = SmartAccountRequest(
        kind=Kind.CUSTOMER,
        status=status,
        domain=domain,
        requester=person.id,
        over_account_id=over.id if over else None,
        note=body.note_to_approver,
        **body.model_dump(include={"name", "headquarters", "note_to_customer"}),
    )
    await lifecycle.put_on_file(session, request, body.customer_emails)
    return await _asked(session, person, acting, request)


async def upgrade(
    session: AsyncSession, person: Person, acting: Acting, account: str, body: UpgradeSmartAccount
) -> RequestAnswer:
    """Make an SMB account a standard one, at once or once it is approved."""
    found = await as_member(session, person, account, lock=True)
    await require(session, found, Action.UPGRADE)
    await _refuse_no_upgrade(session, found)
    domain = body.domain or person.domain
    await numbers.take_turn(session)
    await refuse_unusable(session, domain)
    await refuse_taken(session, person, domain)
    over = await repository.related_to(session, domain, besides=found.account.id)
    status = Status.ACTIVE if covers(person.domain, domain) else Status.PENDING_APPROVAL
    request = SmartAccountRequest(
        kind=Kind.UPGRADE,
        status=Status.PENDING_DOMAIN_APPROVAL if over else status,
        domain=domain,
        requester=person.id,
        smart_account_id=found.account.id,
        over_account_id=over.id if over else None,
        **body.model_dump(include={"name", "headquarters", "visibility"}),
    )
    await lifecycle.store_request(session, request, [])
    return await _asked(session, person, acting, request)


async def _own_domain(session: AsyncSession, person: Person) -> str:
    if await has_company_address(session, person):
        return person.domain
    raise invalid(
        [
            FieldError(
                field="domain",
                code="missing",
                message=f"Your address {person.email} is of a public mailbox, so say your "
                "company’s domain, like company.example.",
            )
        ]
    )


async def _refuse_no_upgrade(session: AsyncSession, found: Standing) -> None:
    account, person = found.account, found.person
    banner = configuration().banners
    if not account.is_smb:
        raise conflict(
            "not-smb",
            banner["standard"].title,
            f"{account.name} ({account.domain}) is a standard Smart Account already.",
            "There is nothing to upgrade.",
        )
    waiting = await repository.pending_request_of(session, account.id)
    if waiting is not None:
        raise conflict(
            "upgrade-pending",
            banner["pending"].title,
            f"The upgrade of {account.name} to {waiting.domain} waits for its approval already.",
            "Wait for the mail about it, or cancel that request first.",
        )
    if not await has_company_address(session, person):
        raise conflict(
            "personal-mailbox",
            banner["not_yet"].title,
            f"Your address {person.email} is of a public mailbox, not of a company.",
            "Change the e-mail in your profile to one of your company, confirm it with the code "
            "that is mailed there, and then upgrade the account.",
        )


def is_at(email: str, domain: str) -> bool:
    """Whether an address is of a domain, or of one that it lies below."""
    return covers(email.rsplit("@", 1)[-1], domain)


def refuse_requester(requester: Person, emails: Iterable[str], field: str) -> None:
    """422 if whoever asks would accept it too."""
    own = next((one for one in emails if one in {requester.email, requester.id}), None)
    if own is not None:
        raise invalid(
            [
                FieldError(
                    field=field,
                    code="requester",
                    message=f"{own} asks for the account and can’t accept it too. Name somebody "
                    "else of the company.",
                )
            ]
        )


async def _asked(
    session: AsyncSession, person: Person, acting: Acting, request: SmartAccountRequest
) -> RequestAnswer:
    """What follows from a request that is on file: done at once, or somebody has to move it on."""
    if request.status == Status.ACTIVE:
        await complete(session, request, acting, person, by=person)
    else:
        lifecycle.begin_to_wait(request)
        known = await deciders_of(session, [request])
        mails = to_people("account_requested", [person.id], known) + await _to_movers(
            session, request, known
        )
        text = f"{person.name} asked for {_what(request)}: {STATUS_NAMES[Status(request.status)]}"
        await note(session, "account_requested", request, acting, text, mails)
    session.add(request)
    await session.flush()
    known = await deciders_of(session, [request])
    return await presentation.answer(session, request, person, _receipt(request, known, person))


def _what(request: SmartAccountRequest) -> str:
    if request.kind == Kind.UPGRADE:
        return f"the upgrade to {request.name} ({request.domain})"
    return f"the Smart Account {request.name} ({request.domain})"


async def _to_movers(
    session: AsyncSession, request: SmartAccountRequest, known: Deciders
) -> list[Mailing]:
    """The mails to whoever is to move the request on from here."""
    if request.status in AWAITS_APPROVAL:
        return approval_mails(request, known)
    invited = await lifecycle.invite(session, request, known.invited[request.id])
    return to_addresses("account_activation", invited)


def approval_mails(request: SmartAccountRequest, known: Deciders) -> list[Mailing]:
    """To the administrators of the account above or below, or to the desk."""
    ids = known.approving(request)
    admins = known.admins.get(request.over_account_id or 0, [])
    return to_people("account_domain_asked", [one for one in ids if one in admins], known) + (
        to_people("account_approval_needed", [one for one in ids if one not in admins], known)
    )


async def complete(
    session: AsyncSession,
    request: SmartAccountRequest,
    acting: Acting,
    administrator: Person,
    *,
    by: Person,
) -> SmartAccount:
    """Make what was asked for: the account active, or the upgrade done; requester and new
    administrator are told.
    """
    lifecycle.decide(request, by.id)
    requester = await session.get_one(Person, request.requester)
    if request.kind == Kind.UPGRADE:
        account = await session.get_one(SmartAccount, request.smart_account_id)
        former = account.domain
        account = await lifecycle.upgrade(session, request)
        text = f"{former} was upgraded to the standard Smart Account {account.domain}"
        mails = to_addresses("account_upgraded", [requester.email])
        await note(session, "account_upgraded", request, acting, text, mails)
        return account
    account = await lifecycle.activate(session, request, administrator)
    text = (
        f"{account.name} ({account.domain}) is active; its SA Administrator is "
        f"{administrator.name} ({administrator.email})"
    )
    mails = to_addresses("account_activated", [requester.email, administrator.email])
    await note(session, "account_activated", request, acting, text, mails)
    return account


_TITLES = {
    (Kind.CREATE, True): "Smart Account created",
    (Kind.UPGRADE, True): "Smart Account upgraded",
    (Kind.UPGRADE, False): "Upgrade requested",
}


def _receipt(request: SmartAccountRequest, known: Deciders, person: Person) -> Receipt:
    emails = [one.email for one in known.invited[request.id]]
    title = _TITLES.get(
        (Kind(request.kind), request.status == Status.ACTIVE), "Smart Account requested"
    )
    lines: list[tuple[str, Any]] = [
        ("Name", request.name),
        ("Domain", request.domain),
        ("Headquarters", say_address(request.headquarters)),
        ("Search", VISIBILITY_NAMES[request.visibility]),
        ("Accepts it" if len(emails) == 1 else "One of them accepts it", ", ".join(emails)),
        ("Note to the customer", request.note_to_customer),
        ("Note to the approver", request.note),
        ("Please check", foreign(request, emails)),
        ("What happens next", what_next(request, known, person)),
    ]
    return Receipt(
        title=title,
        reference=request.id,
        lines=[Line(label=label, value=value) for label, value in lines if value],
    )


def foreign(request: SmartAccountRequest, emails: Iterable[str]) -> str | None:
    """The addresses that are not of the account's domain, which may be a mistake."""
    others = [email for email in emails if not is_at(email, request.domain)]
    return f"not of {request.domain}: {', '.join(others)}" if others else None


def what_next(request: SmartAccountRequest, known: Deciders, person: Person) -> str:
    """Who moves the request on, in a sentence."""
    status = Status(request.status)
    if status is Status.ACTIVE:
        if request.kind == Kind.UPGRADE:
            return "Done. The former domain still leads to the account."
        return "It is active, and you are its SA Administrator."
    until = f" It expires on {request.expires_at:%d %B %Y}." if request.expires_at else ""
    if status is Status.PENDING_ACCEPTANCE:
        return "Whoever is invited gets a mail and accepts it; the first to accept wins." + until
    names = ""
    if presentation.may_know_of_administrators(request, known, person):
        names = known.names(known.approving(request))
    who = names or "the administrators of the account above or below this domain"
    if status is Status.PENDING_APPROVAL and not names:
        who = "the support desk"
    return f"It waits for the approval of {who}. You get a mail when it is decided." + until
