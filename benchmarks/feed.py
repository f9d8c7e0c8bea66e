"""How many orders a second Commerce can tell of, through the app, and whether all of it is right.

Every order is told of in several versions, in an order drawn at random, by several senders at
once, each message now and then twice: afterwards each must be as its newest version says.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from sqlmodel import col, select

from backend.core import clock
from backend.core.database import database
from backend.core.settings import settings
from backend.orders.models import Order, OrderLine
from tests.conftest import NOWHERE, client_of, fresh_database, living

ORDERS, VERSIONS, TWICE, SENDERS = 1_000, 3, 0.1, 8
WANTED = 300
FIRST = 700_000_000
TOKEN = "a-token-of-commerce-that-is-long-enough"  # noqa: S105 - of a database that is thrown away
STATUSES = ("booked", "in_fulfilment", "provision_pending")


def _message(order: int, version: int) -> dict[str, Any]:
    return {
        "version": version, "status": STATUSES[version % len(STATUSES)],
        "placed_at": "2026-09-01T10:00:00Z", "booked_at": "2026-09-02T10:00:00Z",
        "fulfillment_contact": {"name": "Contact", "email": f"p{order % 50}@feed.example"},
        "lines": [
            {"number": line, "sku": f"SKU-{line}", "product": "Advantage", "quantity": version}
            for line in range(1, 4)
        ],
    }  # fmt: skip


@asynccontextmanager
async def _commerce() -> AsyncIterator[httpx.AsyncClient]:
    """The app in this process, on an empty PostgreSQL, as Commerce talks to it."""
    from assistant.main import create_app

    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_database("postgresql", Path(folder)) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        told = {"STATE_DIR": folder, "DATABASE_URL": url, "RASA_URL": NOWHERE,
                "COMMERCE_TOKEN": TOKEN, "LOG_LEVEL": "ERROR"}  # fmt: skip
        for name, value in told.items():
            patch.setenv(name, value)
        settings.cache_clear()
        app = create_app()
        async with (
            living(app),
            client_of(app, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
        ):
            yield client
        settings.cache_clear()
        clock.set_offset(0)


async def measure(console: Console) -> None:
    """Print how many messages a second are taken, and that nothing of them was lost."""
    chance = random.Random(7)
    messages = [(order, version + 1) for order in range(ORDERS) for version in range(VERSIONS)]
    messages += chance.sample(messages, int(TWICE * len(messages)))
    chance.shuffle(messages)
    async with _commerce() as commerce:
        waiting = iter(messages)

        async def send() -> None:
            for order, version in waiting:
                answer = await commerce.put(
                    f"/api/v1/commerce/orders/{FIRST + order}", json=_message(order, version)
                )
                answer.raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(SENDERS)))
        taken = time.perf_counter() - started
        wrong = await _wrong()
    console.print(
        f"The feed on postgresql: {len(messages):,} messages about {ORDERS:,} orders of three "
        f"lines, {SENDERS} at once: {len(messages) / taken:,.0f} a second (at least {WANTED}); "
        f"{wrong} orders not as their newest version says (at most 0)"
    )


async def _wrong() -> int:
    """How many orders are not what their newest version says, or are missing."""
    newest = _message(0, VERSIONS)
    async with database().read() as session:
        orders = (await session.exec(select(Order).where(col(Order.number) >= str(FIRST)))).all()
        lines = (
            await session.exec(select(OrderLine).where(col(OrderLine.order_number) >= str(FIRST)))
        ).all()
    right = {
        one.number for one in orders
        if (one.version, one.status) == (VERSIONS, newest["status"])
    }  # fmt: skip
    counted = dict.fromkeys(right, 0)
    for line in lines:
        if line.order_number in counted and line.quantity == VERSIONS:
            counted[line.order_number] += 1
    return ORDERS - sum(count == len(newest["lines"]) for count in counted.values())
