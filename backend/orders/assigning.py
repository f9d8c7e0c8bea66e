"""Assigning one order after the sale: whole or by line, again, and taking it back."""

from collections.abc import Collection, Sequence

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.events import Acting, Event, EventPlace, record
from backend.core.identity import Person
from backend.core.receipts import Line, Receipt
from backend.orders import news, presentation
from backend.orders.assignability import say_lines
from backend.orders.delivery import deliver
from backend.orders.models import License, Order, OrderDelegation, OrderLine
from backend.orders.placing import Placed, looking_only, place, take_off
from backend.orders.schemas import TERMS_VERSION, AssignOrder, OrderAnswer
from backend.orders.service import Seen, find
from backend.orders.standing import assignment_of, facts_of, places_of
from backend.orders.target import Target, target
from backend.orders.visibility import Way


async def assign(
    session: AsyncSession, person: Person, acting: Acting, number: str, body: AssignOrder
) -> OrderAnswer:
    """Put an order, or some lines of it, on a Smart Account; see `placing` for what is refused."""
    seen = await find(session, person, number, lock=True)
    facts = await facts_of(session, seen.order, seen.lines)
    if not seen.may_assign and not facts.arrived():
        raise looking_only(seen)
    goal = await target(session, person, body.smart_account, body.virtual_account)
    placed = place(seen, facts, goal, body.lines, person)
    if placed.lines:
        behalf = await delegators(session, person, {seen.order.number: seen.ways})
        await move_licenses(session, [placed], goal)
        for event, places in events_of(placed, goal, acting, behalf.get(seen.order.number)):
            await record(
                session, event.type, acting, subject=event.subject, text=event.text,
                virtual_accounts=places, smart_account_id=event.smart_account_id,
                on_behalf_of=event.on_behalf_of, details=event.details,
            )  # fmt: skip
        session.add(seen.order)
        session.add_all(placed.lines)
        await session.flush()
        await take_delivery(session, [placed], acting)
        await news.note_changes(session, seen.order, seen.lines)
    receipt = _receipt(seen.order, placed, goal)
    return await presentation.answer(session, seen.view, seen.order, receipt)


async def unassign(
    session: AsyncSession, person: Person, acting: Acting, number: str
) -> OrderAnswer:
    """Take back what was assigned here, while nothing of the order is delivered."""
    seen = await find(session, person, number, lock=True)
    if not seen.may_assign:
        raise looking_only(seen)
    before = {line.number: line.assigned() for line in seen.lines}
    taken = take_off(await facts_of(session, seen.order, seen.lines))
    behalf = await delegators(session, person, {seen.order.number: seen.ways})
    after = {line.number: line.assigned() for line in taken}
    for standing, type_, what in (
        (before, "order_unassigned", "taken off"),
        (after, "order_returned", "stands here again, as Commerce has it"),
    ):
        accounts = dict.fromkeys(standing[line.number].account for line in taken)
        for account in accounts:
            if account is None:
                continue
            own = [line for line in taken if standing[line.number].account == account]
            await record(
                session, type_, acting, subject=_subject(seen.order),
                text=f"Order {seen.order.number} {what}: {say_lines(own)}.",
                virtual_accounts=[one for line in own if (one := standing[line.number].place)],
                smart_account_id=account, on_behalf_of=behalf.get(seen.order.number),
                details=_details(seen.order, own),
            )  # fmt: skip
    session.add(seen.order)
    session.add_all(taken)
    await session.flush()
    await news.note_changes(session, seen.order, seen.lines)
    receipt = Receipt(
        title="Assignment undone",
        reference=seen.order.number,
        lines=[
            Line(label="Order", value=seen.order.number),
            *await _where_now(session, seen, taken),
        ],
    )
    return await presentation.answer(session, seen.view, seen.order, receipt)


async def _where_now(session: AsyncSession, seen: Seen, taken: Sequence[OrderLine]) -> list[Line]:
    """Where lines stand after an undo, an account by its name if the person may know it."""
    places, found = await places_of(session, taken), dict[str, list[OrderLine]]()
    for line in taken:
        on = assignment_of(seen.view, seen.ways, line, places)
        label = "On no Smart Account now"
        if on is not None:
            named = " / ".join(one for one in (on.name, on.virtual_account) if one)
            label = f"On {named or 'a Smart Account'} again, as Commerce has it"
        found.setdefault(label, []).append(line)
    return [Line(label=label, value=say_lines(lines)) for label, lines in found.items()]


