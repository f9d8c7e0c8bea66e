"""A world of any number of orders, for trying out how the product behaves in it.

A company has a hundred orders, five people who are their Fulfillment Contacts in turn, and a
Smart Account with two virtual accounts. Order `i` is the same in a small world and in a big one,
and so is what somebody of company `c` sees: `person0@c7.many.example` of 1,000 orders as much as
of a million. The Order Fulfillment Manager `manager@partner0.many.example` sees three in ten.

Orders are added ten thousand at a time, each time in a transaction of its own, so that what was
broken off goes on where it stopped and a world can grow.
"""

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, text
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.domains import domain_path
from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import Database
from backend.core.identity import Organization, Person
from backend.demo.bulk import Row, Table
from backend.demo.stories import Story, stories, told
from backend.orders.models import License, Order, OrderLine
from backend.partners.models import OrderFulfillmentManager
from backend.users.models import Membership
from backend.virtual_accounts.models import VirtualAccount

AT_ONCE, ORDERS_A_COMPANY, CONTACTS = 10_000, 100, 5
# Far from all numbers that people of the demo world quote.
FIRST, WEB_FIRST = 500_000_000, 800_000_000
FIRST_ACCOUNT, FIRST_HOLDING = 500_000, 290_000
COUNTRIES = ("NO", "SE", "DE", "GB", "US", "FR", "NL", "JP")
# Of so many companies one has an account that is not active, or a notice to accept.
PENDING_EVERY, NOTICE_EVERY = 50, 40
_ORDERS, _LINES, _LICENSES = Table(Order), Table(OrderLine), Table(License)


@dataclass(frozen=True)
class Company:
    """A customer with a hundred orders, by its number."""

    number: int

    @property
    def domain(self) -> str:
        """The domain of its people and of its Smart Account."""
        return f"c{self.number}.many.example"

    @property
    def name(self) -> str:
        """What it is called."""
        return f"Company {self.number}"

    @property
    def account(self) -> int:
        """The number of its Smart Account."""
        return FIRST_ACCOUNT + self.number

    def place(self, which: int) -> str:
        """The id of its default virtual account (0) or of its other one (1)."""
        return f"many-{self.number}-{which}"

    def contact(self, which: int) -> str:
        """The address of one of its five people."""
        return f"person{which % CONTACTS}@{self.domain}"

    def called(self, which: int) -> str:
        """The name of one of its five people."""
        return f"Person {which % CONTACTS} of {self.name}"


def manager(partner: str) -> str:
    """The address of a partner's Order Fulfillment Manager."""
    return f"manager@{partner}"


async def add_orders(db: Database, count: int) -> AsyncIterator[int]:
    """Let the world have this many orders of this kind; yields how many there are so far.

    PostgreSQL counts its tables at the end, which it does by itself only after a while.
    """
    async with db.read() as session:
        last = (
            await session.exec(
                select(func.max(Order.number)).where(
                    col(Order.number) >= str(FIRST), col(Order.number) < str(WEB_FIRST)
                )
            )
        ).one()
    done = int(last) + 1 - FIRST if last else 0
    yield done
    while done < count:
        until = min(count, done - done % AT_ONCE + AT_ONCE)
        async with db.write() as session:
            if done == 0:
                await _add_partners(session)
            await _add_companies(session, done, until)
            await _add_rows(session, done, until)
        done = until
        yield done
    if not db.on_sqlite:
        async with db.write() as session:
            await session.exec(text("ANALYZE"))  # type: ignore[call-overload]


async def _add_partners(session: AsyncSession) -> None:
    """Those who sold the orders, each with a holding account and somebody who handles orders."""
    sellers = told()["partners"]
    domains = [row["domain"] for row in sellers]
    await _add(session, (
        Organization(domain=row["domain"], name=row["name"], kind="partner") for row in sellers
    ))  # fmt: skip
    await _add(session, (
        Person(id=manager(domain), email=manager(domain), name=f"Manager {number}", kind="partner",
               organization_domain=domain, partner_roles=["pss_admin"])
        for number, domain in enumerate(domains)
    ))  # fmt: skip
    await _add(session, (
        OrderFulfillmentManager(
            partner_domain=domain, person=manager(domain), granted_by=manager(domain)
        )
        for domain in domains
    ))  # fmt: skip
    await _add(session, (
        _account(FIRST_HOLDING + number, row["domain"], row["name"], type="holding")
        for number, row in enumerate(sellers)
    ))  # fmt: skip
    await _add(session, (
        _place(_holding(number), FIRST_HOLDING + number, "DEFAULT")
        for number in range(len(domains))
    ))  # fmt: skip


def _holding(partner: int) -> str:
    return f"holding-{partner}"


