"""Requests as people see them: whoever was invited reads no notes to the approver and no other
addresses, and nobody learns here who administers an account that may not be found.
"""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccountRequest
from backend.accounts.requests.deciders import Deciders, deciders_of
from backend.accounts.requests.schemas import Authority, RequestAnswer, RequestPublic
from backend.accounts.requests.states import (
    AWAITS,
    STATUS_NAMES,
    TRANSITIONS,
    Kind,
    Status,
    Verb,
)
from backend.accounts.standing import Visibility
from backend.core.identity import Person, PersonRef, person_ref
from backend.core.policy import DeskAction, desk_allows
from backend.core.receipts import Receipt
from backend.core.settings import settings


async def shown(
    session: AsyncSession, requests: Sequence[SmartAccountRequest], viewer: Person
) -> list[RequestPublic]:
    """A page of requests."""
    known = await deciders_of(session, requests)
    return [_one(request, known, viewer) for request in requests]


async def answer(
    session: AsyncSession, request: SmartAccountRequest, viewer: Person, receipt: Receipt
) -> RequestAnswer:
    """One request and the receipt of what was done to it."""
    [public] = await shown(session, [request], viewer)
    return RequestAnswer(**public.model_dump(), receipt=receipt)


def link_to(request: SmartAccountRequest) -> str:
    """The request's page in the product."""
    return f"{settings().base_url}/?request={request.id}"


def _one(request: SmartAccountRequest, known: Deciders, viewer: Person) -> RequestPublic:
    is_full = (
        viewer.id == request.requester
        or desk_allows(viewer, DeskAction.DECIDE_ACCOUNT_REQUESTS)
        or known.administers(request, viewer)
    )
    emails = [one.email for one in known.invited[request.id]]
    account = known.accounts.get(request.smart_account_id or 0)
    return RequestPublic.model_validate(
        request.model_dump(
            include={
                "id", "kind", "name", "domain", "status", "smart_account_id", "headquarters",
                "visibility", "authority", "note_to_customer", "created_at", "decided_at",
                "reason",
            }
        )
        | {
            "status_text": STATUS_NAMES[Status(request.status)],
            "requester": person_ref(request.requester, known.persons),
            "nominee": _addressee(emails[0], known) if _is_nomination(request, emails) else None,
            "customer_emails": _customers(request, emails, viewer, is_full=is_full),
            "smart_account": account.domain if account else None,
            "note": request.note if is_full else "",
            "deciders": _deciders(request, known, viewer, is_full=is_full),
            "you_may": possible(request, known, viewer),
            "expires_at": request.expires_at if request.status in AWAITS else None,
            "approved_by": _ref(request.approved_by, known) if is_full else None,
            "decided_by": _ref(request.decided_by, known) if is_full else None,
            "link": link_to(request),
        }
    )  # fmt: skip


def _is_nomination(request: SmartAccountRequest, emails: list[str]) -> bool:
    return request.authority == Authority.NOMINEE and bool(emails)


def _customers(
    request: SmartAccountRequest, emails: list[str], viewer: Person, *, is_full: bool
) -> list[str] | None:
    if request.kind != Kind.CUSTOMER:
        return None
    return emails if is_full else [email for email in emails if email == viewer.email]


def _addressee(email: str, known: Deciders) -> PersonRef:
    person = known.by_address.get(email)
    return PersonRef(name=person.name if person else email, email=email)


def _ref(person_id: str | None, known: Deciders) -> PersonRef | None:
    return person_ref(person_id, known.persons) if person_id else None


def _deciders(
    request: SmartAccountRequest, known: Deciders, viewer: Person, *, is_full: bool
) -> list[PersonRef]:
    if request.status == Status.PENDING_ACCEPTANCE:
        return [
            _addressee(one.email, known)
            for one in known.invited[request.id]
            if is_full or one.email == viewer.email
        ]
    if not is_full or not may_know_of_administrators(request, known, viewer):
        return []
    return [person_ref(one, known.persons) for one in known.approving(request)]


def may_know_of_administrators(
    request: SmartAccountRequest, known: Deciders, viewer: Person
) -> bool:
    """A restricted account above or below was not named, so whose it is stays unsaid."""
    over = known.accounts.get(request.over_account_id or 0)
    return (
        request.status != Status.PENDING_DOMAIN_APPROVAL
        or over is None
        or over.visibility == Visibility.UNRESTRICTED
        or known.administers(request, viewer)
        or desk_allows(viewer, DeskAction.DECIDE_ACCOUNT_REQUESTS)
    )


def possible(request: SmartAccountRequest, known: Deciders, viewer: Person) -> list[Verb]:
    """What this person can do with the request now."""
    is_owner = viewer.id == request.requester
    approves = viewer.id in known.approving(request)
    invited = known.invitation(request, viewer) is not None
    keeps = (is_owner or desk_allows(viewer, DeskAction.DECIDE_ACCOUNT_REQUESTS)) and bool(
        known.invited[request.id]
    )
    rights = {
        Verb.APPROVE: approves,
        # An invitation is declined while it waits; later the request is the approver's.
        Verb.DECLINE: approves or (invited and request.status == Status.PENDING_ACCEPTANCE),
        Verb.ACCEPT: invited,
        Verb.CANCEL: is_owner,
        Verb.INVITE: keeps and known.acceptance(request) is None,
        Verb.RESEND: keeps,
    }
    ways = TRANSITIONS[Status(request.status)]
    return [verb for verb, has_right in rights.items() if has_right and verb in ways]
