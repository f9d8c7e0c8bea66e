"""What follows from requests, decisions and delegations: mails to whoever has to know."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import presentation, repository
from backend.access.authority import deciders
from backend.access.models import AccessRequest, ApprovalDelegation
from backend.access.schemas import SCOPE_NAMES, Scope, Status
from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import people
from backend.core.jobs import job
from backend.core.settings import settings
from backend.notifications.mails import put_in_outbox
from backend.virtual_accounts.tree import tree

NOBODY = "A rule of the account"


async def _facts(session: AsyncSession, event: Event) -> tuple[AccessRequest, dict[str, Any]]:
    request = await session.get_one(AccessRequest, event.details["request"])
    known = await people(session, [request.requester, request.decided_by, request.on_behalf_of])
    decided_by, in_place_of = request.decided_by or "", request.on_behalf_of or ""
    return request, {
        "request": request,
        "account": await session.get_one(SmartAccount, request.smart_account_id),
        "requester": known[request.requester],
        "decided_by": known[decided_by].name if decided_by in known else NOBODY,
        "in_place_of": known[in_place_of].name if in_place_of in known and decided_by else None,
        "asked": presentation.say_asked(request),
        "granted": presentation.say_granted(request),
        "partly": request.status == Status.PARTIALLY_APPROVED,
        "days": (clock.now() - request.created_at).days,
        "link": f"{settings().base_url}/?access_request={request.id}",
    }


async def _mail_deciders(event_id: str, kind: str) -> None:
    """To everybody who can decide; to whom a rule named alone, where it named somebody. Nothing
    goes out once it is decided.
    """
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        request, facts = await _facts(session, event)
        places = await repository.places_of(session, [request.id])
        able = (await deciders(session, [request], places)).get(request.id, [])
        if request.route_to in able:
            able = [str(request.route_to)]
        for person in (await people(session, able)).values():
            await put_in_outbox(session, event.id, kind, person.email, facts | {"reader": person})


async def _mail_requester(event_id: str, kind: str) -> None:
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        _, facts = await _facts(session, event)
        await put_in_outbox(session, event.id, kind, facts["requester"].email, facts)


@job("mail_access_requested", after=("access_requested",))
async def mail_access_requested(event_id: str) -> None:
    """Tell those who can decide that somebody asks."""
    await _mail_deciders(event_id, "access_requested")


@job("mail_access_reminded", after=("access_reminded",))
async def mail_access_reminded(event_id: str) -> None:
    """Pass on a reminder from who asked."""
    await _mail_deciders(event_id, "access_reminded")


@job("mail_access_ageing", after=("access_ageing",))
async def mail_access_ageing(event_id: str) -> None:
    """Tell those who can decide that somebody has been waiting for long."""
    await _mail_deciders(event_id, "access_ageing")


@job("mail_access_approved", after=("access_approved",))
async def mail_access_approved(event_id: str) -> None:
    """Tell who asked what was granted."""
    await _mail_requester(event_id, "access_approved")


@job("mail_access_declined", after=("access_declined",))
async def mail_access_declined(event_id: str) -> None:
    """Tell who asked, with the reason if there is one."""
    await _mail_requester(event_id, "access_declined")


@job("mail_access_expired", after=("access_expired",))
async def mail_access_expired(event_id: str) -> None:
    """Tell who asked that nobody decided in time."""
    await _mail_requester(event_id, "access_expired")


async def _mail_delegation(event_id: str, kind: str) -> None:
    """To both sides, each in words of their own."""
    async with database().write() as session:
        event = await session.get_one(Event, event_id)
        row = await session.get_one(ApprovalDelegation, event.details["delegation"])
        account = await session.get_one(SmartAccount, row.smart_account_id)
        places = (await repository.delegated_places(session, [row.id])).get(row.id, frozenset())
        names = (await tree(session, account.id)).names(places)
        known = await people(session, [row.delegator, row.delegate, event.actor])
        delegator, delegate = known[row.delegator], known[row.delegate]
        facts = {
            "account": account,
            "delegator": delegator,
            "delegate": delegate,
            "actor": known.get(event.actor),
            "what": ", ".join(names) or SCOPE_NAMES[Scope.ACCOUNT],
            "starts": row.starts,
            "ends": row.ended_at or row.ends,
        }
        for reader in (delegator, delegate):
            await put_in_outbox(session, event.id, kind, reader.email, facts | {"reader": reader})


@job("mail_approvals_delegated", after=("approvals_delegated",))
async def mail_approvals_delegated(event_id: str) -> None:
    """Tell both sides who decides from when until when."""
    await _mail_delegation(event_id, "access_delegated")


@job(
    "mail_delegation_over",
    after=("approval_delegation_ended", "approval_delegation_revoked"),
)
async def mail_delegation_over(event_id: str) -> None:
    """Tell both sides that a delegation is over."""
    await _mail_delegation(event_id, "access_delegation_over")
