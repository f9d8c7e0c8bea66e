"""What becomes known about orders because time has passed, or because of an account."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import database
from backend.core.timers import timer
from backend.orders import news
from backend.orders.models import Order, OrderFollower, OrderLine

AT_ONCE = 200


@timer("tell_followers_of_orders")
async def tell_followers_of_orders() -> None:
    """Find the followed orders whose delays are others than their followers were told of."""
    last = ""
    while True:
        async with database().read() as session:
            rows = await session.exec(
                select(OrderFollower.order_number)
                .join(Order, col(Order.number) == col(OrderFollower.order_number))
                .where(
                    col(OrderFollower.order_number) > last,
                    col(Order.booked_at).is_not(None),
                    col(Order.provisioned_at).is_(None),
                    col(Order.cancelled_at).is_(None),
                )
                .distinct()
                .order_by(col(OrderFollower.order_number))
                .limit(AT_ONCE)
            )
            numbers = list(rows.all())
            due = await _due(session, numbers)
        for number in due:
            async with database().write() as session:
                await news.tell(session, number)
        if len(numbers) < AT_ONCE:
            return
        last = numbers[-1]


async def _due(session: AsyncSession, numbers: Sequence[str]) -> list[str]:
    """Those of these orders about which somebody was told something else."""
    orders = await session.exec(select(Order).where(col(Order.number).in_(numbers)))
    lines: dict[str, list[OrderLine]] = {number: [] for number in numbers}
    found = await session.exec(select(OrderLine).where(col(OrderLine.order_number).in_(numbers)))
    for line in found.all():
        lines[line.order_number].append(line)
    states = await news.codes_of(session, [(one, lines[one.number]) for one in orders.all()])
    followers = await session.exec(
        select(OrderFollower).where(col(OrderFollower.order_number).in_(numbers))
    )
    return sorted(
        {
            one.order_number
            for one in followers.all()
            if set(one.told) != set(states.get(one.order_number, one.told))
        }
    )
