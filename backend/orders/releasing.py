"""Orders that stood on an account which goes: they stand on none again."""

from collections.abc import Sequence

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core.events import Acting, record
from backend.orders import news
from backend.orders.delays import refresh
from backend.orders.models import NOWHERE, DroppedLine, Order, OrderLine


async def release_orders(session: AsyncSession, account: SmartAccount) -> None:
    """Take every line off an account that is about to be deleted, which the caller has locked.
    Only one that never became active goes, so that no licences lie there; whoever assigns an
    order does not wait for such a one.
    """
    await session.exec(
        update(DroppedLine)
        .where(col(DroppedLine.smart_account_id) == account.id)
        .values(smart_account_id=None, virtual_account_id=None, assigned_at=None, assigned_by=None)
    )
    await session.exec(
        update(OrderLine)
        .where(col(OrderLine.commerce_account_id) == account.id)
        .values(commerce_account_id=None, commerce_place_id=None, commerce_assigned_at=None)
    )
    numbers = await session.exec(
        select(OrderLine.order_number).where(OrderLine.smart_account_id == account.id).distinct()
    )
    wanted = list(numbers.all())
    if not wanted:
        return
    orders = await session.exec(
        select(Order)
        .where(col(Order.number).in_(wanted))
        .order_by(col(Order.number))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = await session.exec(select(OrderLine).where(col(OrderLine.order_number).in_(wanted)))
    lines: dict[str, list[OrderLine]] = {number: [] for number in wanted}
    for line in found.all():
        lines[line.order_number].append(line)
    for order in orders.all():
        await _release(session, order, lines[order.number], account)


async def _release(
    session: AsyncSession, order: Order, lines: Sequence[OrderLine], account: SmartAccount
) -> None:
    for line in lines:
        if line.smart_account_id == account.id:
            line.assign(NOWHERE)
    refresh(order, lines)
    session.add(order)
    session.add_all(lines)
    await session.flush()
    await record(
        session, "order_released", Acting(person=account.domain, via="rule"),
        subject=f"order {order.number}",
        text=f"Order {order.number} stands on no Smart Account any more: {account.name} "
        f"({account.domain}) was never accepted.",
        details={"order": order.number},
    )  # fmt: skip
    await news.note_changes(session, order, lines)
