"""A company of one's own for a test, with the same people in the same roles as Northwind's."""

import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlmodel import col, delete, select

from backend.accounts.domains import domain_path
from backend.accounts.models import SmartAccount
from backend.core.database import database
from backend.core.identity import Organization, Person
from backend.users.models import Membership, MembershipPlace
from backend.virtual_accounts.models import VirtualAccount

# name, role, virtual accounts, with what is nested in them
MEMBERS: list[tuple[str, str | None, tuple[str, ...], bool]] = [
    ("ada", "sa_admin", (), False),
    ("ben", "sa_admin", (), False),
    ("apo", "sa_approver", (), False),
    ("una", "sa_user", (), False),
    ("vic", "sa_viewer", (), False),
    ("vera", "va_admin", ("EMEA",), True),
    ("vito", "va_admin", ("Oslo", "Americas"), False),
    ("vik", "va_user", ("EMEA",), False),
    ("viola", "va_viewer", ("EMEA",), False),
    ("nora", None, (), False),
    ("nils", None, (), False),
]
# name, the one it is nested in, restricted
TREE: list[tuple[str, str | None, bool]] = [
    ("DEFAULT", None, False),
    ("EMEA", None, False),
    ("Oslo", "EMEA", False),
    ("Oslo-Lab", "Oslo", False),
    ("APAC", None, True),
    ("Tokyo", "APAC", False),
    ("Americas", None, False),
]


@dataclass
class Company:
    """An account and its people; `await company.ada()` signs somebody in."""

    domain: str
    name: str
    id: int
    places: dict[str, str]
    signed_in: Callable[[str], Awaitable[httpx.AsyncClient]]
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def email(self, name: str) -> str:
        return f"{name}@{self.domain}"

    async def client(self, name: str) -> httpx.AsyncClient:
        if name not in self.clients:
            email = name if "@" in name else self.email(name)
            self.clients[name] = await self.signed_in(email)
        return self.clients[name]

    async def ask(self, name: str, **body: Any) -> httpx.Response:
        """`name` asks; without more, to become VA User of Oslo."""
        told = {
            "smart_account": self.domain, "scope": "virtual_accounts", "role": "va_user",
            "virtual_accounts": ["Oslo"],
        } | body  # fmt: skip
        told = {key: value for key, value in told.items() if value is not None}
        return await (await self.client(name)).post("/access-requests", json=told)

    async def asked(self, name: str, **body: Any) -> dict[str, Any]:
        """The same, and it must succeed."""
        answer = await self.ask(name, **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def decide(self, name: str, request: str, how: str = "approve", **body: Any) -> Any:
        return await (await self.client(name)).post(f"/access-requests/{request}/{how}", json=body)

    async def below(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        """A call below the account."""
        client = await self.client(name)
        return await client.request(method, f"/smart-accounts/{self.domain}{path}", **more)

    async def roles(self, name: str) -> set[tuple[str, str]]:
        """(role, virtual account or nothing) for all that somebody holds here."""
        me = (await (await self.client(name)).get("/me")).json()
        return {
            (one["role"], place)
            for one in me["roles"]
            if one["smart_account"] == self.domain
            for place in one["virtual_accounts"] or [""]
        }

    async def give(self, name: str, role: str, *places: str, nested: bool = False) -> None:
        """Put a role into the database."""
        async with database().write() as session:
            row = Membership(smart_account_id=self.id, person=self.email(name), role=role)
            session.add(row)
            await session.flush()
            session.add_all(
                MembershipPlace(
                    membership_id=row.id, virtual_account_id=self.places[place],
                    include_nested=nested,
                )
                for place in places
            )  # fmt: skip

    async def remove(self, name: str) -> None:
        """Take all roles of somebody's own away."""
        async with database().write() as session:
            own = select(Membership.id).where(
                Membership.smart_account_id == self.id, Membership.person == self.email(name)
            )
            held = col(MembershipPlace.membership_id).in_(own)
            await session.exec(delete(MembershipPlace).where(held))
            await session.exec(delete(Membership).where(col(Membership.id).in_(own)))

    async def newcomer(self, domain: str | None = None, kind: str = "customer") -> str:
        """Somebody without a role, of this company or another domain; their address."""
        organization = domain or self.domain
        email = f"p{uuid.uuid4().hex[:10]}@{organization}"
        async with database().write() as session:
            if await session.get(Organization, organization) is None:
                session.add(Organization(domain=organization, name=organization, kind=kind))
                await session.flush()
            session.add(
                Person(id=email, email=email, name="Some Body", kind=kind,
                       organization_domain=organization)
            )  # fmt: skip
        return email


async def found_company(
    signed_in: Callable[[str], Awaitable[httpx.AsyncClient]], **account: Any
) -> Company:
    """Put a company with its account into the database."""
    domain = account.pop("domain", None) or f"c{uuid.uuid4().hex[:10]}.example"
    name = account.pop("name", None) or f"Company {uuid.uuid4().hex[:8]}"
    told: dict[str, Any] = {"smart_licensing_notice": 1, "admin_notice": 1} | account
    async with database().write() as session:
        session.add(Organization(domain=domain, name=name, kind="customer"))
        await session.flush()
        row = SmartAccount(
            id=10_000_000 + secrets.randbelow(900_000_000), domain=domain,
            domain_path=domain_path(domain), name=name, key=name.casefold(), **told,
        )  # fmt: skip
        session.add(row)
        session.add_all(
            Person(
                id=f"{who}@{domain}", email=f"{who}@{domain}", name=f"{who.title()} Test",
                kind="customer", organization_domain=domain,
            )
            for who, *_ in MEMBERS
        )  # fmt: skip
        await session.flush()
        places: dict[str, str] = {}
        for place, parent, restricted in TREE:
            node = VirtualAccount(
                smart_account_id=row.id, name=place, parent_id=places[parent] if parent else None,
                access_level="restricted" if restricted else "unrestricted",
                is_default=place == "DEFAULT",
            )  # fmt: skip
            places[place] = node.id
            session.add(node)
            await session.flush()
        for who, role, held_in, nested in MEMBERS:
            if role is None:
                continue
            membership = Membership(smart_account_id=row.id, person=f"{who}@{domain}", role=role)
            session.add(membership)
            await session.flush()
            session.add_all(
                MembershipPlace(
                    membership_id=membership.id, virtual_account_id=places[place],
                    include_nested=nested,
                )
                for place in held_in
            )  # fmt: skip
    return Company(domain, name, row.id, places, signed_in)
