"""What a greeting says of orders that are delayed, so that nobody has to ask."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from assistant.wording import say
from backend.core.client import Caller, UnknownOperation, licensing_api
from backend.core.identity import Person

LATE_ORDERS = '/list_orders{"delayed":"true"}'
NAMED = 3
SECONDS = 2.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Late:
    """Orders of a person that are delayed: how many, and the newest of them."""

    count: int
    orders: list[dict[str, Any]]

    def said(self) -> str:
        """One sentence: how many, and what the first wait for."""
        named = "; ".join(
            f"{order['number']} ({order['delays'][0]['title']})" for order in self.orders
        )
        if self.count == 1:
            return say("late_orders.one", named=named)
        more = self.count > len(self.orders)
        return say("late_orders.more" if more else "late_orders.some", count=self.count,
                   named=named)  # fmt: skip


async def delayed_orders(person: Person) -> Late | None:
    """Those of the person; None when there are none, or when the API doesn't say in time: nobody
    waits for a greeting.
    """
    caller = Caller(person.id)
    try:
        async with asyncio.timeout(SECONDS):
            listed = await licensing_api().call(
                "list_orders", {"delayed": True, "limit": NAMED}, caller
            )
            orders = list(listed.body.get("items") or []) if listed.ok else []
            orders = [order for order in orders if order["delays"]]
            if not orders:
                return None
            count = len(orders)
            if listed.body.get("next"):
                counts = await licensing_api().call("get_orders_summary", {}, caller)
                count = int(counts.body.get("delayed") or count) if counts.ok else count
    except (TimeoutError, httpx.HTTPError, UnknownOperation, RuntimeError) as exc:
        log.warning("no_orders_in_greeting", error=type(exc).__name__)
        return None
    return Late(count, orders)
