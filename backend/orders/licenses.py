"""Licences: those that lie in an account, and where those of an order lie or why not yet."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.standing import as_member, refusal
from backend.core import clock
from backend.core.identity import Person
from backend.core.pagination import Page, newest_first
from backend.core.policy import Action
from backend.core.portals import PORTAL_NAMES, Portal
from backend.orders import presentation
from backend.orders.delays import Facts
from backend.orders.models import License, Order, OrderLine
from backend.orders.schemas import (
    DelayPublic,
    LicensePublic,
    LineLicenses,
    LinePublic,
    OrderLicenses,
)
from backend.orders.service import find
from backend.orders.standing import facts_of
from backend.orders.visibility import begins
from backend.virtual_accounts import service as virtual_accounts
from backend.virtual_accounts.tree import Tree, tree


async def listed(
    session: AsyncSession, person: Person, smart_account: str, virtual_account: str | None,
    q: str | None, cursor: str | None, limit: int,
) -> Page[LicensePublic]:  # fmt: skip
    """The licences of an account as far as the person's roles reach, newest first."""
    found = await as_member(session, person, smart_account)
    if not found.may_somewhere(Action.LIST_LICENSES):
        raise await refusal(session, found.account, Action.LIST_LICENSES, [None])
    statement = select(License).where(License.smart_account_id == found.account.id)
    reach = found.reach(Action.LIST_LICENSES)
    if virtual_account:
        place = await virtual_accounts.find(session, found, virtual_account)
        statement = statement.where(License.virtual_account_id == place.row.id)
    if reach is not None:
        statement = statement.where(col(License.virtual_account_id).in_(reach))
    if q and q.strip():
        said = q.strip()
        words = (col(one).icontains(said, autoescape=True) for one in
                 (License.product, License.sku))  # fmt: skip
        numbered = [begins(col(License.order_number), said)] if said.isascii() and (
            said.isdigit()) else []  # fmt: skip
        statement = statement.where(or_(*words, *numbered))
    rows, following = await newest_first(
        session, statement, col(License.added_at), col(License.id), cursor, limit
    )
    known, now = await tree(session, found.account.id or 0), clock.now()
    return Page(items=[_public(row, known, now) for row in rows], next=following)


def _public(row: License, known: Tree, now: datetime) -> LicensePublic:
    return LicensePublic.model_validate(
        row.model_dump()
        | {"virtual_account": known.name(row.virtual_account_id), "status": _status(row, now)}
    )


def _status(row: License, now: datetime) -> str:
    if row.starts_at > now:
        return "future"
    return "expired" if row.ends_at is not None and row.ends_at <= now else "active"


async def of_order(session: AsyncSession, person: Person, number: str) -> OrderLicenses:
    """Where the licences of an order lie, line by line, or why they are not there yet."""
    seen = await find(session, person, number)
    (order,) = await presentation.heads(session, seen.view, [seen.order])
    facts = await facts_of(session, seen.order, seen.lines)
    arrived = facts.arrived()
    rows = await session.exec(select(License.line).where(License.order_number == order.number))
    there = set(rows.all())
    items = [
        LineLicenses(
            line=line.number,
            **line.model_dump(include={"sku", "product", "quantity", "delivered_at", "assignment"}),
            portal=_portal(seen.order, row).value,
            text=_where(
                facts, row, line, [one for one in order.delays if line.number in one.lines],
                lies_there=line.number in there,
            ),
            delays=[one.code for one in order.delays if line.number in one.lines],
        )
        for row, line in zip(seen.lines, order.lines, strict=True)
    ]  # fmt: skip
    return OrderLicenses(
        number=order.number,
        delivered=sum(1 for one in items if one.delivered_at is not None),
        text=_said(items, arrived),
        items=items,
    )


def _portal(order: Order, line: OrderLine) -> Portal:
    if not line.smart_enabled:
        return Portal.LRP
    if order.type == "ea":
        return Portal.EAWS
    return Portal.CSSM


def _where(
    facts: Facts, row: OrderLine, line: LinePublic, waits: Sequence[DelayPublic], *,
    lies_there: bool,
) -> str:  # fmt: skip
    on = line.assignment
    there = " / ".join(one for one in (on.name, on.virtual_account) if one) if on else ""
    if facts.has_arrived(row):
        return _arrived(facts.order, row, there or "an account", lies_there=lies_there)
    if facts.order.cancelled_at is not None:
        return "The order was cancelled: nothing will be delivered."
    begins = "Not delivered yet"
    if row.delivered_at is not None:
        begins = f"Delivered on {row.delivered_at:%Y-%m-%d}, but the licences wait"
    if waits:
        first = waits[0]
        acts = f" Who acts: {first.who}." if row.delivered_at is not None else ""
        return f"{begins}: {first.title}.{acts} {first.next_step}"
    goes = f" They will lie in {there}." if there else ""
    return f"{begins}; nothing holds it up.{goes}"


def _arrived(order: Order, row: OrderLine, there: str, *, lies_there: bool) -> str:
    portal = PORTAL_NAMES[_portal(order, row)]
    since = f"{row.delivered_at:%Y-%m-%d}"
    if lies_there:
        return f"They lie in {there}, since {since}; look in {portal}."
    if not row.smart_enabled:
        return f"Delivered as a PAK on {since}; look in {portal}."
    if row.smart_account_id is not None:
        return f"Delivered on {since}; they arrive in {there} within a few minutes."
    if order.type == "stocking":
        return f"Delivered on {since} to the partner’s stock, not to a Smart Account."
    return f"Delivered on {since}; look in {portal}."


def _said(items: Sequence[LineLicenses], arrived: Collection[int]) -> str:
    there = sum(1 for one in items if one.line in arrived)
    if there == len(items):
        first = f" {items[0].text}" if len({one.text for one in items}) == 1 and items else ""
        return f"Everything has been delivered.{first}"
    missing = next(one for one in items if one.line not in arrived)
    begun = f"{there} of {len(items)} lines arrived. " if there else ""
    return f"{begun}{missing.text}"