async def _add_companies(session: AsyncSession, first: int, until: int) -> None:
    """Those whose first order is among the next ones."""
    numbers = range(-(-first // ORDERS_A_COMPANY), -(-until // ORDERS_A_COMPANY))
    companies = [Company(number) for number in numbers]
    await _add(session, (
        Organization(domain=one.domain, name=one.name, kind="customer") for one in companies
    ))  # fmt: skip
    await _add(session, (
        Person(id=one.contact(which), email=one.contact(which), kind="customer",
               name=one.called(which), organization_domain=one.domain)
        for one in companies for which in range(CONTACTS)
    ))  # fmt: skip
    await _add(session, (
        _account(
            one.account, one.domain, one.name, admin_notice=1,
            status="active" if _is_active(one.number) else "pending",
            smart_licensing_notice=1 if (one.number + 1) % NOTICE_EVERY else 0,
        )
        for one in companies
    ))  # fmt: skip
    await _add(session, (
        _place(one.place(which), one.account, name)
        for one in companies for which, name in enumerate(("DEFAULT", "Site"))
    ))  # fmt: skip
    await _add(session, (
        Membership(smart_account_id=one.account, person=one.contact(0), role="sa_admin")
        for one in companies
    ))  # fmt: skip


async def _add(session: AsyncSession, models: Iterable[SQLModel]) -> None:
    session.add_all(models)
    await session.flush()
    session.expunge_all()


def _account(number: int, domain: str, name: str, **fields: Any) -> SmartAccount:
    then = clock.now() - timedelta(days=1200)
    return SmartAccount(
        id=number, domain=domain, domain_path=domain_path(domain), name=name, key=name.casefold(),
        created_at=then, activated_at=None if fields.get("status") == "pending" else then, **fields,
    )  # fmt: skip


def _place(place: str, account: int, name: str) -> VirtualAccount:
    return VirtualAccount(
        id=place, smart_account_id=account, name=name, key=name.casefold(),
        is_default=name == "DEFAULT",
    )  # fmt: skip


async def _add_rows(session: AsyncSession, first: int, until: int) -> None:
    """The orders, their lines, and what these put into virtual accounts."""
    rows: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
    for order, lines in orders(first, until, clock.now()):
        rows[0].append(order)
        rows[1].extend(lines)
        rows[2].extend(_license(line) for line in lines if _has_arrived(line))
    for table, some in zip((_ORDERS, _LINES, _LICENSES), rows, strict=True):
        await table.add(session, some)


def orders(first: int, until: int, now: datetime) -> Iterator[tuple[Row, list[Row]]]:
    """The orders with these numbers, each with its lines. All of a company's are drawn, so that
    each is the same from wherever one begins.
    """
    kinds = stories()
    shares = [one.share for one in kinds]
    sellers = list(enumerate(told()["partners"]))
    sold = [partner["share"] for _, partner in sellers]
    for number in range(first // ORDERS_A_COMPANY, -(-until // ORDERS_A_COMPANY)):
        chance = random.Random(number)  # noqa: S311 - the same every time
        picked = chance.choices(kinds, shares, k=ORDERS_A_COMPANY)
        partners = chance.choices(sellers, sold, k=ORDERS_A_COMPANY)
        ages = [chance.uniform(*story.age) for story in picked]
        begin = number * ORDERS_A_COMPANY
        for at in range(max(first - begin, 0), min(until - begin, ORDERS_A_COMPANY)):
            placed = now - timedelta(days=ages[at])
            yield _order(begin + at, Company(number), picked[at], partners[at], placed)


def _order(
    i: int, company: Company, story: Story, partner: tuple[int, Row], placed: datetime
) -> tuple[Row, list[Row]]:
    seller, sold_by = partner
    order = story.order.at(placed)
    contact = company.contact(i)
    order |= {
        "number": str(FIRST + i), "web_order_number": str(WEB_FIRST + i),
        "customer_order_number": f"PO-{i}", "partner_domain": sold_by["domain"],
        "partner_name": sold_by["name"], "end_customer": company.name,
        "country": COUNTRIES[company.number % len(COUNTRIES)],
        "holds": {by: (placed + timedelta(days=days)).isoformat()
                  for by, days in story.holds.items()},
    }  # fmt: skip
    if order["fc_email"]:
        order |= {
            "fc_name": company.called(i), "fc_email": contact, "fc_domain": company.domain
        }  # fmt: skip
    on: Row = {"order_number": order["number"]}
    if story.on == "customer":
        on |= {"smart_account_id": company.account, "virtual_account_id": company.place(i % 2)}
        # Half of them were assigned here, the others in Commerce before the sale.
        on["assigned_by"] = contact if order["fc_email"] and i % 2 else None
    elif story.on == "holding":
        on |= {
            "smart_account_id": FIRST_HOLDING + seller, "virtual_account_id": _holding(seller)
        }  # fmt: skip
    lines = []
    for template in story.lines:
        line = template.at(placed)
        line.update(on)
        if line["provisioning_contact"]:
            line["provisioning_contact"] = contact
        lines.append(line)
    return order, lines


def _has_arrived(line: Row) -> bool:
    """A pending account takes no licences, and a PAK goes to none."""
    account = line["smart_account_id"]
    if not (line["delivered_at"] and line["smart_enabled"] and account):
        return False
    return bool(account < FIRST_ACCOUNT or _is_active(account - FIRST_ACCOUNT))


def _is_active(company: int) -> bool:
    return (company + 1) % PENDING_EVERY != 0


def _license(line: Row) -> Row:
    added: datetime = line["delivered_at"]
    ends = None if line["kind"] == "perpetual" else added + timedelta(days=1095)
    return {
        "id": f"many-{line['order_number']}-{line['number']}", "line": line["number"],
        "starts_at": added, "added_at": added, "ends_at": ends,
    } | {
        name: line[name]
        for name in ("smart_account_id", "virtual_account_id", "order_number", "sku", "product",
                     "quantity", "kind", "subscription_id")
    }  # fmt: skip
