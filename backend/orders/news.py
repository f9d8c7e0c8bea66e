"""Following an order: whoever does hears, once, when it waits for something else or is done."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import lock_row
from backend.core.events import Acting, record
from backend.core.identity import Person, people
from backend.orders.delays import REASON, Facts, delays
from backend.orders.models import Order, OrderFollower, OrderLine
from backend.orders.standing import facts_of_each
from backend.orders.visibility import view_of, ways_to

CANCELLED, PROVISIONED, CLOSED = "CANCELLED", "PROVISIONED", "CLOSED"
# What is the last that is told of an order.
OVER = frozenset({CANCELLED, PROVISIONED})
Whole = tuple[Order, Sequence[OrderLine]]


async def note_changes(session: AsyncSession, order: Order, lines: Sequence[OrderLine]) -> None:
    """Tell the order's followers if there is news for them; call it after every change of it."""
    await note_all(session, [(order, lines)])


async def note_all(session: AsyncSession, changed: Sequence[Whole]) -> None:
    """The same for many orders at once."""
    followers = await _followers(session, [order.number for order, _ in changed])
    followed = [one for one in changed if one[0].number in followers]
    if not followed:
        return
    states = await codes_of(session, followed)
    for order, _ in followed:
        for follower in followers[order.number]:
            if set(follower.told) != set(states[order.number]):
                await _tell(session, order, follower, states[order.number])


async def codes_of(session: AsyncSession, orders: Sequence[Whole]) -> dict[str, list[str]]:
    """What there is to tell of each order at present: the codes of its delays, and its end."""
    return {
        number: [*(delay.reason.code for delay in delays(facts)), *_ends(facts)]
        for number, facts in (await facts_of_each(session, orders)).items()
    }


def _ends(facts: Facts) -> list[str]:
    order, lines = facts.order, facts.lines
    if order.cancelled_at is not None or order.status == "cancelled":
        return [CANCELLED]
    done = bool(lines) and all(line.delivered_at is not None for line in lines)
    if order.status == "provisioned" or order.provisioned_at is not None or done:
        # What Commerce has delivered may still wait here for a Smart Account.
        return [] if facts.waiting_for_account() else [PROVISIONED]
    return [CLOSED] if order.status == "closed" or order.closed_at is not None else []


async def _followers(
    session: AsyncSession, numbers: Sequence[str]
) -> dict[str, list[OrderFollower]]:
    rows = await session.exec(
        select(OrderFollower).where(col(OrderFollower.order_number).in_(numbers))
    )
    found: dict[str, list[OrderFollower]] = defaultdict(list)
    for row in rows.all():
        found[row.order_number].append(row)
    return found


async def _tell(
    session: AsyncSession, order: Order, follower: OrderFollower, codes: list[str]
) -> None:
    """One event a follower, from which the mail and the line in the chat follow. Whoever does not
    see the order any more follows it no longer.
    """
    person = (await people(session, [follower.person])).get(follower.person)
    if person is None or not await _sees(session, person, order):
        await session.delete(follower)
        return
    before, follower.told = set(follower.told), codes
    session.add(follower)
    await record(
        session, "order_news", Acting(person=f"order {order.number}", via="rule"),
        subject=f"order {order.number}",
        text=_say(order, before, codes),
        details={
            "order": order.number, "person": person.id, "now": codes,
            "news": [code for code in codes if code not in before],
            "over": sorted(before - {*codes}),
        },
    )  # fmt: skip


async def _sees(session: AsyncSession, person: Person, order: Order) -> bool:
    return bool(await ways_to(session, await view_of(session, person), order.number))


def _say(order: Order, before: set[str], codes: Sequence[str]) -> str:
    """“Order 4100005. No longer: … Now: …”, in words that a chat can show as they are."""
    over = [REASON[code].title for code in REASON if code in before and code not in codes]
    now = [say_code(code) for code in codes]
    parts = [f"No longer: {'; '.join(over)}."] if over else []
    parts.append(f"Now: {'; '.join(now)}." if now else "Nothing holds it up any more.")
    return f"Order {order.number}. {' '.join(parts)}"


def say_code(code: str) -> str:
    """What a code of `codes_of` means."""
    ends = {
        CANCELLED: "the order was cancelled",
        PROVISIONED: "everything is provisioned",
        CLOSED: "closed in Commerce, although not everything is provisioned",
    }
    return ends[code] if code in ends else REASON[code].title


async def tell(session: AsyncSession, number: str) -> None:
    """Look at one order again: accounts become active, notices are accepted, and days pass,
    without anybody touching the order.
    """
    await lock_row(session, Order, number)
    order = await session.get(Order, number, populate_existing=True)
    if order is None:
        return
    rows = await session.exec(select(OrderLine).where(OrderLine.order_number == number))
    await note_changes(session, order, rows.all())