async def take_delivery(session: AsyncSession, placed: Collection[Placed], acting: Acting) -> None:
    """What Commerce had delivered arrives, now that it stands on an account that takes it."""
    for one in placed:
        for line in one.arriving:
            await deliver(session, one.order, line, acting)


async def delegators(
    session: AsyncSession, person: Person, ways: dict[str, list[Way]]
) -> dict[str, str]:
    """In whose place the person assigns these orders: of those that they may only as delegate."""
    numbers = [
        number for number, by in ways.items() if set(by) <= {Way.DELEGATE, Way.ACCOUNT} and by
    ]
    if not numbers:
        return {}
    rows = await session.exec(
        select(OrderDelegation.order_number, OrderDelegation.delegator).where(
            OrderDelegation.delegate == person.id,
            col(OrderDelegation.ended_at).is_(None),
            col(OrderDelegation.order_number).in_(numbers),
        )
    )
    return dict(rows.all())


async def move_licenses(session: AsyncSession, placed: Collection[Placed], goal: Target) -> None:
    """What was delivered moves to the virtual account that its line is in now."""
    for one in placed:
        if one.moved:
            await session.exec(
                update(License)
                .where(
                    col(License.order_number) == one.order.number,
                    col(License.line).in_([line.number for line in one.moved]),
                )
                .values(virtual_account_id=goal.place)
            )


def events_of(
    placed: Placed, goal: Target, acting: Acting, on_behalf_of: str | None
) -> list[tuple[Event, list[str]]]:
    """What the histories of the accounts say of it: that of the new one, and those that lost a
    line; each with the virtual accounts that it is about.
    """
    number = placed.order.number
    moved = bool(placed.moved) and len(placed.moved) == len(placed.lines)
    type_, what = ("licenses_moved", "moved") if moved else ("order_assigned", "assigned")
    account = goal.account
    event = _event(
        type_, placed, acting, on_behalf_of, account.id,
        f"Order {number} {what} to {account.name} ({account.domain}), {goal.place_name}: "
        f"{say_lines(placed.lines)}.",
    )  # fmt: skip
    lost = [
        _event("order_unassigned", placed, acting, on_behalf_of, one,
               f"Order {number} was assigned to another Smart Account.")
        for one in sorted(placed.left)
    ]  # fmt: skip
    return [(event, [goal.place]), *((one, []) for one in lost)]


def _event(
    type_: str, placed: Placed, acting: Acting, on_behalf_of: str | None, account: int, text: str
) -> Event:
    return Event(
        type=type_, actor=acting.person, on_behalf_of=on_behalf_of, via=acting.via,
        conversation=acting.conversation, subject=_subject(placed.order), text=text[:1000],
        smart_account_id=account,
        details=_details(placed.order, placed.lines) | {"terms": TERMS_VERSION},
    )  # fmt: skip


def _subject(order: Order) -> str:
    return f"order {order.number}"


def _details(order: Order, lines: Collection[OrderLine]) -> dict[str, object]:
    return {"order": order.number, "lines": [line.number for line in lines]}


def places(events: Collection[tuple[Event, list[str]]]) -> list[EventPlace]:
    """The virtual accounts that these events are about, as rows."""
    return [
        EventPlace(event_id=event.id, virtual_account_id=place)
        for event, where in events
        for place in where
    ]


def _receipt(order: Order, placed: Placed, goal: Target) -> Receipt:
    if not placed.lines:
        title = "Assigned there already"
    elif len(placed.moved) == len(placed.lines):
        title = "Licences moved"
    else:
        title = "Order assigned"
    return Receipt(
        title=title,
        reference=order.number,
        lines=[
            Line(label="Order", value=order.number),
            Line(label="Smart Account", value=f"{goal.account.name} ({goal.account.domain})"),
            Line(label="Virtual account", value=goal.said_place()),
            *([Line(label="Lines", value=say_lines(placed.lines))] if placed.lines else []),
            *(
                [Line(label="Their licences are there", value=say_lines(placed.arriving))]
                if placed.arriving
                else []
            ),
        ],
    )
