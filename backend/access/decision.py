"""A request's end: the transition, the roles that are given, the event. Whether somebody may
decide has been settled before, and the account's row is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import presentation
from backend.access.models import AccessRequest
from backend.access.record import note
from backend.access.schemas import TRANSITIONS, Granted, Scope, Status
from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.events import Acting
from backend.core.identity import Person, people
from backend.core.policy import Role
from backend.core.problems import conflict
from backend.users.memberships import give
from backend.users.rights import shown

# How a request ended, in the middle of a sentence.
ENDED = {
    Status.APPROVED: "was approved",
    Status.PARTIALLY_APPROVED: "was partially approved",
    Status.DECLINED: "was declined",
    Status.CANCELLED: "was cancelled",
    Status.EXPIRED: "expired",
}


@dataclass(frozen=True)
class Grant:
    """What is given; `places` are virtual accounts, id to name, empty for the entire account."""

    scope: Scope
    role: Role
    places: Mapping[str, str]
    include_nested: bool = False

    @property
    def stored(self) -> Granted:
        """As it is kept and shown."""
        names = sorted(self.places.values(), key=str.casefold)
        return Granted(
            scope=self.scope, role=self.role, virtual_accounts=names,
            include_nested=self.include_nested,
        )  # fmt: skip


@dataclass(frozen=True)
class Decider:
    """Who decides: a person, perhaps in another's place, or a rule of somebody's."""

    acting: Acting
    person: str | None = None
    on_behalf_of: str | None = None
    rule: str | None = None


async def require_pending(session: AsyncSession, request: AccessRequest) -> None:
    """409 once a request has been decided or its time is over, with who decided it."""
    if request.status == Status.PENDING and request.expires_at > clock.now():
        return
    status, at = Status(request.status), request.decided_at
    if status is Status.PENDING:
        status, at = Status.EXPIRED, request.expires_at
    known = await people(session, [request.decided_by])
    by = known.get(request.decided_by or "")
    ruled = not by and status in (Status.APPROVED, Status.DECLINED)
    who = f" by {shown(by)}" if by else " by a rule" if ruled else ""
    raise conflict(
        "already-decided",
        "This request is not open any more",
        f"It {ENDED[status]}{who} on {at:%d %B %Y at %H:%M} UTC.",
        "Look at it with GET /api/v1/access-requests/"
        f"{request.id}. Whoever needs something else asks anew.",
    )


async def approve(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, grant: Grant,
    by: Decider,
) -> None:  # fmt: skip
    """Give what is granted beside what the person has, and say so."""
    less = _less_than_asked(request, grant)
    request.granted = grant.stored.model_dump(mode="json")
    _end(session, request, Status.PARTIALLY_APPROVED if less else Status.APPROVED, by)
    await session.flush()
    places = dict.fromkeys(grant.places, grant.include_nested)
    await give(session, account.id, request.requester, grant.role, places)
    requester = await session.get_one(Person, request.requester)
    how = "Partially approved" if less else "Approved"
    await _note(
        session, "access_approved", request, account, by,
        f"{how}: {shown(requester)} is now {presentation.say_granted(request)}",
    )  # fmt: skip


def _less_than_asked(request: AccessRequest, grant: Grant) -> bool:
    """Whether fewer virtual accounts are given than were asked for; a lower role in all of them
    is another role, not a part.
    """
    if grant.scope is Scope.ACCOUNT:
        return False
    if request.scope == Scope.ACCOUNT:
        return True
    missing = request.named.keys() - grant.places.keys()
    return bool(missing) or (request.include_nested and not grant.include_nested)


async def decline(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, reason: str | None,
    by: Decider,
) -> None:  # fmt: skip
    """End a request without giving anything."""
    request.reason = reason or None
    _end(session, request, Status.DECLINED, by)
    requester = await session.get_one(Person, request.requester)
    because = f": {reason}" if reason else ""
    await _note(
        session, "access_declined", request, account, by,
        f"Declined the request of {shown(requester)} to become "
        f"{presentation.say_asked(request)}{because}",
    )  # fmt: skip


async def cancel(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, by: Decider
) -> None:
    """Who asked does not need it any more."""
    _end(session, request, Status.CANCELLED, by)
    requester = await session.get_one(Person, request.requester)
    await _note(
        session, "access_cancelled", request, account, by,
        f"{shown(requester)} cancelled the request to become {presentation.say_asked(request)}",
    )  # fmt: skip


async def expire(
    session: AsyncSession, request: AccessRequest, account: SmartAccount, by: Decider
) -> None:
    """Nobody decided in time."""
    _end(session, request, Status.EXPIRED, by)
    requester = await session.get_one(Person, request.requester)
    await _note(
        session, "access_expired", request, account, by,
        f"Nobody decided the request of {shown(requester)} to become "
        f"{presentation.say_asked(request)} in time",
    )  # fmt: skip


def _end(session: AsyncSession, request: AccessRequest, status: Status, by: Decider) -> None:
    if status not in TRANSITIONS[Status(request.status)]:
        raise RuntimeError(f"a request cannot go from {request.status} to {status}")
    request.status, request.decided_at = status, clock.now()
    request.decided_by, request.on_behalf_of = by.person, by.on_behalf_of
    request.rule = by.rule or request.rule
    session.add(request)


async def _note(
    session: AsyncSession, type_: str, request: AccessRequest, account: SmartAccount,
    by: Decider, text: str,
) -> None:  # fmt: skip
    await note(
        session, type_, request, account, by.acting, text,
        on_behalf_of=by.on_behalf_of, rule=by.rule,
    )  # fmt: skip
