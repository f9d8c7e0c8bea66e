"""Kinds of orders, each worked out once: what is the same in all orders of a kind, and how far
every moment lies from the order's placing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import yaml

from backend.core.settings import settings
from backend.orders.delays import refresh
from backend.orders.models import Order, OrderLine

Row = dict[str, Any]
# Any moment: only distances from it matter.
_PLACED = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS, _START = "_days", "requested_start"


@dataclass(frozen=True)
class Template:
    """A row with all its columns; `moments` are those that move with the order's placing."""

    row: Row
    moments: tuple[tuple[str, timedelta], ...]

    def at(self, placed: datetime) -> Row:
        """The row of an order placed then."""
        row = dict(self.row)
        for name, distance in self.moments:
            row[name] = placed + distance
        return row


@dataclass(frozen=True)
class Story:
    """A kind of order, with the days ago at which such orders were placed."""

    share: int
    age: tuple[float, float]
    on: str | None
    holds: dict[str, float]
    order: Template
    lines: tuple[Template, ...]


@cache
def told() -> dict[str, Any]:
    """The kinds of orders as data."""
    path = settings().data_dir / "demo" / "many_orders.yml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


@cache
def stories() -> tuple[Story, ...]:
    """All kinds, with the columns that lists filter by as `refresh` works them out."""
    return tuple(_story(row) for row in told()["stories"])


def _story(row: Row) -> Story:
    usual: Row = {"number": "", "fc_email": "contact", "placed_at": _PLACED, "booked_at": _day(1)}
    order = Order(
        **usual | _moments(row.get("order", {})),
        holds={by: _day(day).isoformat() for by, day in row.get("holds", {}).items()},
    )
    lines = list(_lines(row))
    refresh(order, lines)
    order.updated_at = _PLACED + timedelta(days=1)
    youngest, oldest = row["age"]
    return Story(
        row["share"], (youngest, oldest), row.get("assigned"), row.get("holds", {}),
        _template(order), tuple(_template(line) for line in lines),
    )  # fmt: skip


def _lines(row: Row) -> Iterator[OrderLine]:
    on, delivered = row.get("assigned"), row.get("delivered")
    usual: Row = {"provisioning_since": _day(1)}
    if on is not None:
        # Which account it is, each order says; that there is one decides what it waits for.
        usual |= {"smart_account_id": 0, "virtual_account_id": "", "assigned_at": _day(2)}
    if delivered is not None:
        usual |= {
            "provisioning": "completed", "provisioning_since": _day(delivered),
            "delivered_at": _day(delivered),
        }  # fmt: skip
    products = told()["subscriptions" if row.get("subscription") else "products"]
    for number, product in enumerate(products, 1):
        yield OrderLine(
            order_number="", number=number, placed_at=_PLACED,
            **usual | product | _moments(row.get("each_line", {})),
        )  # fmt: skip


def _day(days: float) -> datetime:
    return _PLACED + timedelta(days=days)


def _moments(fields: Row) -> Row:
    """`closed_days: 9` is the moment `closed_at`."""
    found: Row = {}
    for name, value in fields.items():
        plain = name.removesuffix(_DAYS)
        if plain == name:
            found[name] = value
        else:
            found[plain if plain == _START else f"{plain}_at"] = _day(value)
    return found


def _template(model: Order | OrderLine) -> Template:
    row = model.model_dump()
    moments = {name: value - _PLACED for name, value in row.items() if isinstance(value, datetime)}
    return Template(row, tuple(moments.items()))
