"""The lines of an order as a version has them, with what was decided here about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.commerce.schemas import CommerceLine, CommerceOrder
from backend.core.problems import FieldError, invalid
from backend.orders.models import NOWHERE, Assigned, DroppedLine, Order, OrderLine
from backend.virtual_accounts.models import VirtualAccount

# What is decided here: a line keeps it, and has it again when it comes back.
ASSIGNMENT = ("smart_account_id", "virtual_account_id", "assigned_at", "assigned_by")
SET_UP = ("provisioning_contact", "contact_by", "contact_mailed_at")
NOT_ASKED_YET = frozenset({"not_started", "scheduled", "on_hold"})
AWAITING = "awaiting_provisioning_details"


@dataclass(frozen=True)
class Goal:
    """Where Commerce assigned a line to."""

    account: int
    place: str | None


Goals = dict[int, Goal]


async def goals_of(session: AsyncSession, message: CommerceOrder) -> Goals:
    """Where each line was assigned in Commerce, by its number; 422 for what is not there."""
    named = [line for line in message.lines if line.smart_account is not None]
    if not named:
        return {}
    accounts = await session.exec(
        select(SmartAccount.domain, SmartAccount.id).where(
            col(SmartAccount.domain).in_({line.smart_account for line in named})
        )
    )
    ids: dict[str, int] = {domain: int(id_ or 0) for domain, id_ in accounts.all()}
    wanted = {
        (ids[str(line.smart_account)], line.virtual_account.casefold())
        for line in named
        if line.virtual_account is not None and line.smart_account in ids
    }
    places = await _places(session, wanted)
    found, wrong = {}, []
    for at, line in enumerate(message.lines):
        if line.smart_account is None:
            continue
        account = ids.get(line.smart_account)
        place = places.get((account or 0, (line.virtual_account or "").casefold()))
        if account is None:
            wrong.append(_unknown(at, "smart_account", f"Smart Account {line.smart_account}"))
        elif line.virtual_account is not None and place is None:
            said = f"virtual account “{line.virtual_account}” in {line.smart_account}"
            wrong.append(_unknown(at, "virtual_account", said))
        else:
            found[line.number] = Goal(account, place)
    if wrong:
        raise invalid(wrong)
    return found


async def _places(
    session: AsyncSession, wanted: set[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    if not wanted:
        return {}
    accounts = {account for account, _ in wanted}
    rows = await session.exec(
        select(VirtualAccount.smart_account_id, VirtualAccount.name, VirtualAccount.id).where(
            col(VirtualAccount.smart_account_id).in_(accounts)
        )
    )
    return {(account, name.casefold()): place for account, name, place in rows.all()}


def _unknown(at: int, field: str, what: str) -> FieldError:
    return FieldError(
        field=f"lines.{at}.{field}", code="unknown", message=f"There is no {what} here."
    )


async def merged(
    session: AsyncSession, order: Order, present: Sequence[OrderLine], message: CommerceOrder,
    goals: Goals,
) -> list[OrderLine]:  # fmt: skip
    """The order's lines from now on. Those that Commerce took off go, with their licences; what
    was decided here about them is kept for when it brings them back.
    """
    by_number = {line.number: line for line in present}
    told = {line.number for line in message.lines}
    for number, line in by_number.items():
        if number not in told:
            await _drop(session, line)
    kept = await _kept(session, order.number, told - by_number.keys()) if present else {}
    lines = []
    for one in sorted(message.lines, key=lambda line: line.number):
        line = by_number.get(one.number) or OrderLine(
            order_number=order.number, **_values(one, message), number=one.number
        )
        if one.number in kept:
            back = kept[one.number]
            for name in (*ASSIGNMENT, *SET_UP):
                setattr(line, name, getattr(back, name))
            await session.delete(back)
        _make(line, one, message, goals.get(one.number))
        lines.append(line)
    return lines


async def _drop(session: AsyncSession, line: OrderLine) -> None:
    if line.assigned_by is not None or line.contact_by is not None or line.contact_mailed_at:
        decided = {name: getattr(line, name) for name in (*ASSIGNMENT, *SET_UP)}
        if line.assigned_by is None:
            decided |= dict.fromkeys(ASSIGNMENT)
        if line.contact_by is None:
            decided["provisioning_contact"] = None
        session.add(DroppedLine(order_number=line.order_number, number=line.number, **decided))
    await session.delete(line)


async def _kept(session: AsyncSession, number: str, new: set[int]) -> dict[int, DroppedLine]:
    if not new:
        return {}
    rows = await session.exec(
        select(DroppedLine).where(
            DroppedLine.order_number == number, col(DroppedLine.number).in_(new)
        )
    )
    return {row.number: row for row in rows.all()}


def _values(line: CommerceLine, message: CommerceOrder) -> dict[str, Any]:
    """A line's columns as this version has them, without what may have been decided here."""
    delivered: datetime | None = None
    if line.provisioning == "completed":
        delivered = line.delivered_at or line.provisioning_since or message.since
    return {
        "placed_at": message.placed_at,
        "provisioning_since": line.provisioning_since or delivered or message.since,
        "delivered_at": delivered,
    } | {
        name: getattr(line, name)
        for name in (
            "sku", "product", "quantity", "kind", "smart_enabled", "provisioning",
            "requested_start", "set_up_mail_at", "onboarded_at", "claim_sent_at", "claimed_at",
            "tenant_asked_at", "tenant", "ea_request_due_at", "ea_requested_at",
            "subscription_id", "ends_at",
        )
    }  # fmt: skip


def _make(line: OrderLine, told: CommerceLine, message: CommerceOrder, goal: Goal | None) -> None:
    """Make a line what this version says, but for what was decided here."""
    for name, value in _values(told, message).items():
        setattr(line, name, value)
    there = NOWHERE
    if goal is not None:
        at = told.assigned_at or message.moment("booked_at") or message.since
        there = Assigned(goal.account, goal.place, at)
    if line.assigned_by is None:
        line.assign(there)
        line.keep_commerce(NOWHERE)
    else:
        line.keep_commerce(there)
    if line.contact_by is None:
        line.provisioning_contact = told.provisioning_contact
    if line.contact_mailed_at is not None:
        line.set_up_mail_at = line.set_up_mail_at or line.contact_mailed_at
        if line.provisioning in NOT_ASKED_YET:
            line.provisioning, line.provisioning_since = AWAITING, line.contact_mailed_at
