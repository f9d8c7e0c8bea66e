"""Licences: those that lie in an account, and where those of an order lie or why not yet."""

from collections.abc import Sequence
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
from backend.orders.models import License, Order, OrderLine
from backend.orders.schemas import (
    DelayPublic,
    LicensePublic,
    LineLicenses,
    LinePublic,
    OrderLicenses,
)
from backend.orders.service import find
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
    items = [
        _of_line(seen.order, row, line, [one for one in order.delays if line.number in one.lines])
        for row, line in zip(seen.lines, order.lines, strict=True)
    ]
    return OrderLicenses(
        number=order.number,
        delivered=sum(1 for one in items if one.delivered_at is not None),
        text=_said(items),
        items=items,
    )


def _of_line(
    order: Order, row: OrderLine, line: LinePublic, waits: Sequence[DelayPublic]
) -> LineLicenses:
    portal = _portal(order, row)
    return LineLicenses(
        line=line.number,
        **line.model_dump(include={"sku", "product", "quantity", "delivered_at", "assignment"}),
        portal=portal.value,
        text=_where(line, portal, waits, cancelled=order.cancelled_at is not None),
        delays=[one.code for one in waits],
    )


def _portal(order: Order, line: OrderLine) -> Portal:
    if not line.smart_enabled:
        return Portal.LRP
    if order.type == "ea":
        return Portal.EAWS
    return Portal.CSSM


def _where(
    line: LinePublic, portal: Portal, waits: Sequence[DelayPublic], *, cancelled: bool
) -> str:
    on = line.assignment
    there = " / ".join(one for one in (on.name, on.virtual_account) if one) if on else ""
    if line.delivered_at is not None:
        lies = f"They lie in {there}" if there else "They lie in an account"
        return f"{lies}, since {line.delivered_at:%Y-%m-%d}; look in {PORTAL_NAMES[portal]}."
    if cancelled:
        return "The order was cancelled: nothing will be delivered."
    if waits:
        return f"Not delivered yet: {waits[0].title}. {waits[0].next_step}"
    goes = f" They will lie in {there}." if there else ""
    return f"Not delivered yet; nothing holds it up.{goes}"


def _said(items: Sequence[LineLicenses]) -> str:
    there = sum(1 for one in items if one.delivered_at is not None)
    if there == len(items):
        first = f" {items[0].text}" if len({one.text for one in items}) == 1 and items else ""
        return f"Everything has been delivered.{first}"
    missing = next(one for one in items if one.delivered_at is None)
    begun = f"{there} of {len(items)} lines delivered. " if there else ""
    return f"{begun}{missing.text}"
