"""Assigning many orders at once, in one transaction: each has a result of its own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.receipts import Line, Receipt
from backend.core.wording import for_people
from backend.orders import news, presentation
from backend.orders.assigning import delegators, events_of, move_licenses, places, take_delivery
from backend.orders.delays import Facts
from backend.orders.models import Order
from backend.orders.placing import Placed, place
from backend.orders.schemas import AssignmentResult, AssignOrders, AssignOrdersAnswer
from backend.orders.service import Seen
from backend.orders.standing import facts_of_each
from backend.orders.target import Target, target
from backend.orders.visibility import View, Way, view_of, ways_to_each

MOST_LINES = 12


@dataclass
class _Pile:
    """The orders of one call that the person sees, by either number, and what became of them."""

    orders: dict[str, Seen]
    results: list[AssignmentResult] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def each(self) -> list[Seen]:
        """Each of the orders once."""
        return list({seen.order.number: seen for seen in self.orders.values()}.values())


async def assign_orders(
    session: AsyncSession, person: Person, acting: Acting, body: AssignOrders
) -> AssignOrdersAnswer:
    """Put all of these orders on one account. One that can't be is said with its reason and keeps
    no other from it; an account that can't take any fails the call.
    """
    view = await view_of(session, person)
    pile = _Pile(await _locked(session, view, body.orders))
    facts = await facts_of_each(session, [(one.order, one.lines) for one in pile.each()])
    goal = await target(session, person, body.smart_account, body.virtual_account)
    for number in body.orders:
        pile.results.append(_one(pile, facts, number, goal, person))
    if pile.placed:
        await _store(session, person, acting, pile, goal)
    return _answer(pile, goal)


async def _locked(session: AsyncSession, view: View, numbers: Sequence[str]) -> dict[str, Seen]:
    """Those that the person sees, in the order of their numbers, so that two calls about the same
    orders wait instead of blocking each other.
    """
    wanted = set(numbers)
    named = await session.exec(
        select(Order.number).where(
            or_(col(Order.number).in_(wanted), col(Order.web_order_number).in_(wanted))
        )
    )
    visible = list(await ways_to_each(session, view, named.all()))
    if not visible:
        return {}
    rows = await session.exec(
        select(Order)
        .where(col(Order.number).in_(visible))
        .order_by(col(Order.number))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    orders = list(rows.all())
    ways = await ways_to_each(session, view, visible)
    lines = await presentation.lines_of_each(session, [order.number for order in orders])
    found: dict[str, Seen] = {}
    for order in orders:
        if order.number in ways:
            seen = Seen(order, lines[order.number], view, ways[order.number])
            found |= dict.fromkeys(filter(None, (order.web_order_number, order.number)), seen)
    return found | {seen.order.number: seen for seen in found.values()}


def _one(
    pile: _Pile, facts: dict[str, Facts], number: str, goal: Target, person: Person
) -> AssignmentResult:
    """What becomes of one; named twice, it is done once."""
    seen = pile.orders.get(number)
    if seen is None:
        return AssignmentResult(
            number=number, status="failed",
            detail=f"There is no order {number[:40]} that you can see.",
        )  # fmt: skip
    number = seen.order.number
    if number in pile.done:
        return AssignmentResult(number=number, status="unchanged", detail="It is named twice.")
    pile.done.add(number)
    try:
        placed = place(seen, facts[number], goal, None, person)
    except Problem as problem:
        detail = f"{problem.body.detail} {for_people(problem.body.hint)}".strip()
        return AssignmentResult(number=number, status="failed", detail=detail)
    if not placed.lines:
        return AssignmentResult(
            number=number, status="unchanged", detail=f"It is on {goal.said()} already."
        )
    pile.placed.append(placed)
    return AssignmentResult(number=number, status="assigned", detail=f"It goes to {goal.said()}.")


async def _store(
    session: AsyncSession, person: Person, acting: Acting, pile: _Pile, goal: Target
) -> None:
    """An event an order, as for one alone, and one of the whole: from that one follow the mails,
    in one job instead of hundreds.
    """
    own: dict[str, Seen] = {placed.order.number: pile.orders[placed.order.number]
                            for placed in pile.placed}  # fmt: skip
    ways: dict[str, list[Way]] = {number: seen.ways for number, seen in own.items()}
    behalf = await delegators(session, person, ways)
    await move_licenses(session, pile.placed, goal)
    events = [
        told
        for placed in pile.placed
        for told in events_of(placed, goal, acting, behalf.get(placed.order.number))
    ]
    for placed in pile.placed:
        session.add(placed.order)
        session.add_all(placed.lines)
    session.add_all(event for event, _ in events)
    await session.flush()
    session.add_all(places(events))
    await take_delivery(session, pile.placed, acting)
    await record(
        session, "orders_assigned", acting, subject=goal.account.domain,
        text=f"{len(pile.placed)} of {len(pile.results)} orders assigned to {goal.account.name}.",
        smart_account_id=goal.account.id, virtual_accounts=[goal.place],
        details={"events": [event.id for event, _ in events if event.on_behalf_of]},
    )  # fmt: skip
    await news.note_all(session, [(seen.order, seen.lines) for seen in own.values()])


def _answer(pile: _Pile, goal: Target) -> AssignOrdersAnswer:
    count = Counter(result.status for result in pile.results)
    told = [(status, count[status]) for status in ("assigned", "unchanged", "failed")]
    failed = [result for result in pile.results if result.status == "failed"]
    lines = [
        Line(label="Smart Account", value=f"{goal.account.name} ({goal.account.domain})"),
        Line(label="Virtual account", value=goal.said_place()),
        *(Line(label=status.capitalize(), value=str(n)) for status, n in told if n),
        *(Line(label=f"Order {one.number}", value=one.detail) for one in failed[:MOST_LINES]),
    ]
    if len(failed) > MOST_LINES:
        lines.append(Line(label="And", value=f"{len(failed) - MOST_LINES} more orders"))
    return AssignOrdersAnswer(
        results=pile.results,
        assigned=count["assigned"], unchanged=count["unchanged"], failed=count["failed"],
        receipt=Receipt(
            title="Orders assigned" if count["assigned"] else "No order was assigned",
            reference=goal.account.domain,
            lines=lines,
        ),
    )  # fmt: skip
