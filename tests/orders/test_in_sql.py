"""What lists filter by says the same as what one order is shown with."""

import pytest
from sqlalchemy import not_
from sqlmodel import col, select

from backend.core import clock
from backend.core.database import database
from backend.orders.delays import Facts, delays, is_delayed
from backend.orders.models import Order
from backend.orders.schemas import AssignmentStatus
from backend.orders.standing import assignment_status, has_status, places_of, status_column
from tests.orders.random_orders import Dice, accounts, order_by

ORDERS = 400


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("app")
async def test_that_filters_find_what_orders_say_of_themselves(seed: int) -> None:
    dice, on = Dice(seed), accounts()
    async with database().write(dry_run=True) as session:
        session.add_all(on)
        await session.flush()
        numbers = [f"7{seed}{at:05}" for at in range(ORDERS)]
        made = [
            order_by(dice, number, "a@b.example" if dice.chance(0.8) else None, on)
            for number in numbers
        ]
        session.add_all(order for order, _ in made)
        await session.flush()
        session.add_all(line for _, lines in made for line in lines)
        await session.flush()
        now = clock.now()
        places = await places_of(session, [line for _, lines in made for line in lines])
        late = {
            order.number: [one.reason.code for one in
                           delays(Facts(order, lines, places.accounts, now))]
            for order, lines in made
        }  # fmt: skip
        standing = {order.number: assignment_status(order, lines, places) for order, lines in made}
        ours = col(Order.number).in_(numbers)

        delayed = await session.exec(select(Order.number).where(ours, is_delayed(now)))
        assert set(delayed.all()) == {number for number, codes in late.items() if codes}
        others = await session.exec(select(Order.number).where(ours, not_(is_delayed(now))))
        assert set(others.all()) == {number for number, codes in late.items() if not codes}
        for status in AssignmentStatus:
            rows = await session.exec(select(Order.number).where(ours, has_status(status)))
            expected = {number for number, one in standing.items() if one is status}
            assert set(rows.all()) == expected, status
        told = await session.exec(select(Order.number, status_column()).where(ours))
        assert dict(told.all()) == {number: one.value for number, one in standing.items()}

    assert len({code for codes in late.values() for code in codes}) == 16, "a reason never came up"
    assert set(standing.values()) == set(AssignmentStatus)
    assert 20 < sum(1 for codes in late.values() if not codes) < ORDERS - 20
