"""Who sees which order, held against a version that is slow and plain to see."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.core.database import database
from backend.core.identity import Organization, Person
from backend.core.ids import new_id
from backend.orders.models import Order, OrderDelegation, OrderLine, OrderShare
from backend.orders.visibility import Way, page, seen, view_of, ways_to, ways_to_each
from backend.partners.models import OrderFulfillmentManager
from backend.users.models import (
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount
from tests.orders.making import line_of, rows_of
from tests.orders.random_orders import Dice, accounts

PEOPLE, ORDERS = 100, 100
SEEING = {"sa_admin", "sa_user", "sa_viewer"}


@dataclass
class World:
    """Everything that decides about who sees what, as plain rows."""

    dice: Dice
    word: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    people: list[Person] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    lines: dict[str, list[OrderLine]] = field(default_factory=dict)
    accounts: list[SmartAccount] = field(default_factory=list)
    places: list[VirtualAccount] = field(default_factory=list)
    shares: list[OrderShare] = field(default_factory=list)
    delegations: list[OrderDelegation] = field(default_factory=list)
    managers: list[OrderFulfillmentManager] = field(default_factory=list)
    memberships: list[tuple[Membership, list[tuple[str, bool]]]] = field(default_factory=list)
    groups: list[tuple[UserGroup, list[str], list[str]]] = field(default_factory=list)

    @property
    def public(self) -> str:
        return f"mail{self.word}.example"

    def domains(self) -> list[str]:
        """Companies, names that look like one of them, and mailbox providers."""
        one = f"one{self.word}.example"
        return [one, f"{one}.evil.example", f"sub.{one}", f"x{one}", f"two{self.word}.example",
                self.public, f"de.{self.public}"]  # fmt: skip

    async def make(self) -> None:
        self._people()
        self._accounts()
        self._orders()
        async with database().write() as session:
            for domain in self.domains():
                session.add(Organization(domain=domain, name=domain, kind="customer",
                                         public_mailbox=domain == self.public))  # fmt: skip
            await session.flush()
            for rows in (self.people, self.accounts, self.places, self.orders,
                         [one for some in self.lines.values() for one in some], self.managers,
                         self.shares, self.delegations):  # fmt: skip
                session.add_all(rows)
                await session.flush()
            for membership, places in self.memberships:
                session.add(membership)
                await session.flush()
                session.add_all(
                    MembershipPlace(membership_id=membership.id, virtual_account_id=place,
                                    include_nested=nested)
                    for place, nested in places
                )  # fmt: skip
            for group, members, reach in self.groups:
                session.add(group)
                await session.flush()
                session.add_all(UserGroupMember(group_id=group.id, person=one) for one in members)
                session.add_all(UserGroupPlace(group_id=group.id, virtual_account_id=one)
                                for one in reach)  # fmt: skip

    def _people(self) -> None:
        for at in range(PEOPLE):
            domain = self.dice.choice(self.domains())
            email = f"p{at}.{self.word}@{domain}"
            # Whoever changed their address keeps the first one as their id.
            former = f"was{at}.{self.word}@{domain}" if self.dice.chance(0.2) else email
            self.people.append(
                Person(id=former, email=email, name=email, kind="customer",
                       organization_domain=domain)
            )  # fmt: skip

    def _accounts(self) -> None:
        dice, self.accounts = self.dice, accounts()
        for account in self.accounts:
            above: list[str | None] = [None]
            for at in range(4):
                place = VirtualAccount(
                    id=new_id(), smart_account_id=account.id, name=f"Place {at}",
                    is_default=at == 0, parent_id=dice.choice(above),
                )  # fmt: skip
                above.append(place.id)
                self.places.append(place)
            group = UserGroup(smart_account_id=account.id, name="Group", role="va_viewer")
            own = [one.id for one in self.places if one.smart_account_id == account.id]
            members = [one.id for one in dice.sample(self.people, 2)]
            self.groups.append((group, members, dice.sample(own, 1)))
        roles = ["sa_admin", "sa_approver", "sa_user", "sa_viewer", "va_admin", "va_user",
                 "va_viewer"]  # fmt: skip
        for person in dice.sample(self.people, PEOPLE // 2):
            account, role = dice.choice(self.accounts), dice.choice(roles)
            own = [one.id for one in self.places if one.smart_account_id == account.id]
            places = [(one, dice.chance(0.5)) for one in dice.sample(own, dice.randint(1, 2))]
            membership = Membership(smart_account_id=account.id, person=person.id, role=role)
            self.memberships.append((membership, places if role.startswith("va_") else []))

    def _orders(self) -> None:
        dice = self.dice
        for at in range(ORDERS):
            contact = dice.choice(self.people).email if dice.chance(0.85) else None
            fields = {
                "placed_at": clock.now() - timedelta(days=dice.randint(3, 20)),
                "status": dice.choice(("submitted", "booked", "provisioned", "cancelled")),
                "partner_domain": dice.choice((None, *self.domains())),
            }
            order, lines = rows_of(
                f"{self.word}-{at}", [self._line() for _ in range(dice.randint(1, 3))], contact,
                fields,
            )  # fmt: skip
            self.orders.append(order)
            self.lines[order.number] = lines
        for order in dice.sample(self.orders, ORDERS // 3):
            somebody, other = dice.sample(self.people, 2)
            self.shares.append(
                OrderShare(order_number=order.number, email=dice.choice((somebody.email,
                           somebody.id)), shared_by=other.id)
            )  # fmt: skip
        for order in dice.sample(self.orders, ORDERS // 3):
            self.delegations.append(self._delegation(order, *dice.sample(self.people, 2)))
        for domain in self.domains():
            self.managers += [
                OrderFulfillmentManager(partner_domain=domain, person=one.id)
                for one in dice.sample(self.people, 2)
            ]

    def _line(self) -> dict[str, Any]:
        if self.dice.chance(0.4):
            return line_of()
        place = self.dice.choice(self.places)
        named = self.dice.chance(0.8)
        return line_of(place.smart_account_id, place.id if named else None,
                       delivered=named and self.dice.chance(0.3))  # fmt: skip

    def _delegation(self, order: Order, giver: Person, taker: Person) -> OrderDelegation:
        redeemed = self.dice.chance(0.7)
        return OrderDelegation(
            order_number=order.number, email=taker.email, token_hash=new_id(),
            delegator=giver.id, expires_at=clock.now() + timedelta(days=14),
            delegate=taker.id if redeemed else None, redeemed_at=self.dice.moment() if redeemed
            else None, ended_at=self.dice.perhaps(0.3),
        )  # fmt: skip

    # --- The obvious version ------------------------------------------------------------------

    def ways(self, person: Person, order: Order) -> list[Way]:
        """By which ways this person sees this order: one question after the other."""
        domain = person.email.split("@")[1]
        is_contact = order.fc_email == person.email
        questions = {
            Way.CONTACT: is_contact,
            Way.DOMAIN: order.fc_email is not None and not is_contact
            and order.fc_email.split("@")[1] == domain
            and domain != self.public and not domain.endswith(f".{self.public}"),
            Way.DELEGATE: any(
                one.delegate == person.id and one.ended_at is None
                for one in self.delegations if one.order_number == order.number
            ),
            Way.PARTNER: order.status != "submitted" and any(
                one.person == person.id and one.partner_domain == order.partner_domain
                for one in self.managers
            ),
            Way.SHARED: any(
                one.email == person.email and one.order_number == order.number
                for one in self.shares
            ),
            Way.ACCOUNT: any(self._looks_at(person, line) for line in self.lines[order.number]),
        }  # fmt: skip
        return [way for way, answer in questions.items() if answer]

    def _looks_at(self, person: Person, line: OrderLine) -> bool:
        for membership, places in self.memberships:
            if membership.person != person.id or line.smart_account_id is None:
                continue
            if membership.role in SEEING and membership.smart_account_id == line.smart_account_id:
                return True
            for place, nested in places:
                reach = {place} | (self._below(place) if nested else set())
                if line.virtual_account_id in reach:
                    return True
        return any(
            person.id in members and line.virtual_account_id in reach
            for _, members, reach in self.groups
        )

    def _below(self, place: str) -> set[str]:
        children = {one.id for one in self.places if one.parent_id == place}
        return children.union(*(self._below(child) for child in children))


@pytest.fixture(scope="session")
def worlds() -> dict[str, World]:
    """The world of each database, made once."""
    return {}


async def world_of(worlds: dict[str, World], database_url: str) -> World:
    if database_url not in worlds:
        worlds[database_url] = World(Dice(11))
        await worlds[database_url].make()
    return worlds[database_url]


@pytest.mark.usefixtures("app")
async def test_that_ten_thousand_pairs_are_seen_as_the_obvious_version_says(
    worlds: dict[str, World], database_url: str
) -> None:
    world = await world_of(worlds, database_url)
    numbers = [order.number for order in world.orders]
    pairs, met = 0, set()
    async with database().read() as session:
        for person in world.people:
            ways = {
                order.number: found
                for order in world.orders
                if (found := world.ways(person, order))
            }
            view = await view_of(session, person)
            assert await ways_to_each(session, view, numbers) == ways, person.email
            some = world.dice.choice(numbers)
            assert await ways_to(session, view, some) == ways.get(some, [])
            told = (await session.exec(select(Order.number).where(
                col(Order.number).in_(seen(view))))).all()  # fmt: skip
            assert sorted(told) == sorted(ways)
            assert await listed(session, view, limit=world.dice.randint(1, 60)) == newest(
                world.orders, ways
            )
            pairs += len(numbers)
            met |= {way for some in ways.values() for way in some}
    assert pairs == PEOPLE * ORDERS
    assert met == set(Way)


def newest(orders: Sequence[Order], numbers: Collection[str]) -> list[str]:
    mine = [one for one in orders if one.number in numbers]
    mine.sort(key=lambda one: (one.placed_at, one.number), reverse=True)
    return [one.number for one in mine]


async def listed(session: Any, view: Any, limit: int) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        rows, cursor = await page(session, view, [], cursor, limit)
        assert len(rows) <= limit
        found += [one.number for one in rows]
        if cursor is None:
            return found
