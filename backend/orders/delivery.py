"""Licences arrive: what a delivered line puts into its virtual account."""

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import insert_into, lock_row
from backend.core.events import Acting, record
from backend.core.ids import new_id
from backend.orders.models import License, Order, OrderLine
from backend.virtual_accounts.repository import default_of

FEED = Acting(person="commerce", via="feed")


async def deliver(
    session: AsyncSession, order: Order, line: OrderLine, acting: Acting = FEED
) -> bool:
    """Put a line's licences into its virtual account, the default one if it names none, once; and
    mark it as delivered. Whether licences arrived by it: not for a line that is on no account,
    nor for one that has delivered them already. The order is locked by the caller.
    """
    now = clock.now()
    if line.delivered_at is None:
        line.provisioning, line.provisioning_since, line.delivered_at = "completed", now, now
        session.add(line)
    if line.smart_account_id is None or not line.smart_enabled:
        return False
    place = await _place(session, line)
    if place is None:
        return False
    starts = max(line.delivered_at, line.requested_start or line.delivered_at)
    await session.flush()
    statement = (
        insert_into(session, License)
        .values(
            id=new_id(), smart_account_id=line.smart_account_id, virtual_account_id=place,
            order_number=order.number, line=line.number, sku=line.sku, product=line.product,
            quantity=line.quantity, kind=line.kind, starts_at=starts, ends_at=line.ends_at,
            subscription_id=line.subscription_id, added_at=now,
        )
        .on_conflict_do_nothing(index_elements=[col(License.order_number), col(License.line)])
        .returning(col(License.id))
    )  # fmt: skip
    if (await session.exec(statement)).first() is None:
        return False
    await record(
        session, "licenses_arrived", acting, subject=f"order {order.number}",
        text=f"{line.quantity} × {line.product} arrived from order {order.number}, line "
        f"{line.number}.",
        smart_account_id=line.smart_account_id, virtual_accounts=[place],
        details={"order": order.number, "lines": [line.number]},
    )  # fmt: skip
    return True


async def _place(session: AsyncSession, line: OrderLine) -> str | None:
    """Where they go; nobody deletes it or makes another the default meanwhile. An account that is
    not active yet takes none: it may still go, with all that it has.
    """
    account = await session.get_one(SmartAccount, line.smart_account_id)
    if account.status != "active":
        return None
    await lock_row(session, SmartAccount, account.id)
    if line.virtual_account_id is None:
        default = await default_of(session, account.id)
        line.virtual_account_id = default.id if default else None
        session.add(line)
    return line.virtual_account_id
