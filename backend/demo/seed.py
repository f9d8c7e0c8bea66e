"""Puts the demo world of `data/demo/world.yml`, and its orders, into an empty database."""

from datetime import timedelta
from typing import Any

import yaml
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.accounts.domains import domain_path
from backend.accounts.models import (
    ACCEPT_DAYS,
    Location,
    SmartAccount,
    SmartAccountInvitation,
    SmartAccountRequest,
)
from backend.core import clock
from backend.core.database import Database
from backend.core.identity import Organization, Person
from backend.core.settings import settings
from backend.demo.orders import seed_orders
from backend.users.models import (
    Membership,
    MembershipPlace,
    UserGroup,
    UserGroupMember,
    UserGroupPlace,
)
from backend.virtual_accounts.models import VirtualAccount

World = dict[str, Any]


def world() -> World:
    """The demo world as data."""
    path = settings().data_dir / "demo" / "world.yml"
    loaded: World = yaml.safe_load(path.read_text())
    return loaded


async def seed(db: Database) -> bool:
    """Seed an empty database; True if it was empty. Dates are relative to now."""
    async with db.write() as session:
        if (await session.exec(select(Person.id).limit(1))).first() is not None:
            return False
        told = world()
        session.add_all(Organization(**row) for row in told["organizations"])
        await session.flush()
        session.add_all(_person(row) for row in told["people"])
        await session.flush()
        for row in told["smart_accounts"]:
            await _account(session, row)
        for row in told["smart_account_requests"]:
            await _request(session, row)
        await seed_orders(session)
        return True


def _person(row: dict[str, Any]) -> Person:
    desk = row.get("desk") or {}
    plain = {k: v for k, v in row.items() if k in Person.model_fields}
    return Person(
        **plain,
        id=row["email"],
        organization_domain=row["organization"],
        desk_role=desk.get("role"),
        desk_queues=desk.get("queues") or [],
    )


async def _account(session: AsyncSession, row: dict[str, Any]) -> None:
    notices = row["notices"]
    plain = {k: v for k, v in row.items() if k in SmartAccount.model_fields}
    activated = row.get("activated_days_ago")
    account = SmartAccount(
        **plain,
        domain_path=domain_path(row["domain"]),
        key=row["name"].casefold(),
        smart_licensing_notice=int(notices["smart_licensing"]),
        admin_notice=int(notices["admin"]),
        created_at=_ago(row["created_days_ago"]),
        activated_at=None if activated is None else _ago(activated),
    )
    session.add(account)
    await session.flush()
    places: dict[str, str] = {}
    for one in row["virtual_accounts"]:
        parent = one.pop("parent", None)
        virtual_account = VirtualAccount(
            **one,
            smart_account_id=account.id,
            key=one["name"].casefold(),
            parent_id=places[parent] if parent else None,
        )
        places[virtual_account.name] = virtual_account.id
        session.add(virtual_account)
        await session.flush()
    for member in row["members"]:
        await _member(session, account, member, places)
    for group in row.get("groups") or []:
        await _group(session, account, group, places)
    for place in row["locations"]:
        name = place.pop("name")
        session.add(Location(smart_account_id=account.id, name=name, address=place))


async def _request(session: AsyncSession, row: dict[str, Any]) -> None:
    created, ended = _ago(row["requested_days_ago"]), row["ended_days_ago"]
    request = SmartAccountRequest(
        kind=row["kind"],
        status=row["status"],
        name=row["name"],
        domain=row["domain"],
        requester=row["requester"],
        note_to_customer=row["note_to_customer"] or "",
        smart_account_id=row["smart_account"],
        created_at=created,
        expires_at=created + timedelta(days=ACCEPT_DAYS),
        decided_at=None if ended is None else _ago(ended),
        reminders=row["reminders"],
    )
    session.add(request)
    await session.flush()
    session.add_all(
        SmartAccountInvitation(request_id=request.id, email=email, invited_at=created)
        for email in row["customer_emails"]
    )


def _ago(days: float) -> Any:
    return clock.now() - timedelta(days=days)


async def _member(
    session: AsyncSession, account: SmartAccount, row: dict[str, Any], places: dict[str, str]
) -> None:
    membership = Membership(smart_account_id=account.id, person=row["email"], role=row["role"])
    session.add(membership)
    await session.flush()
    session.add_all(
        MembershipPlace(
            membership_id=membership.id,
            virtual_account_id=places[name],
            include_nested=row.get("include_nested", False),
        )
        for name in row.get("virtual_accounts") or []
    )


async def _group(
    session: AsyncSession, account: SmartAccount, row: dict[str, Any], places: dict[str, str]
) -> None:
    group = UserGroup(
        smart_account_id=account.id,
        name=row["name"],
        description=row.get("description") or "",
        role=row["role"],
    )
    session.add(group)
    await session.flush()
    session.add_all(UserGroupMember(group_id=group.id, person=p) for p in row["members"])
    session.add_all(
        UserGroupPlace(group_id=group.id, virtual_account_id=places[name])
        for name in row["virtual_accounts"]
    )
