"""Orders of a company of one's own for a test, and what people do with them."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, select

from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.orders.delays import refresh
from backend.orders.models import License, Order, OrderLine
from tests.access.company import Company

_COUNT = itertools.count(int(uuid.uuid4().int % 10**9) * 1000)
DEFAULT = "DEFAULT"


def fresh_number() -> str:
    """A sales order number that no other test uses."""
    return f"7{next(_COUNT):013}"


async def sold(
    company: Company | None, *lines: dict[str, Any], contact: str | None = "nora", **fields: Any
) -> str:
    """Put an order into the database, with two lines unless others are given; its number.
    `contact` is the company's person who is the Fulfillment Contact, or an address.
    """
    number = fields.pop("number", None) or fresh_number()
    if contact and "@" not in contact:
        assert company is not None
        contact = company.email(contact)
    placed = fields.pop("placed_at", clock.now() - timedelta(days=9))
    told: dict[str, Any] = {
        "web_order_number": f"8{number}"[:20], "placed_at": placed, "booked_at": placed,
        "fc_email": contact, "fc_domain": contact and contact.rsplit("@", 1)[-1],
        "fc_name": contact and "Contact", "end_customer": "Customer",
    }  # fmt: skip
    order = Order(number=number, **(told | fields))
    rows = [
        _line(number, at, placed, told)
        for at, told in enumerate(lines or ({}, {"product": "Wireless Advantage"}), 1)
    ]
    async with database().write() as session:
        refresh(order, rows)
        session.add(order)
        await session.flush()
        session.add_all(rows)
    return number


def _line(number: str, at: int, placed: datetime, told: dict[str, Any]) -> OrderLine:
    default: dict[str, Any] = {
        "sku": f"SKU-{at}", "product": "Network Advantage", "quantity": 10, "kind": "perpetual",
    }  # fmt: skip
    return OrderLine(order_number=number, number=at, placed_at=placed, **(default | told))


def on(company: Company, place: str | None = DEFAULT, **more: Any) -> dict[str, Any]:
    """Fields of a line that stands on a company's account, as if `by` had assigned it."""
    return {
        "smart_account_id": company.id,
        "virtual_account_id": company.places[place] if place else None,
        "assigned_at": clock.now() - timedelta(days=3), "assigned_by": company.email("nora"),
    } | more  # fmt: skip


async def assign(
    who: httpx.AsyncClient, number: str, company: Company, place: str | None = None,
    *, dry_run: bool = False, **body: Any,
) -> httpx.Response:  # fmt: skip
    """Assign an order to a company's account."""
    told = {"smart_account": company.domain, "accept_terms": True} | body
    if place is not None:
        told["virtual_account"] = place
    headers = {"Dry-Run": "true"} if dry_run else {}
    return await who.post(f"/orders/{number}/assignment", json=told, headers=headers)


async def lines_of(number: str) -> list[OrderLine]:
    async with database().read() as session:
        rows = await session.exec(
            select(OrderLine)
            .where(OrderLine.order_number == number)
            .order_by(col(OrderLine.number))
        )
        return list(rows.all())


async def order_of(number: str) -> Order:
    async with database().read() as session:
        return await session.get_one(Order, number)


async def stands(number: str, company: Company) -> list[str | None]:
    """The virtual account of each line that stands on the company's account, else None."""
    names = {place: name for name, place in company.places.items()}
    return [
        names.get(str(line.virtual_account_id)) if line.smart_account_id == company.id else None
        for line in await lines_of(number)
    ]


async def licenses_of(number: str) -> list[License]:
    async with database().read() as session:
        rows = await session.exec(
            select(License).where(License.order_number == number).order_by(col(License.line))
        )
        return list(rows.all())


async def told_of(number: str, *types: str) -> list[Event]:
    """The events about an order, oldest first; only these types if named."""
    async with database().read() as session:
        statement = select(Event).where(Event.subject == f"order {number}")
        if types:
            statement = statement.where(col(Event.type).in_(types))
        return list((await session.exec(statement.order_by(col(Event.at)))).all())
