"""Messages about orders, and what stands in the database after them."""

from typing import Any

import httpx
from sqlmodel import SQLModel, col, select

from backend.core.database import database
from backend.orders.models import (
    DroppedLine,
    License,
    Order,
    OrderDelegation,
    OrderLine,
    OrderShare,
)

TOKEN = "a-token-of-commerce-that-is-long-enough"
PLACED, BOOKED, LATER = "2026-09-01T10:00:00Z", "2026-09-02T10:00:00Z", "2026-09-05T10:00:00Z"


def line(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"number": number, "sku": f"SKU-{number}", "product": "Advantage", "quantity": 5} | more


def told(version: int = 1, *lines: dict[str, Any], contact: str | None = None, **more: Any) -> Any:
    """A message about a booked order with one line, unless said otherwise."""
    message: dict[str, Any] = {
        "version": version, "status": "booked", "placed_at": PLACED, "booked_at": BOOKED,
        "lines": list(lines) or [line()],
    }  # fmt: skip
    if contact is not None:
        message["fulfillment_contact"] = {"name": "Contact", "email": contact}
    return message | more


async def send(commerce: httpx.AsyncClient, number: str, message: Any) -> httpx.Response:
    return await commerce.put(f"/commerce/orders/{number}", json=message)


async def applied(commerce: httpx.AsyncClient, number: str, message: Any) -> bool:
    answer = await send(commerce, number, message)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["applied"])


OF_AN_ORDER: tuple[type[SQLModel], ...] = (
    OrderLine, License, OrderShare, OrderDelegation, DroppedLine,
)  # fmt: skip
# Of no meaning: an id that is made up, and when we heard of it.
NOISE = {
    "id", "added_at", "updated_at", "ended_at", "shared_at", "created_at", "expires_at",
    "order_number", "token_hash",
}  # fmt: skip


async def state_of(number: str) -> dict[str, Any]:
    """Everything the database has of an order, comparable with that of another order."""
    async with database().read() as session:
        order = await session.get_one(Order, number)
        state: dict[str, Any] = {
            "order": {
                name: value
                for name, value in order.model_dump().items()
                if name not in NOISE | {"number", "web_order_number"}
            }
        }
        for model in OF_AN_ORDER:
            rows = await session.exec(
                select(model).where(col(model.order_number) == number)  # type: ignore[attr-defined]
            )
            state[model.__name__] = sorted(
                (
                    {name: value for name, value in row.model_dump().items() if name not in NOISE}
                    for row in rows.all()
                ),
                key=repr,
            )
    return state
