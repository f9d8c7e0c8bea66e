"""Who handles a partner's orders after booking: granted by its Partner Self-Service administrator.

Nobody outside of the partner learns who its people are: for them there is no such partner.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import insert_into, lock_row
from backend.core.events import Acting, record
from backend.core.identity import Organization, Person, by_address, people, person_ref
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid, not_found
from backend.core.receipts import Line, Receipt
from backend.partners.models import OrderFulfillmentManager
from backend.partners.schemas import (
    GrantOrderFulfillmentManager,
    OrderFulfillmentManagerAnswer,
    OrderFulfillmentManagerPublic,
)
from backend.users.rights import shown

PSS_ADMIN, OFM = "pss_admin", "ofm"


async def listed(
    session: AsyncSession, person: Person, domain: str
) -> list[OrderFulfillmentManagerPublic]:
    """Everybody of the partner may know who manages its orders."""
    partner = await _partner(session, person, domain)
    return await _public(session, await _managers(session, partner.domain))


async def grant(
    session: AsyncSession, person: Person, acting: Acting, domain: str,
    body: GrantOrderFulfillmentManager,
) -> OrderFulfillmentManagerAnswer:  # fmt: skip
    """Let somebody of the partner see and assign its orders; whoever can already stays so."""
    partner = await _partner(session, person, domain)
    await _require_administrator(session, person, partner)
    await lock_row(session, Organization, partner.domain)
    manager = await _of_the_partner(session, partner, body.email)
    row = OrderFulfillmentManager(
        partner_domain=partner.domain, person=manager.id, granted_by=person.id
    )
    statement = insert_into(session, OrderFulfillmentManager).values(row.model_dump())
    fresh = await session.exec(
        statement.on_conflict_do_nothing().returning(col(OrderFulfillmentManager.person))
    )
    if fresh.first() is None:
        raise conflict(
            "manages-already", "That is granted already",
            f"{shown(manager)} is an Order Fulfillment Manager of {partner.name} already.",
            f"GET /api/v1/partners/{partner.domain}/order-fulfillment-managers lists them.",
        )  # fmt: skip
    await _note(
        session, acting, "order_fulfillment_manager_granted", partner, manager,
        f"{shown(manager)} manages the orders of {partner.name}",
    )  # fmt: skip
    return await _answer(session, partner, row, "Order Fulfillment Manager granted")


async def revoke(
    session: AsyncSession, person: Person, acting: Acting, domain: str, email: str
) -> OrderFulfillmentManagerAnswer:
    """Somebody no longer sees the partner's orders, unless by another way."""
    partner = await _partner(session, person, domain)
    await _require_administrator(session, person, partner)
    await lock_row(session, Organization, partner.domain)
    manager = await by_address(session, email)
    key = (partner.domain, manager.id if manager else "")
    row = await session.get(OrderFulfillmentManager, key)
    if manager is None or row is None:
        raise not_found(
            f"Order Fulfillment Manager {email[:100]} of {partner.domain}",
            f"GET /api/v1/partners/{partner.domain}/order-fulfillment-managers lists them.",
        )
    await session.delete(row)
    await session.flush()
    await _note(
        session, acting, "order_fulfillment_manager_revoked", partner, manager,
        f"{shown(manager)} no longer manages the orders of {partner.name}",
    )  # fmt: skip
    return await _answer(session, partner, row, "Order Fulfillment Manager revoked")


async def roles_of(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """`{partner, role}` for what the person does for a partner, shaped like a role in an account
    but of none.
    """
    rows = await session.exec(
        select(OrderFulfillmentManager.partner_domain)
        .where(OrderFulfillmentManager.person == person.id)
        .order_by(col(OrderFulfillmentManager.partner_domain))
    )
    held = [(domain, OFM) for domain in rows.all()]
    if is_administrator(person):
        held.insert(0, (person.organization_domain, PSS_ADMIN))
    return [
        {"smart_account": None, "role": role, "virtual_accounts": [], "partner": domain}
        for domain, role in held
    ]


def is_administrator(person: Person) -> bool:
    """Whether the person administers their own company in Partner Self-Service."""
    return person.kind == "partner" and PSS_ADMIN in person.partner_roles


async def _partner(session: AsyncSession, person: Person, domain: str) -> Organization:
    """The person's own company, named by its domain; 404 for every other."""
    partner = await session.get(Organization, domain)
    own = person.kind == "partner" and domain == person.organization_domain == person.domain
    if partner is None or not own or partner.kind != "partner":
        raise not_found(
            f"partner {domain[:100]}",
            "People of a partner see their own company here, by its exact domain.",
        )
    return partner


async def _require_administrator(
    session: AsyncSession, person: Person, partner: Organization
) -> None:
    if is_administrator(person):
        return
    rows = await session.exec(
        select(Person)
        .where(Person.organization_domain == partner.domain, Person.kind == "partner")
        .order_by(col(Person.email))
    )
    able = [shown(one) for one in rows.all() if is_administrator(one)][:3]
    names = f": {', '.join(able)}" if able else ""
    raise forbidden(
        f"Only the Partner Self-Service administrator of {partner.name} grants that{names}.",
        "Ask them, or open a case if nobody of them can be reached.",
    )


async def _of_the_partner(session: AsyncSession, partner: Organization, email: str) -> Person:
    """Whoever signs in with an address of the partner's own domain; 422 for anybody else."""
    if email.rsplit("@", 1)[-1] != partner.domain:
        raise _wrong(f"{email} is no address of {partner.name} (@{partner.domain}).")
    found = await by_address(session, email)
    theirs = found is not None and found.email == email
    if found is None or not theirs or found.organization_domain != partner.domain:
        raise _wrong(f"Nobody has signed in with {email} yet. They have to do that first.")
    return found


def _wrong(message: str) -> Problem:
    return invalid([FieldError(field="email", code="not_of_the_partner", message=message)])


async def _managers(session: AsyncSession, domain: str) -> Sequence[OrderFulfillmentManager]:
    rows = await session.exec(
        select(OrderFulfillmentManager)
        .where(OrderFulfillmentManager.partner_domain == domain)
        .order_by(col(OrderFulfillmentManager.granted_at), col(OrderFulfillmentManager.person))
    )
    return rows.all()


async def _note(
    session: AsyncSession, acting: Acting, type_: str, partner: Organization, manager: Person,
    text: str,
) -> None:  # fmt: skip
    await record(
        session, type_, acting, subject=manager.id, text=text,
        details={"partner": partner.domain, "person": manager.id},
    )  # fmt: skip


async def _answer(
    session: AsyncSession, partner: Organization, row: OrderFulfillmentManager, title: str
) -> OrderFulfillmentManagerAnswer:
    (public,) = await _public(session, [row])
    receipt = Receipt(
        title=title,
        reference=public.person.email,
        lines=[
            Line(label="Partner", value=f"{partner.name} ({partner.domain})"),
            Line(label="Who", value=f"{public.person.name} ({public.person.email})"),
            Line(label="Role", value="Order Fulfillment Manager"),
        ],
    )
    return OrderFulfillmentManagerAnswer(**public.model_dump(), receipt=receipt)


async def _public(
    session: AsyncSession, rows: Sequence[OrderFulfillmentManager]
) -> list[OrderFulfillmentManagerPublic]:
    known = await people(session, (one for row in rows for one in (row.person, row.granted_by)))
    return [
        OrderFulfillmentManagerPublic(
            partner=row.partner_domain,
            person=person_ref(row.person, known),
            granted_by=person_ref(row.granted_by, known) if row.granted_by else None,
            granted_at=row.granted_at,
        )
        for row in rows
    ]
