"""Which orders a person sees, by which way, and what that way allows.

There are six ways to an order, each a condition with an index of its own. The list, one order,
the summary, a download and “why can I see this?” all ask the same conditions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.identity import Person
from backend.core.pagination import decode, encode
from backend.core.policy import MATRIX, Action, Reach
from backend.orders.models import Order, OrderDelegation, OrderLine, OrderShare
from backend.partners.models import OrderFulfillmentManager
from backend.people.organizations import is_public_mailbox
from backend.users.rights import held


class Way(StrEnum):
    """How somebody comes to see an order."""

    CONTACT = "fulfillment_contact"
    DOMAIN = "domain"
    DELEGATE = "delegate"
    PARTNER = "order_fulfillment_manager"
    SHARED = "shared"
    ACCOUNT = "account"


# Whoever sees an order only because it stands on an account changes nothing about it.
ASSIGNING = frozenset(Way) - {Way.ACCOUNT}
# A delegate, and whoever it was shared with, does not pass it on.
SHARING = frozenset({Way.CONTACT, Way.DOMAIN, Way.PARTNER})
# More than so many accounts and virtual accounts are asked about together.
MOST_PARTS = 40
_AROUND_DIGITS = re.compile(r"^(?:order|so|wo|no|[#:.\s])+|[\s-]", re.IGNORECASE)
# So many digits leave few enough orders to be looked up by their numbers.
FIND_DIGITS = 5
_VIEWING = MATRIX[Action.VIEW_ORDERS]


@dataclass
class View:
    """From where somebody looks at orders.

    `domain` is None for an address at a public mailbox provider: sharing that means nothing.
    `accounts` are Smart Accounts all of which the person sees, `places` ids of virtual accounts.
    """

    person: str
    email: str
    domain: str | None
    kind: str = "customer"
    partners: set[str] = field(default_factory=set)
    accounts: set[int] = field(default_factory=set)
    places: set[str] = field(default_factory=set)

    def ways(self, *, of_few: bool = False) -> dict[Way, ColumnElement[bool]]:
        """The condition of each way that is open to this person.

        `of_few` where the orders are named: what stands on an account is then asked of each of
        them, instead of each order of what stands on the account.
        """
        number = col(Order.number)
        redeemed = select(OrderDelegation.order_number).where(
            OrderDelegation.delegate == self.person, col(OrderDelegation.ended_at).is_(None)
        )
        shared = select(OrderShare.order_number).where(OrderShare.email == self.email)
        ways: dict[Way, ColumnElement[bool]] = {
            Way.CONTACT: col(Order.fc_email) == self.email,
            Way.DELEGATE: number.in_(redeemed),
            Way.SHARED: number.in_(shared),
        }
        if self.domain is not None:
            ways[Way.DOMAIN] = and_(
                col(Order.fc_domain) == self.domain, col(Order.fc_email) != self.email
            )
        if self.partners:
            ways[Way.PARTNER] = and_(
                col(Order.partner_domain).in_(self.partners), col(Order.status) != "submitted"
            )
        standing = self.standing()
        if standing and of_few:
            lines = select(OrderLine.order_number).where(OrderLine.order_number == Order.number)
            ways[Way.ACCOUNT] = lines.where(or_(*standing)).exists()
        elif standing:
            parts: list[Any] = [select(OrderLine.order_number).where(one) for one in standing]
            ways[Way.ACCOUNT] = number.in_(union_all(*parts) if len(parts) > 1 else parts[0])
        return ways

    def standing(self) -> list[ColumnElement[bool]]:
        """The conditions on lines of what stands where the person may look."""
        found: list[ColumnElement[bool]] = []
        if self.accounts:
            found.append(col(OrderLine.smart_account_id).in_(self.accounts))
        if self.places:
            found.append(col(OrderLine.virtual_account_id).in_(self.places))
        return found

    def each_standing(self) -> list[ColumnElement[bool]]:
        """The same, one for each account and virtual account, while they are few: each finds its
        newest lines by its index.
        """
        if len(self.accounts) + len(self.places) > MOST_PARTS:
            return self.standing()
        return [
            *(col(OrderLine.smart_account_id) == one for one in sorted(self.accounts)),
            *(col(OrderLine.virtual_account_id) == one for one in sorted(self.places)),
        ]


async def view_of(session: AsyncSession, person: Person) -> View:
    """What decides about which orders the person sees."""
    own = None if await is_public_mailbox(session, person.domain) else person.domain
    view = View(person.id, person.email, own, person.kind)
    managed = await session.exec(
        select(OrderFulfillmentManager.partner_domain).where(
            OrderFulfillmentManager.person == person.id
        )
    )
    view.partners = set(managed.all())
    for one in await held(session, None, person=person.id):
        reach = _VIEWING.get(one.role)
        if reach is Reach.ALL:
            view.accounts.add(one.smart_account_id)
        elif reach is Reach.OWN:
            view.places |= one.places
    return view


async def view_at(session: AsyncSession, email: str) -> View:
    """What whoever signs in with this address for the first time will see."""
    domain = email.rsplit("@", 1)[-1]
    return View("", email, None if await is_public_mailbox(session, domain) else domain)


async def ways_to(session: AsyncSession, view: View, number: str) -> list[Way]:
    """The ways by which the person sees this order, by its sales order number; none if they
    don't.
    """
    return (await ways_to_each(session, view, [number])).get(number, [])


async def ways_to_each(
    session: AsyncSession, view: View, numbers: Sequence[str]
) -> dict[str, list[Way]]:
    """The ways by which the person sees each of these orders, by sales order number, in one
    query; an order that they don't see is missing.
    """
    if not numbers:
        return {}
    parts: list[Any] = [
        select(Order.number, literal(str(way)).label("way")).where(
            col(Order.number).in_(numbers), condition
        )
        for way, condition in view.ways(of_few=True).items()
    ]
    found: dict[str, set[str]] = {}
    for number, way in (await (await session.connection()).execute(union_all(*parts))).all():
        found.setdefault(number, set()).add(way)
    return {number: [way for way in Way if way in ways] for number, ways in found.items()}


def seen(view: View, *narrowed: ColumnElement[bool]) -> Any:
    """A subquery with the numbers of all orders that the person sees, each once."""
    parts: list[Any] = [
        select(Order.number).where(condition, *narrowed) for condition in view.ways().values()
    ]
    return union_all(*parts)


async def page(
    session: AsyncSession,
    view: View,
    narrowed: Iterable[ColumnElement[bool]],
    cursor: str | None,
    limit: int,
) -> tuple[list[Order], str | None]:
    """The orders that the person sees, newest first, and the next cursor.

    Each way gives its newest `limit + 1`: whatever is among the newest of all is among the
    newest of a way. So a list costs the same however many orders there are.
    """
    conditions = list(narrowed)
    if cursor:
        moment, last = decode(cursor, (datetime, str))
        conditions.append(tuple_(col(Order.placed_at), col(Order.number)) < tuple_(moment, last))
    newest = (col(Order.placed_at).desc(), col(Order.number).desc())
    ways = view.ways()
    ways.pop(Way.ACCOUNT, None)
    parts: list[Any] = [
        select(Order.number).where(way, *conditions).order_by(*newest).limit(limit + 1)
        for way in ways.values()
    ] + [_newest_on(one, conditions, limit + 1) for one in view.each_standing()]
    parts = [select(part.subquery().c[0]) for part in parts]
    rows = await session.exec(
        select(Order).where(col(Order.number).in_(union_all(*parts)))
        .order_by(*newest).limit(limit + 1)
    )  # fmt: skip
    orders = list(rows.all())
    following = None
    if len(orders) > limit:
        orders = orders[:limit]
        following = encode((orders[-1].placed_at, orders[-1].number))
    return orders, following


def _newest_on(
    standing: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]], limit: int
) -> Any:
    """The numbers of the newest orders with a line there, each once."""
    key = (col(OrderLine.placed_at), col(OrderLine.order_number))
    return (
        select(OrderLine.order_number)
        .join(Order, col(Order.number) == col(OrderLine.order_number))
        .where(standing, *conditions)
        .group_by(*key)
        .order_by(*(one.desc() for one in key))
        .limit(limit)
    )


def may_assign(ways: Sequence[Way]) -> bool:
    """Whether somebody who came by these ways may assign the order, share and follow its set-up."""
    return any(way in ASSIGNING for way in ways)


def matching(said: str) -> ColumnElement[bool]:
    """Orders found by what people type: the beginning of either number, or all of the customer's
    own; or words of the customer's name, a product or its number.
    """
    q = said.strip()
    digits = _AROUND_DIGITS.sub("", q)
    if digits.isascii() and digits.isdigit():
        return _numbered(digits, q)
    lines = (
        select(OrderLine.order_number)
        .where(
            OrderLine.order_number == Order.number,
            or_(
                col(OrderLine.product).icontains(q, autoescape=True),
                col(OrderLine.sku).icontains(q, autoescape=True),
            ),
        )
        .correlate(Order)  # and not the lines of an account that are being looked through
    )
    return or_(
        col(Order.end_customer).icontains(q, autoescape=True),
        func.lower(col(Order.customer_order_number)) == q.lower(),
        lines.exists(),
    )


def _numbered(digits: str, said: str) -> ColumnElement[bool]:
    """By each number's own index, as soon as so many digits are said that few orders have them.
    The customer's number is written as they write it: `2024-118`.
    """
    one = aliased(Order) if len(digits) >= FIND_DIGITS else Order
    ways = [
        begins(one.number, digits),
        begins(one.web_order_number, digits),
        col(one.customer_order_number).in_({digits, said}),
    ]
    if one is Order:
        return or_(*ways)
    found: list[Any] = [select(one.number).where(way) for way in ways]
    return col(Order.number).in_(union_all(*found))


def begins(number: Any, digits: str) -> ColumnElement[bool]:
    """As a range, which any index serves: digits follow one another in every collation."""
    after = str(int(digits) + 1).zfill(len(digits))
    bounded = (
        and_(number >= digits, number < after) if len(after) == len(digits) else (number >= digits)
    )
    return and_(bounded, number.startswith(digits, autoescape=True))
