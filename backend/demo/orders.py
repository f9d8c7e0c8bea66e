"""Puts the orders of `data/demo/orders.yml` into the demo world."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import yaml
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.identity import Organization, Person
from backend.core.settings import settings
from backend.orders.delays import refresh
from backend.orders.models import License, Order, OrderLine, OrderShare
from backend.partners.models import OrderFulfillmentManager
from backend.virtual_accounts.models import VirtualAccount

AGO, AHEAD = "_days_ago", "_in_days"
# Sales order 4100001 has the web order 81000001.
WEB_ORDERS = 81000000 - 4100000


def told() -> dict[str, Any]:
    """The orders of the demo world as data."""
    path = settings().data_dir / "demo" / "orders.yml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


async def seed_orders(session: AsyncSession) -> None:
    """Add the orders, with what was delivered and shared, and who manages a partner's orders."""
    world = told()
    names = {one.domain: one.name for one in (await session.exec(select(Organization))).all()}
    known = {one.email: one for one in (await session.exec(select(Person))).all()}
    places = {
        (one.smart_account_id, one.name): one.id
        for one in (await session.exec(select(VirtualAccount))).all()
    }
    session.add_all(
        OrderFulfillmentManager(
            partner_domain=row["partner"], person=row["person"], granted_by=row["granted_by"],
            granted_at=_days(-row["days_ago"]),
        )
        for row in world["order_fulfillment_managers"]
    )  # fmt: skip
    for row in world["orders"]:
        whole = world["usual"] | row
        order = _order(whole, names, known.get(whole["fulfillment_contact"] or ""))
        lines = list(_lines(whole, order, world["products"], places))
        refresh(order, lines)
        session.add(order)
        await session.flush()
        session.add_all(lines)
        await session.flush()
        session.add_all(
            _license(line, at) for line in lines if (at := line.delivered_at) and line.smart_enabled
        )
        session.add_all(
            OrderShare(
                order_number=order.number, email=email, shared_by=whole["fulfillment_contact"],
                shared_at=order.booked_at or order.placed_at,
            )
            for email in whole.get("shared_with", ())
        )  # fmt: skip


def _days(count: float) -> datetime:
    return clock.now() + timedelta(days=count)


def _moments(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row: `set_up_mail_days_ago` is the moment `set_up_mail_at`."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name.endswith(AGO):
            found[f"{name.removesuffix(AGO)}_at"] = _days(-value)
        elif name.endswith(AHEAD):
            found[name.removesuffix(AHEAD)] = _days(value)
        else:
            found[name] = value
    return found


def _order(row: dict[str, Any], names: dict[str, str], contact: Person | None) -> Order:
    plain = {k: v for k, v in _moments(row).items() if k in Order.model_fields}
    return Order(
        **plain
        | {
            "web_order_number": str(int(row["number"]) + WEB_ORDERS),
            "partner_domain": row["partner"],
            "partner_name": names[row["partner"]],
            "fc_name": contact and contact.name,
            "fc_email": contact and contact.email,
            "fc_domain": contact and contact.domain,
            "holds": {by: _days(-days).isoformat() for by, days in row.get("holds", {}).items()},
        }
    )


def _lines(
    row: dict[str, Any], order: Order, products: dict[str, Any],
    places: dict[tuple[int, str], str],
) -> Iterator[OrderLine]:  # fmt: skip
    on = row.get("assigned")
    for number, line in enumerate(row["lines"], 1):
        wanted = products[line["product"]] | row.get("each_line", {}) | line
        wanted["product"] = products[line["product"]]["product"]
        fields = _moments(wanted)
        fields["provisioning_since"] = fields.pop("provisioning_at", order.placed_at)
        if "ends" in fields:
            fields["ends_at"] = fields.pop("ends")
        if on is not None:
            fields |= {
                "smart_account_id": on["smart_account"],
                "virtual_account_id": places[on["smart_account"], on["virtual_account"]],
                "assigned_at": _days(-on["days_ago"]),
            }
        yield OrderLine(
            **fields, order_number=order.number, number=number, placed_at=order.placed_at
        )


def _license(line: OrderLine, delivered_at: datetime) -> License:
    return License(
        **line.model_dump(
            include={"smart_account_id", "virtual_account_id", "order_number", "sku", "product",
                     "quantity", "kind", "ends_at", "subscription_id"}
        ),
        line=line.number,
        starts_at=delivered_at,
        added_at=delivered_at,
    )  # fmt: skip
