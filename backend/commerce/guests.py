"""Who was let in by somebody who is nobody to the order any more: delegates, and those it was
shared with.
"""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.commerce.schemas import CommerceOrder
from backend.core.events import Acting
from backend.core.identity import Person
from backend.orders import delegations
from backend.orders.history import note
from backend.orders.models import Order, OrderDelegation, OrderShare
from backend.orders.service import lines_of
from backend.partners.models import OrderFulfillmentManager
from backend.people.organizations import is_public_mailbox


async def end(session: AsyncSession, order: Order, message: CommerceOrder, acting: Acting) -> None:
    """End what was given while an older version than this one was known, by somebody who by this
    one may not give it. The order is locked by the caller.
    """
    over = await _delegations(session, order, message)
    gone = await _shares(session, order, message)
    if not over and not gone:
        return
    for row in over:
        delegations.end(row, delegations.CONTACT_CHANGED)
        session.add(row)
    for share in gone:
        await session.delete(share)
    await session.flush()
    lines = await lines_of(session, order.number)
    for row in over:
        await note(
            session, "order_delegation_ended", acting, order, lines,
            f"{row.email} may no longer assign order {order.number}: it has another Fulfillment "
            "Contact",
            delegation=row.id, email=row.email,
        )  # fmt: skip
    if gone:
        emails = sorted(share.email for share in gone)
        await note(
            session, "order_unshared", acting, order, lines,
            f"Order {order.number} is no longer shared with {', '.join(emails)}: whoever shared it "
            "may not assign it any more",
            emails=emails,
        )  # fmt: skip


async def _delegations(
    session: AsyncSession, order: Order, message: CommerceOrder
) -> list[OrderDelegation]:
    """Those of whoever is not the contact in this version."""
    contact = message.fulfillment_contact
    rows = await session.exec(
        select(OrderDelegation)
        .join(Person, col(Person.id) == OrderDelegation.delegator)
        .where(
            OrderDelegation.order_number == order.number,
            col(OrderDelegation.ended_at).is_(None),
            OrderDelegation.order_version < message.version,
            Person.email != (contact.email if contact else ""),
        )
        .order_by(col(OrderDelegation.id))
    )
    return list(rows.all())


async def _shares(session: AsyncSession, order: Order, message: CommerceOrder) -> list[OrderShare]:
    """Those of whoever is neither the contact in this version, nor of the contact's company, nor
    manages the partner's orders.
    """
    rows = await session.exec(
        select(OrderShare, Person)
        .join(Person, col(Person.id) == OrderShare.shared_by)
        .where(
            OrderShare.order_number == order.number,
            OrderShare.order_version < message.version,
        )
        .order_by(col(OrderShare.email))
    )
    shares = list(rows.all())
    if not shares:
        return []
    contact = message.fulfillment_contact.email if message.fulfillment_contact else ""
    domain = contact.rsplit("@", 1)[-1]
    if not domain or await is_public_mailbox(session, domain):
        domain = ""
    managers = await _managers(session, message)
    return [
        share
        for share, sharer in shares
        if sharer.email != contact and sharer.domain != domain and sharer.id not in managers
    ]


async def _managers(session: AsyncSession, message: CommerceOrder) -> set[str]:
    if message.partner is None:
        return set()
    rows = await session.exec(
        select(OrderFulfillmentManager.person).where(
            OrderFulfillmentManager.partner_domain == message.partner.domain
        )
    )
    return set(rows.all())
