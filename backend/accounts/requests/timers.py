"""Requests that wait: reminders of them, and their end when nobody completes them in time."""

from datetime import timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.configuration import configuration
from backend.accounts.models import SmartAccountRequest
from backend.accounts.requests import lifecycle, repository
from backend.accounts.requests.deciders import Deciders, deciders_of
from backend.accounts.requests.handling import mailed
from backend.accounts.requests.news import Mailing, note, to_addresses, to_people
from backend.accounts.requests.states import AWAITS, AWAITS_APPROVAL, Status, Verb, move
from backend.core import clock
from backend.core.database import LOCK, database
from backend.core.events import Acting
from backend.core.timers import timer

log = structlog.get_logger(__name__)


@timer("account_requests")
async def remind_and_expire() -> None:
    """Whatever is due, each request in a transaction of its own: one that fails stops no other."""
    async with database().read() as session:
        ids = await repository.due(session, clock.now())
    for request_id in ids:
        try:
            async with database().write() as session:
                await _look_at(session, request_id)
        except Exception:
            log.exception("account_request_timer_failed", request=request_id)


async def _look_at(session: AsyncSession, request_id: str) -> None:
    """Do what is due for one request, unless somebody moved it on in the meantime."""
    request = await session.get(SmartAccountRequest, request_id, with_for_update=LOCK)
    if request is None or request.status not in AWAITS or request.expires_at is None:
        return
    known = await deciders_of(session, [request])
    if request.expires_at <= clock.now():
        await _expire(session, request, known)
        return
    times = configuration().requests
    began = request.expires_at - timedelta(days=times.expire_days)
    reached = sum(began + timedelta(days=day) <= clock.now() for day in times.reminder_days)
    if reached > request.reminders:
        # After a pause several may be due at once: one mail says it all.
        request.reminders = reached
        await _remind(session, request, known)


def _by_itself(request: SmartAccountRequest) -> Acting:
    """Nobody acts, but time: events name the domain instead of a person."""
    return Acting(person=request.domain, via="rule")


async def _remind(session: AsyncSession, request: SmartAccountRequest, known: Deciders) -> None:
    move(request, Verb.REMIND, Status(request.status))
    session.add(request)
    await session.flush()
    await note(
        session, "account_request_reminded", request, _by_itself(request),
        f"Reminder number {request.reminders} of the request for {request.domain}",
        _to_remind(request, known), rule="account_request_reminders",
    )  # fmt: skip


def _to_remind(request: SmartAccountRequest, known: Deciders) -> list[Mailing]:
    if request.status in AWAITS_APPROVAL:
        return to_people("account_approval_reminder", known.approving(request), known)
    return to_addresses("account_reminder", mailed(known.invited[request.id]))


async def _expire(session: AsyncSession, request: SmartAccountRequest, known: Deciders) -> None:
    account = request.smart_account_id
    move(request, Verb.EXPIRE, Status.EXPIRED)
    lifecycle.decide(request, None)
    await lifecycle.release(session, request)
    session.add(request)
    await session.flush()
    days = configuration().requests.expire_days
    await note(
        session, "account_request_expired", request, _by_itself(request),
        f"The request for {request.domain} expired after {days} days",
        to_people("account_expired", [request.requester], known), account=account,
        rule="account_request_expiry",
    )  # fmt: skip
