"""Licences follow their lines: they arrive, change, move and go as a line does."""

from collections.abc import Iterable, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.events import Acting
from backend.orders.delivery import deliver
from backend.orders.models import License, Order, OrderLine
from backend.virtual_accounts.repository import default_of


async def settle(
    session: AsyncSession,
    order: Order,
    lines: Sequence[OrderLine],
    acting: Acting,
    *,
    had_any: bool,
) -> None:
    """Make an order's licences what its lines are: each delivered line has them once, in its
    virtual account; no other line has any. `had_any`: some may be there already. The order is
    locked by the caller.
    """
    delivering = [
        line
        for line in lines
        if line.delivered_at is not None and line.smart_account_id is not None
    ]
    if not delivering and not had_any:
        return
    there = await _licenses(session, order.number) if had_any else {}
    wanted = {line.number: line for line in delivering}
    for number, row in there.items():
        line = wanted.get(number)
        if line is None or not await _follow(session, row, line):
            await session.delete(row)
        else:
            session.add(row)
            del wanted[number]
    await session.flush()
    await _lock_accounts(session, wanted.values())
    for line in wanted.values():
        await deliver(session, order, line, acting)


async def _lock_accounts(session: AsyncSession, lines: Iterable[OrderLine]) -> None:
    """The active accounts of these lines, lowest number first: two orders whose lines name the
    same accounts the other way round would wait for each other.
    """
    accounts = {line.smart_account_id for line in lines}
    if len(accounts) > 1:
        await session.exec(
            select(SmartAccount.id)
            .where(col(SmartAccount.id).in_(accounts), SmartAccount.status == "active")
            .order_by(col(SmartAccount.id))
            .with_for_update(key_share=True)
        )


async def _licenses(session: AsyncSession, number: str) -> dict[int, License]:
    rows = await session.exec(select(License).where(License.order_number == number))
    return {row.line: row for row in rows.all()}


async def _follow(session: AsyncSession, row: License, line: OrderLine) -> bool:
    """Give a licence what its line says; False for one that is in the wrong account by now. A
    line that names no virtual account has its licences in the default one.
    """
    if row.smart_account_id != line.smart_account_id or not line.smart_enabled:
        return False
    if line.virtual_account_id is None:
        default = await default_of(session, row.smart_account_id)
        line.virtual_account_id = default.id if default else row.virtual_account_id
    started = line.delivered_at or row.starts_at
    row.virtual_account_id = line.virtual_account_id or row.virtual_account_id
    row.sku, row.product, row.quantity, row.kind = (
        line.sku, line.product, line.quantity, line.kind
    )  # fmt: skip
    row.starts_at = max(started, line.requested_start or started)
    row.ends_at, row.subscription_id = line.ends_at, line.subscription_id
    return True
