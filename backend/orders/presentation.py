"""Orders as people see them: the delay first, where the licences go, why they see it at all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.identity import Person, PersonRef, people
from backend.core.policy import Action
from backend.core.receipts import Receipt
from backend.orders.delays import Delay, Facts, can_be_assigned, delays
from backend.orders.explaining import Reader, because, explained
from backend.orders.models import Order, OrderFollower, OrderLine
from backend.orders.possible import you_may
from backend.orders.schemas import (
    Assignment,
    AssignmentStatus,
    LinePublic,
    OrderAnswer,
    OrderPublic,
    Partner,
)
from backend.orders.standing import Places, assignment_of, assignment_status, places_of
from backend.orders.timeline import timeline
from backend.orders.visibility import View, Way, ways_to_each
from backend.users.rights import able, holders

MOST_NAMED = 3
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Known:
    """What a page of orders needs to be shown, each part read once for all of them."""

    lines: dict[str, list[OrderLine]]
    places: Places
    ways: dict[str, list[Way]]
    following: set[str]
    accepting: dict[int, list[Person]]
    now: datetime


async def heads(session: AsyncSession, view: View, orders: Sequence[Order]) -> list[OrderPublic]:
    """A page of a list; the number of queries does not depend on its length."""
    if not orders:
        return []
    numbers, now = [order.number for order in orders], clock.now()
    lines = await lines_of_each(session, numbers)
    places = await places_of(session, (line for some in lines.values() for line in some))
    waits = {
        order.number: delays(Facts(order, lines[order.number], places.accounts, now))
        for order in orders
    }
    followed = await session.exec(
        select(OrderFollower.order_number).where(
            OrderFollower.person == view.person, col(OrderFollower.order_number).in_(numbers)
        )
    )
    ways = await ways_to_each(session, view, numbers)
    _log_views(view, ways)
    known = _Known(
        lines=lines,
        places=places,
        ways=ways,
        following=set(followed.all()),
        accepting=await _accepting(session, lines, waits),
        now=now,
    )
    return [_public(view, order, known, waits[order.number]) for order in orders]


def _log_views(view: View, ways: dict[str, list[Way]]) -> None:
    """Whoever sees an order for no more than an address at its contact’s domain leaves a trace,
    as the desk’s agents do.
    """
    numbers = [number for number, by in ways.items() if by == [Way.DOMAIN]]
    if numbers:
        log.info("orders_viewed_by_domain", orders=numbers, person=view.person)


async def answer(session: AsyncSession, view: View, order: Order, receipt: Receipt) -> OrderAnswer:
    """The order and the receipt, as every write about one order answers."""
    (public,) = await heads(session, view, [order])
    return OrderAnswer(**public.model_dump(), receipt=receipt)


async def lines_of_each(
    session: AsyncSession, numbers: Collection[str]
) -> dict[str, list[OrderLine]]:
    """The lines of these orders, each by its number."""
    rows = await session.exec(
        select(OrderLine)
        .where(col(OrderLine.order_number).in_(numbers))
        .order_by(col(OrderLine.order_number), col(OrderLine.number))
    )
    found: dict[str, list[OrderLine]] = {number: [] for number in numbers}
    for line in rows.all():
        found[line.order_number].append(line)
    return found


async def _accepting(
    session: AsyncSession, lines: dict[str, list[OrderLine]], waits: dict[str, list[Delay]]
) -> dict[int, list[Person]]:
    """Those who can accept the licensing notices that these orders wait for."""
    accounts = {
        line.smart_account_id
        for number, found in waits.items()
        for one in found
        if one.reason.code == "EULA_NOT_ACCEPTED"
        for line in lines[number]
        if line.number in one.lines and line.smart_account_id is not None
    }
    if not accounts:
        return {}
    action = Action.ACCEPT_LICENSING_NOTICE
    able_ids = {
        account: able(roles, action)[:MOST_NAMED]
        for account, roles in (await holders(session, accounts, action)).items()
    }
    known = await people(session, (one for ids in able_ids.values() for one in ids))
    found_people: dict[int, list[Person]] = defaultdict(list)
    for account, ids in able_ids.items():
        found_people[account] = [known[one] for one in ids if one in known]
    return found_people


def _public(view: View, order: Order, known: _Known, waits: list[Delay]) -> OrderPublic:
    lines = known.lines[order.number]
    ways = known.ways.get(order.number, [])
    facts = Facts(order, lines, known.places.accounts, known.now)
    reader = Reader(view, ways, known.places, known.accepting)
    status = assignment_status(order, lines, known.places)
    following = order.number in known.following
    shown_lines = [_line(reader, line) for line in lines]
    return OrderPublic.model_validate(
        order.model_dump()
        | {
            "assignment_status": status,
            "assignment": _same(
                [
                    shown.assignment
                    for shown, line in zip(shown_lines, lines, strict=True)
                    if shown.assignment is not None or can_be_assigned(order, line)
                ]
            ),
            "fulfillment_contact": _contact(order),
            "partner": _partner(order),
            "lines": shown_lines,
            "delays": explained(reader, facts, waits),
            "closed_without_provisioning": is_closed_without_provisioning(order, lines),
            "visible_because": because(order, view, ways),
            "timeline": timeline(facts, status, waits),
            "following": following,
            "you_may": you_may(view, ways, facts, waits, following=following),
        }
    )


def _line(reader: Reader, line: OrderLine) -> LinePublic:
    return LinePublic.model_validate(
        line.model_dump()
        | {"assignment": assignment_of(reader.view, reader.ways, line, reader.places)}
    )


def _same(assignments: Sequence[Assignment | None]) -> Assignment | None:
    """Where all lines stand that can stand anywhere; None when they differ, or one is open."""
    first = assignments[0] if assignments else None
    return first if all(one == first for one in assignments) else None


def _contact(order: Order) -> PersonRef | None:
    if order.fc_email is None:
        return None
    return PersonRef(name=order.fc_name or order.fc_email, email=order.fc_email)


def _partner(order: Order) -> Partner | None:
    if order.partner_domain is None:
        return None
    return Partner(name=order.partner_name or order.partner_domain, domain=order.partner_domain)


def is_closed_without_provisioning(order: Order, lines: Iterable[OrderLine]) -> bool:
    """Whether Commerce closed an order of which something was never delivered."""
    return order.closed_at is not None and any(line.delivered_at is None for line in lines)


def assignment_counts(rows: Iterable[tuple[str, int]]) -> dict[AssignmentStatus, int]:
    """How many orders stand how; every way to stand is named."""
    counted = dict.fromkeys(AssignmentStatus, 0)
    for status, count in rows:
        counted[AssignmentStatus(status)] += count
    return counted
