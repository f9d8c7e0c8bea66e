"""What somebody has open: a few of each kind, each by the feature’s own rules of who sees it."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.access import listing as requests
from backend.access import presentation as access
from backend.access.models import AccessRequest, ApprovalDelegation
from backend.accounts.models import PENDING, SmartAccount, SmartAccountRequest
from backend.accounts.requests import repository as account_requests
from backend.cases.models import Case
from backend.cases.schemas import OPEN
from backend.core import clock
from backend.core.identity import Person, people
from backend.open_things.schemas import Kind, OpenThing, OpenThings
from backend.orders import listing as orders
from backend.orders.models import OrderDelegation
from backend.orders.visibility import view_of
from backend.users.rights import shown

MOST = 25  # of a kind


async def of_person(session: AsyncSession, person: Person) -> OpenThings:
    """Cases, requests, delegations and delayed orders of the person, and what waits for them."""
    found: dict[Kind, list[OpenThing]] = {
        "case": await _cases(session, person),
        "access_request": await _access_requests(session, person),
        "account_request": await _account_requests(session, person),
        "approval_delegation": await _approval_delegations(session, person),
        "order_delegation": await _order_delegations(session, person),
        "delayed_order": await _delayed_orders(session, person),
        "access_request_to_decide": await _access_to_decide(session, person),
        "account_request_to_decide": await _accounts_to_decide(session, person),
    }
    items = [one for kind in found.values() for one in kind[:MOST]]
    return OpenThings(
        items=items,
        counts=dict(Counter(one.kind for one in items)),
        more=[kind for kind, some in found.items() if len(some) > MOST],
    )


async def _cases(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        select(Case)
        .where(Case.requester == person.id, col(Case.status).in_(OPEN))
        .order_by(col(Case.created_at))
        .limit(MOST + 1)
    )
    return [
        OpenThing(kind="case", reference=one.number, text=f"Case {one.number}: {one.title}",
                  status=one.status, since=one.created_at)
        for one in rows.all()
    ]  # fmt: skip


async def _access_requests(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        select(AccessRequest)
        .where(AccessRequest.requester == person.id, AccessRequest.status == "pending")
        .order_by(col(AccessRequest.created_at))
        .limit(MOST + 1)
    )
    return await _asked(session, person, rows.all(), "access_request")


async def _access_to_decide(session: AsyncSession, person: Person) -> list[OpenThing]:
    view = await requests.view_of(session, person.id)
    rows = await session.exec(
        requests.to_decide(view).order_by(col(AccessRequest.created_at)).limit(MOST + 1)
    )
    return await _asked(session, person, rows.all(), "access_request_to_decide")


async def _asked(
    session: AsyncSession, person: Person, rows: Sequence[AccessRequest], kind: Kind
) -> list[OpenThing]:
    heads = {one.id: one for one in await access.heads(session, rows, person)}
    return [
        OpenThing(
            kind=kind, reference=row.id, status=row.status, since=row.created_at,
            smart_account=heads[row.id].smart_account,
            text=f"{heads[row.id].requester.name} asks to become {access.say_asked(row)} in "
            f"{heads[row.id].smart_account_name}",
        )
        for row in rows
    ]  # fmt: skip


async def _account_requests(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        select(SmartAccountRequest)
        .where(
            SmartAccountRequest.requester == person.id,
            col(SmartAccountRequest.status).in_(PENDING),
        )
        .order_by(col(SmartAccountRequest.created_at))
        .limit(MOST + 1)
    )
    return [_account(one, "account_request") for one in rows.all()]


async def _accounts_to_decide(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        account_requests.waiting_for(person)
        .order_by(col(SmartAccountRequest.created_at))
        .limit(MOST + 1)
    )
    return [_account(one, "account_request_to_decide") for one in rows.all()]


def _account(one: SmartAccountRequest, kind: Kind) -> OpenThing:
    return OpenThing(
        kind=kind, reference=one.id, text=f"Smart Account {one.name} ({one.domain})",
        status=one.status, since=one.created_at, smart_account=one.domain,
    )  # fmt: skip


async def _approval_delegations(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        select(ApprovalDelegation, SmartAccount)
        .join(SmartAccount, col(SmartAccount.id) == col(ApprovalDelegation.smart_account_id))
        .where(
            or_(
                col(ApprovalDelegation.delegator) == person.id,
                col(ApprovalDelegation.delegate) == person.id,
            ),
            col(ApprovalDelegation.ended_at).is_(None),
            ApprovalDelegation.ends > clock.now(),
        )
        .order_by(col(ApprovalDelegation.created_at))
        .limit(MOST + 1)
    )
    found = rows.all()
    known = await people(
        session, [one for row, _ in found for one in (row.delegator, row.delegate)]
    )
    return [
        OpenThing(
            kind="approval_delegation", reference=row.id, smart_account=account.domain,
            status="scheduled" if row.starts > clock.now() else "active", since=row.starts,
            text=f"{shown(known[row.delegate])} decides requests in {account.name} in place of "
            f"{shown(known[row.delegator])} until {row.ends:%d %B %Y, %H:%M} UTC",
        )
        for row, account in found
    ]  # fmt: skip


async def _order_delegations(session: AsyncSession, person: Person) -> list[OpenThing]:
    rows = await session.exec(
        select(OrderDelegation)
        .where(
            or_(
                col(OrderDelegation.delegator) == person.id,
                col(OrderDelegation.delegate) == person.id,
            ),
            col(OrderDelegation.ended_at).is_(None),
            or_(
                col(OrderDelegation.redeemed_at).is_not(None),
                col(OrderDelegation.expires_at) > clock.now(),
            ),
        )
        .order_by(col(OrderDelegation.created_at))
        .limit(MOST + 1)
    )
    found = rows.all()
    known = await people(session, [row.delegator for row in found])
    return [
        OpenThing(
            kind="order_delegation", reference=row.order_number, since=row.created_at,
            status="redeemed" if row.redeemed_at else "sent",
            text=f"{row.email} may assign order {row.order_number} in place of "
            f"{shown(known[row.delegator])}",
        )
        for row in found
    ]  # fmt: skip


async def _delayed_orders(session: AsyncSession, person: Person) -> list[OpenThing]:
    view = await view_of(session, person)
    rows, following = await orders.orders(session, view, orders.Filters(delayed=True), None, MOST)
    found = [
        OpenThing(
            kind="delayed_order", reference=one.number, status=one.status, since=one.placed_at,
            text=f"Order {one.number} of {one.end_customer} waits for something",
        )
        for one in rows
    ]  # fmt: skip
    return [*found, found[-1]] if following else found  # one more says that there are others
