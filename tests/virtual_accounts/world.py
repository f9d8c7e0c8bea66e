"""An account of a test's own: a tree, somebody of every role, and what can be read of it."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlmodel import col, select

from backend.accounts.domains import domain_path
from backend.accounts.models import SmartAccount
from backend.core.database import database
from backend.core.events import Event, EventPlace
from backend.core.identity import Organization, Person
from backend.core.policy import Role
from backend.users.models import Membership, MembershipPlace
from backend.virtual_accounts.models import VirtualAccount

# (name, parent, access level); the first one is the default.
TREE = [
    ("DEFAULT", None, "unrestricted"), ("EMEA", None, "unrestricted"),
    ("Oslo", "EMEA", "unrestricted"), ("Lab", "Oslo", "unrestricted"),
    ("APAC", None, "restricted"), ("Americas", None, "unrestricted"),
]  # fmt: skip
SignedIn = Callable[[str], Awaitable[httpx.AsyncClient]]


@dataclass
class World:
    """One Smart Account; `ids` are those of its virtual accounts by name."""

    person: SignedIn
    id: int
    domain: str
    name: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/smart-accounts/{self.domain}"

    async def someone(
        self, *roles: tuple[str, Sequence[str]] | str, nested: bool = False,
        organization: str | None = None, **fields: Any,
    ) -> "Someone":  # fmt: skip
        """Somebody new with these roles: `"sa_user"`, or `("va_admin", ["EMEA"])`."""
        local = f"p{uuid.uuid4().hex[:10]}"
        email = f"{local}@{organization or self.domain}"
        told: dict[str, Any] = {"name": f"Person {local}", "kind": "customer", "cco_id": local}
        async with database().write() as session:
            if await session.get(Organization, organization or self.domain) is None:
                session.add(Organization(domain=organization, name="Other", kind="customer"))
                await session.flush()
            session.add(
                Person(
                    id=email, email=email, organization_domain=organization or self.domain,
                    **told | fields,
                )
            )  # fmt: skip
            await session.flush()
            for one in roles:
                role, places = (one, ()) if isinstance(one, str) else one
                row = Membership(smart_account_id=self.id, person=email, role=Role(role))
                session.add(row)
                await session.flush()
                session.add_all(
                    MembershipPlace(
                        membership_id=row.id, virtual_account_id=self.ids[place],
                        include_nested=nested,
                    )
                    for place in places
                )  # fmt: skip
        return Someone(await self.person(email), email, told | fields)

    async def rows(self) -> dict[str, VirtualAccount]:
        """The account's virtual accounts as the database has them, by name."""
        async with database().read() as session:
            found = await session.exec(
                select(VirtualAccount).where(col(VirtualAccount.smart_account_id) == self.id)
            )
            return {row.name: row for row in found.all()}

    async def held(self, email: str) -> dict[str, dict[str, bool]]:
        """A person's own roles as the database has them: role → place → with what is nested."""
        names = {row.id: name for name, row in (await self.rows()).items()}
        async with database().read() as session:
            rows = await session.exec(
                select(Membership.role, MembershipPlace)
                .outerjoin(
                    MembershipPlace, col(MembershipPlace.membership_id) == col(Membership.id)
                )
                .where(col(Membership.smart_account_id) == self.id, col(Membership.person) == email)
            )
            found: dict[str, dict[str, bool]] = {}
            for role, place in rows.all():
                places = found.setdefault(role, {})
                if place is not None:
                    places[names[place.virtual_account_id]] = place.include_nested
            return found

    async def events(self, type_: str | None = None) -> list[Event]:
        """What was noted of the account, oldest first."""
        async with database().read() as session:
            statement = select(Event).where(col(Event.smart_account_id) == self.id)
            if type_:
                statement = statement.where(col(Event.type) == type_)
            rows = await session.exec(statement.order_by(col(Event.at), col(Event.id)))
            return list(rows.all())

    async def places_of(self, event: Event) -> set[str]:
        """The ids of the virtual accounts that an event is about."""
        async with database().read() as session:
            rows = await session.exec(
                select(EventPlace.virtual_account_id).where(col(EventPlace.event_id) == event.id)
            )
            return set(rows.all())


@dataclass
class Someone:
    """A signed-in person; requests go through `http`."""

    http: httpx.AsyncClient
    email: str
    told: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.told["name"])

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.email})"

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer's body; fails unless it is 200."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of a list, over all its pages."""
        items, cursor = [], {}
        while True:
            page = await self.get(path, **query, **cursor)
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}


async def make_world(person: SignedIn, **fields: Any) -> World:
    """An active account with `TREE` in it, both notices accepted, and nobody."""
    mark = uuid.uuid4().hex[:10]
    domain = fields.pop("domain", f"t{mark}.example")
    told: dict[str, Any] = {"smart_licensing_notice": 1, "admin_notice": 1} | fields
    world = World(person, 10**6 + uuid.uuid4().int % 10**9, domain, f"Test {mark}")
    async with database().write() as session:
        session.add(Organization(domain=domain, name=world.name, kind="customer"))
        session.add(
            SmartAccount(
                id=world.id, domain=domain, domain_path=domain_path(domain), name=world.name,
                key=world.name.casefold(), **told,
            )
        )  # fmt: skip
        await session.flush()
        for name, parent, level in TREE:
            row = VirtualAccount(
                smart_account_id=world.id, name=name, access_level=level,
                parent_id=world.ids.get(parent or ""), is_default=name == "DEFAULT",
            )  # fmt: skip
            world.ids[name] = row.id
            session.add(row)
            await session.flush()
    return world
