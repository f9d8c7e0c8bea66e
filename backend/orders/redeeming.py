"""The link of a delegation is opened: from then on its person sees and assigns the order."""

import hmac

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import lock_row
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.problems import Problem, forbidden, not_found
from backend.core.receipts import Line, Receipt
from backend.orders import presentation
from backend.orders.delegations import over, status_of
from backend.orders.history import note
from backend.orders.models import Order, OrderDelegation
from backend.orders.schemas import OrderAnswer
from backend.orders.service import lines_of
from backend.orders.tokens import hashed, token_of
from backend.orders.visibility import view_of
from backend.users.rights import shown


async def redeem(session: AsyncSession, person: Person, acting: Acting, token: str) -> OrderAnswer:
    """Use a link, once; whoever has used it gets the same answer again. It stays unused when
    somebody with another address opens it.
    """
    row = await _row(session, token)
    await lock_row(session, Order, row.order_number)
    await session.refresh(row)
    order = await session.get_one(Order, row.order_number, populate_existing=True)
    if row.email != person.email or row.delegate not in (None, person.id):
        raise forbidden(
            f"This link was made for another address than {person.email}.",
            "Sign in with the address that the mail was sent to. It can still be used.",
        )
    if status_of(row) in {"revoked", "expired"}:
        raise over(row)
    if row.redeemed_at is None:
        await _use(session, row, order, person, acting)
    receipt = Receipt(
        title="You may assign this order",
        reference=row.id,
        lines=[
            Line(label="Order", value=order.number),
            Line(label="In place of", value=order.fc_email or row.delegator),
        ],
    )
    return await presentation.answer(session, await view_of(session, person), order, receipt)


async def _use(
    session: AsyncSession, row: OrderDelegation, order: Order, person: Person, acting: Acting
) -> None:
    row.delegate, row.redeemed_at = person.id, clock.now()
    session.add(row)
    await session.flush()
    await note(
        session, "order_delegation_redeemed", acting, order,
        await lines_of(session, order.number),
        f"{shown(person)} has accepted to assign order {order.number}",
        delegation=row.id, email=row.email,
    )  # fmt: skip


async def _row(session: AsyncSession, token: str) -> OrderDelegation:
    rows = await session.exec(
        select(OrderDelegation).where(OrderDelegation.token_hash == hashed(token))
    )
    row = rows.first()
    if row is None or not hmac.compare_digest(token_of(row).encode(), token.strip().encode()):
        raise _unknown()
    return row


def _unknown() -> Problem:
    return not_found(
        "delegation with this link",
        "Open the link exactly as the mail has it, or ask for a new one.",
    )
