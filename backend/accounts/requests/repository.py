"""Every query about Smart Account requests. Lists start from what the person may read."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.configuration import configuration
from backend.accounts.models import PENDING, SmartAccountInvitation, SmartAccountRequest
from backend.accounts.requests.states import Status
from backend.core.events import Event
from backend.core.identity import Person
from backend.core.policy import DESK, Action, DeskAction, desk_allows, roles_for
from backend.users.models import Membership

_over = col(SmartAccountRequest.over_account_id)
_status = col(SmartAccountRequest.status)
_ids = select(SmartAccountRequest.id)


def _any_of(ways: Iterable[Any]) -> SelectOfScalar[SmartAccountRequest]:
    """Requests by their ids, each way to them by its own index; OR would read them all."""
    return select(SmartAccountRequest).where(col(SmartAccountRequest.id).in_(union_all(*ways)))


def _invitations_of(person: Person) -> SelectOfScalar[str]:
    """Mailed to the person's verified address, which is the one that may accept."""
    return select(SmartAccountInvitation.request_id).where(
        SmartAccountInvitation.email == person.email,
        col(SmartAccountInvitation.invited_at).is_not(None),
    )


def _administered(person: Person) -> SelectOfScalar[int]:
    return select(Membership.smart_account_id).where(
        Membership.person == person.id, col(Membership.role).in_(_deciding_roles())
    )


def _deciding_roles() -> list[str]:
    return list(roles_for(Action.DECIDE_DOMAIN_REQUESTS))


def _decides_for_the_desk(person: Person) -> bool:
    return desk_allows(person, DeskAction.DECIDE_ACCOUNT_REQUESTS)


def readable_by(person: Person) -> SelectOfScalar[SmartAccountRequest]:
    """One's own, those one was invited to, those over whose domain one's account lies (or below),
    and for the desk's approver all: they also replace who was invited.
    """
    if _decides_for_the_desk(person):
        return select(SmartAccountRequest)
    return _any_of(
        [
            _ids.where(SmartAccountRequest.requester == person.id),
            _ids.where(_over.in_(_administered(person))),
            _invitations_of(person),
        ]
    )


def waiting_for(person: Person) -> SelectOfScalar[SmartAccountRequest]:
    """Those which the person can approve or accept now; never an approval of one's own."""
    of_others = _ids.where(SmartAccountRequest.requester != person.id)
    below = of_others.where(_status == Status.PENDING_DOMAIN_APPROVAL)
    ways: list[Any] = [
        _invitations_of(person)
        .join(
            SmartAccountRequest,
            col(SmartAccountRequest.id) == col(SmartAccountInvitation.request_id),
        )
        .where(_status == Status.PENDING_ACCEPTANCE),
        below.where(_over.in_(_administered(person))),
    ]
    if _decides_for_the_desk(person):
        somebody_else = (
            select(Membership.id)
            .where(
                Membership.smart_account_id == SmartAccountRequest.over_account_id,
                col(Membership.role).in_(_deciding_roles()),
                Membership.person != SmartAccountRequest.requester,
            )
            .exists()
        )
        ways += [
            of_others.where(_status == Status.PENDING_APPROVAL),
            below.where(~somebody_else),
        ]
    return _any_of(ways)


async def readable(
    session: AsyncSession, person: Person, request_id: str, *, lock: bool = False
) -> SmartAccountRequest | None:
    """One request, if the person may see it; with `lock` its row is ours until the end."""
    statement = readable_by(person).where(SmartAccountRequest.id == request_id)
    if lock:
        statement = statement.with_for_update(of=SmartAccountRequest, key_share=True)
    return (await session.exec(statement)).one_or_none()


async def invitations(
    session: AsyncSession, requests: Iterable[str]
) -> dict[str, list[SmartAccountInvitation]]:
    """Who may accept each of these requests."""
    wanted = list(requests)
    rows = await session.exec(
        select(SmartAccountInvitation)
        .where(col(SmartAccountInvitation.request_id).in_(wanted))
        .order_by(col(SmartAccountInvitation.email))
    )
    found: dict[str, list[SmartAccountInvitation]] = {request: [] for request in wanted}
    for row in rows.all():
        found[row.request_id].append(row)
    return found


async def approvers(session: AsyncSession) -> list[Person]:
    """The people of the desk who decide requests for Smart Accounts."""
    rows = await session.exec(
        select(Person)
        .where(
            Person.kind == "support",
            col(Person.desk_role).in_(DESK[DeskAction.DECIDE_ACCOUNT_REQUESTS]),
        )
        .order_by(col(Person.id))
    )
    return list(rows.all())


async def people_at(session: AsyncSession, emails: Collection[str]) -> dict[str, Person]:
    """The people whose verified address is one of these, by address."""
    rows = await session.exec(select(Person).where(col(Person.email).in_(emails)))
    return {person.email: person for person in rows.all()}


async def count_events(
    session: AsyncSession, type_: str, request: SmartAccountRequest, since: datetime
) -> int:
    """How often something happened to a request since then."""
    rows = await session.exec(
        select(func.count())
        .select_from(Event)
        .where(
            Event.type == type_,
            Event.subject == request.domain,
            col(Event.at) > since,
            Event.smart_account_id == request.smart_account_id,
        )
    )
    return rows.one()


async def due(session: AsyncSession, now: datetime) -> list[str]:
    """The requests that have expired, or of which it is time to remind."""
    times = configuration().requests
    expires = col(SmartAccountRequest.expires_at)
    ways = [expires <= now]
    for sent, day in enumerate(times.reminder_days):
        left = timedelta(days=times.expire_days - day)
        ways.append(and_(col(SmartAccountRequest.reminders) <= sent, expires <= now + left))
    rows = await session.exec(
        select(SmartAccountRequest.id)
        .where(col(SmartAccountRequest.status).in_(PENDING), or_(*ways))
        .order_by(expires)
    )
    return list(rows.all())
