"""Orders of a test's own, put into the database as the feed would leave them."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from backend.core import clock
from backend.core.database import database
from backend.orders.delays import refresh
from backend.orders.models import License, Order, OrderLine

_NUMBERS = itertools.count(6_000_001)


def line_of(
    account: int | None = None, place: str | None = None, *, delivered: bool = False, **fields: Any
) -> dict[str, Any]:
    """A line on this account and virtual account (ids), or on none."""
    now = clock.now()
    told = {"sku": "X-1", "product": "Test Product", "quantity": 5} | fields
    told |= {"smart_account_id": account, "virtual_account_id": place}
    told["assigned_at"] = now if account is not None else None
    if delivered:
        told |= {"provisioning": "completed", "delivered_at": now}
    return told


def rows_of(
    number: str, lines: Sequence[dict[str, Any]], contact: str | None, fields: dict[str, Any]
) -> tuple[Order, list[OrderLine]]:
    """An order and its lines, with what lists filter by worked out."""
    now = clock.now()
    told = {"placed_at": now - timedelta(days=3), "booked_at": now - timedelta(days=2)} | fields
    order = Order(
        number=number, fc_email=contact, fc_name=contact and contact.split("@")[0].title(),
        fc_domain=contact and contact.split("@")[1], **told,
    )  # fmt: skip
    made = [
        OrderLine(order_number=number, number=at, placed_at=order.placed_at, **line)
        for at, line in enumerate(lines, 1)
    ]
    refresh(order, made)
    return order, made


async def make_order(*lines: dict[str, Any], contact: str | None = None, **fields: Any) -> str:
    """An order with these lines (two unassigned ones if none is named); its number."""
    number = fields.pop("number", None) or str(next(_NUMBERS))
    order, made = rows_of(number, lines or (line_of(), line_of()), contact, fields)
    async with database().write() as session:
        session.add(order)
        await session.flush()
        session.add_all(made)
        await session.flush()
        session.add_all(
            License(
                smart_account_id=line.smart_account_id, virtual_account_id=line.virtual_account_id,
                order_number=number, line=line.number, sku=line.sku, product=line.product,
                quantity=line.quantity, kind=line.kind, starts_at=line.delivered_at,
            )
            for line in made
            if line.delivered_at is not None
        )  # fmt: skip
    return number
