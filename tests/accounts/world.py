"""Companies, accounts and requests of a test's own, and what the database says of them."""

import uuid
from typing import Any

import httpx
from sqlmodel import col, select

from backend.accounts.domains import domain_path
from backend.accounts.models import (
    SmartAccount,
    SmartAccountInvitation,
    SmartAccountRequest,
)
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Organization
from backend.users.models import Membership
from backend.virtual_accounts.models import VirtualAccount

HEADQUARTERS = {
    "organization": "Test Company", "street": "Example Street 1", "city": "Oslo",
    "postal_code": "0150", "country": "NO",
}  # fmt: skip
APPROVER = "cyra@support.example"


def fresh_domain(above: str | None = None) -> str:
    """A domain that nobody has; below another one if that is named."""
    return f"c{uuid.uuid4().hex[:12]}.{above or 'example'}"


async def company(*, public_mailbox: bool = False, kind: str = "customer") -> str:
    """The domain of a company that no other test knows."""
    domain = fresh_domain()
    async with database().write() as session:
        session.add(
            Organization(
                domain=domain, name=f"Company {domain}", kind=kind, public_mailbox=public_mailbox
            )
        )
    return domain


async def make_account(
    domain: str, *members: tuple[str, str], notices: bool = True, **fields: Any
) -> SmartAccount:
    """An active account with its DEFAULT virtual account; `members` are (person, role)."""
    told = {"name": f"Account {domain[:20]}", "status": "active", "activated_at": clock.now()}
    told |= fields
    async with database().write() as session:
        account = SmartAccount(
            id=900_000_000 + uuid.uuid4().int % 90_000_000,
            domain=domain,
            domain_path=domain_path(domain),
            key=told["name"].casefold(),
            smart_licensing_notice=int(notices),
            admin_notice=int(notices),
            **told,
        )
        session.add(account)
        await session.flush()
        session.add(VirtualAccount(smart_account_id=account.id, name="DEFAULT", is_default=True))
        session.add_all(
            Membership(smart_account_id=account.id, person=person, role=role)
            for person, role in members
        )
    return account


def creation(domain: str | None, /, **changes: Any) -> dict[str, Any]:
    """The body of a request for one's own company; a change to None leaves the field out."""
    body = {
        "name": "Test Company", "domain": domain, "headquarters": HEADQUARTERS,
        "visibility": "unrestricted", "authority": "self",
    } | changes  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def for_customer(domain: str, *emails: str, **changes: Any) -> dict[str, Any]:
    """The body of a request for a customer."""
    return {"name": "Customer Company", "domain": domain, "customer_emails": list(emails)} | changes


def email_of(client: httpx.AsyncClient) -> str:
    """Whose client it is."""
    email: str = client.email  # type: ignore[attr-defined]
    return email


async def made(answer: httpx.Response) -> dict[str, Any]:
    """A request that was made, as it was answered."""
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def done(answer: httpx.Response) -> dict[str, Any]:
    """What was done, as it was answered."""
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def account_at(domain: str) -> SmartAccount | None:
    """The account with exactly this domain."""
    async with database().read() as session:
        rows = await session.exec(select(SmartAccount).where(SmartAccount.domain == domain))
        return rows.one_or_none()


async def members_of(account: int) -> set[tuple[str, str]]:
    """(person, role) of an account."""
    async with database().read() as session:
        rows = await session.exec(
            select(Membership.person, Membership.role).where(Membership.smart_account_id == account)
        )
        return set(rows.all())


async def defaults_of(account: int) -> list[str]:
    """The names of an account's default virtual accounts, which is to be one."""
    async with database().read() as session:
        rows = await session.exec(
            select(VirtualAccount.name).where(
                VirtualAccount.smart_account_id == account, col(VirtualAccount.is_default)
            )
        )
        return list(rows.all())


async def request_row(request_id: str) -> SmartAccountRequest:
    """A request as it is stored."""
    async with database().read() as session:
        return await session.get_one(SmartAccountRequest, request_id)


async def invited_to(request_id: str) -> list[SmartAccountInvitation]:
    """Who may accept it."""
    async with database().read() as session:
        rows = await session.exec(
            select(SmartAccountInvitation)
            .where(SmartAccountInvitation.request_id == request_id)
            .order_by(col(SmartAccountInvitation.email))
        )
        return list(rows.all())


async def events_of(domain: str) -> list[Event]:
    """What happened to an account or its request, oldest first."""
    async with database().read() as session:
        rows = await session.exec(
            select(Event).where(Event.subject == domain).order_by(col(Event.at), col(Event.id))
        )
        return list(rows.all())
