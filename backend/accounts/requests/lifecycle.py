"""What becomes of accounts along with their requests: put on file, activated, upgraded, removed."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts import numbers
from backend.accounts.configuration import configuration
from backend.accounts.domains import domain_path
from backend.accounts.models import (
    SmartAccount,
    SmartAccountAlias,
    SmartAccountInvitation,
    SmartAccountRequest,
)
from backend.accounts.requests.states import Kind
from backend.cases.models import Case
from backend.core import clock
from backend.core.database import lock_row
from backend.core.identity import Person
from backend.core.policy import Role
from backend.orders.releasing import release_orders
from backend.users import memberships
from backend.virtual_accounts.models import VirtualAccount

DEFAULT = "DEFAULT"


async def put_on_file(
    session: AsyncSession, request: SmartAccountRequest, emails: list[str]
) -> SmartAccount:
    """Store a new request with its pending account, which holds the domain from now on."""
    account = SmartAccount(
        id=await numbers.next_number(session),
        domain=request.domain,
        domain_path=domain_path(request.domain),
        name=request.name,
        key=name_key(request.name),
        status="pending",
        visibility=request.visibility,
        headquarters=request.headquarters,
    )
    session.add(account)
    await session.flush()
    await _ensure_default(session, account)
    request.smart_account_id = account.id
    await store_request(session, request, emails)
    return account


async def store_request(
    session: AsyncSession, request: SmartAccountRequest, emails: list[str]
) -> None:
    """Store a request and whom it invites."""
    session.add(request)
    await session.flush()
    session.add_all(SmartAccountInvitation(request_id=request.id, email=email) for email in emails)
    await session.flush()


def name_key(name: str) -> str:
    """How an account's name is compared: without regard to case."""
    return name.casefold()[:100]


async def _ensure_default(session: AsyncSession, account: SmartAccount) -> None:
    """Every account has one virtual account that takes what names none."""
    there = await session.exec(
        select(VirtualAccount.id).where(
            VirtualAccount.smart_account_id == account.id, col(VirtualAccount.is_default)
        )
    )
    if there.first() is None:
        session.add(
            VirtualAccount(
                smart_account_id=account.id,
                name=DEFAULT,
                is_default=True,
                description="Takes orders that name no virtual account",
            )
        )
        await session.flush()


def begin_to_wait(request: SmartAccountRequest) -> None:
    """The days until the request expires are counted from now."""
    request.expires_at = clock.now() + timedelta(days=configuration().requests.expire_days)
    request.reminders = 0


async def invite(
    session: AsyncSession, request: SmartAccountRequest, invited: list[SmartAccountInvitation]
) -> list[str]:
    """Let these addresses accept from now on; whom to mail."""
    for one in invited:
        one.invited_at = clock.now()
        session.add(one)
    session.add(request)
    await session.flush()
    return [one.email for one in invited]


def decide(request: SmartAccountRequest, by: str | None, reason: str | None = None) -> None:
    """Note who ended the request, and when; nobody did when time did."""
    request.decided_at, request.decided_by, request.reason = clock.now(), by, reason


async def activate(
    session: AsyncSession, request: SmartAccountRequest, administrator: Person
) -> SmartAccount:
    """The pending account becomes active, with its first SA Administrator.

    The request's status is the caller's to change.
    """
    account = await _locked(session, request)
    account.status, account.activated_at = "active", clock.now()
    account.primary_contact = administrator.id
    session.add(account)
    await session.flush()
    await _ensure_default(session, account)
    await memberships.give(session, account.id, administrator.id, Role.SA_ADMIN)
    return account


async def upgrade(session: AsyncSession, request: SmartAccountRequest) -> SmartAccount:
    """The SMB account becomes a standard one; its former domain still leads to it."""
    account = await _locked(session, request)
    session.add(SmartAccountAlias(domain=account.domain, smart_account_id=account.id))
    account.domain, account.domain_path = request.domain, domain_path(request.domain)
    account.name, account.key = request.name, name_key(request.name)
    account.visibility, account.headquarters = request.visibility, request.headquarters
    account.is_smb = False
    session.add(account)
    await session.flush()
    return account


async def release(session: AsyncSession, request: SmartAccountRequest) -> None:
    """After an end without success the domain is free: the pending account goes, the request
    stays. What an upgrade was for stays too.
    """
    if request.kind == Kind.UPGRADE or request.smart_account_id is None:
        return
    account = await _locked(session, request)
    if account.status != "pending":
        raise RuntimeError(f"account {account.id} is {account.status} and must not be removed")
    request.smart_account_id = None
    session.add(request)
    await session.flush()
    await release_orders(session, account)
    await session.exec(
        update(Case).where(col(Case.smart_account_id) == account.id).values(smart_account_id=None)
    )
    await session.exec(
        delete(VirtualAccount).where(col(VirtualAccount.smart_account_id) == account.id)
    )
    await session.delete(account)
    await session.flush()


async def _locked(session: AsyncSession, request: SmartAccountRequest) -> SmartAccount:
    if request.smart_account_id is None:
        raise RuntimeError(f"request {request.id} has no account")
    await lock_row(session, SmartAccount, request.smart_account_id)
    return await session.get_one(SmartAccount, request.smart_account_id, populate_existing=True)
