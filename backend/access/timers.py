"""What happens to requests and delegations because time has passed."""

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import decision, delegations, presentation, repository
from backend.access.configuration import configuration
from backend.access.decision import Decider
from backend.access.models import AccessRequest, ApprovalDelegation
from backend.access.record import by_itself, note
from backend.access.schemas import Status
from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database, lock_row
from backend.core.identity import people
from backend.core.timers import timer
from backend.users.rights import shown


@timer("expire_access_requests")
async def expire_access_requests() -> None:
    """A request that nobody has decided for long enough ends; who asked is told."""
    async with database().read() as session:
        due = await repository.due_to_expire(session)
    for request_id, account_id in due:
        async with database().write() as session:
            account = await _locked(session, account_id)
            request = await session.get_one(AccessRequest, request_id)
            if request.status == Status.PENDING and request.expires_at <= clock.now():
                by = Decider(by_itself(account))
                await decision.expire(session, request, account, by)


@timer("remind_of_ageing_requests")
async def remind_of_ageing_requests() -> None:
    """Whoever can decide is told again of what has been waiting for long."""
    ageing = configuration().requests.ageing
    async with database().read() as session:
        old = await repository.old_enough(session, clock.now() - ageing)
        due = [
            (one.id, one.smart_account_id) for one in old if _reminders(one) > one.ageing_reminders
        ]
    for request_id, account_id in due:
        async with database().write() as session:
            account = await _locked(session, account_id)
            request = await session.get_one(AccessRequest, request_id)
            await _remind(session, request, account)


def _reminders(request: AccessRequest) -> int:
    """How often a request of this age is old enough for a reminder."""
    return (clock.now() - request.created_at) // configuration().requests.ageing


async def _remind(session: AsyncSession, request: AccessRequest, account: SmartAccount) -> None:
    reminders = _reminders(request)
    over = request.status != Status.PENDING or request.expires_at <= clock.now()
    if over or reminders <= request.ageing_reminders:
        return
    request.ageing_reminders = reminders
    session.add(request)
    requester = (await people(session, [request.requester]))[request.requester]
    days = (clock.now() - request.created_at).days
    await note(
        session, "access_ageing", request, account, by_itself(account),
        f"The request of {shown(requester)} to become {presentation.say_asked(request)} has been "
        f"waiting for {days} days",
    )  # fmt: skip


@timer("end_delegations")
async def end_delegations() -> None:
    """A delegation ends at its time; both sides are told."""
    async with database().read() as session:
        due = await repository.delegations_over(session)
    for delegation_id, account_id in due:
        async with database().write() as session:
            account = await _locked(session, account_id)
            row = await session.get_one(ApprovalDelegation, delegation_id)
            if row.ended_at is None and row.ends <= clock.now():
                await delegations.end(session, row, account, by_itself(account))


async def _locked(session: AsyncSession, account: int) -> SmartAccount:
    """The account, ours until the end: what is read of it afterwards does not change."""
    await lock_row(session, SmartAccount, account)
    return await session.get_one(SmartAccount, account)
