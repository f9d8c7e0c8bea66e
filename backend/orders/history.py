"""What is done with an order, in the event history, and in that of the account it stands on."""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.events import Acting, Event, record
from backend.orders.models import Order, OrderLine


def subject_of(order: Order) -> str:
    """How events name an order."""
    return f"order {order.number}"


async def note(
    session: AsyncSession, type_: str, acting: Acting, order: Order, lines: Sequence[OrderLine],
    text: str, **details: Any,
) -> Event:  # fmt: skip
    """Append an event about an order. It belongs to an account's history while all lines that
    stand on any stand on that one.
    """
    accounts = {line.smart_account_id for line in lines if line.smart_account_id is not None}
    account = accounts.pop() if len(accounts) == 1 else None
    places = {line.virtual_account_id for line in lines if line.virtual_account_id is not None}
    return await record(
        session, type_, acting, subject=subject_of(order), text=text, smart_account_id=account,
        virtual_accounts=sorted(places) if account is not None else (),
        details={"order": order.number} | details,
    )  # fmt: skip
