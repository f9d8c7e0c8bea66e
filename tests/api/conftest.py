"""The API by its own document: what exists, what it takes, and things that really are there."""

import random
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from backend.access.models import AccessRequest, AccessRule, ApprovalDelegation
from backend.accounts.domains import domain_path
from backend.accounts.models import SmartAccount
from backend.cases.models import DeskView
from backend.core import clock
from backend.core.database import database
from backend.core.identity import Organization, Person
from backend.notifications.preference_models import NotificationRecipient
from backend.orders.delays import refresh
from backend.orders.models import Order, OrderExport, OrderExportPart, OrderLine, OrderShare
from backend.users.models import ExternalGroupGrant, Membership, UserGroup
from backend.virtual_accounts.models import VirtualAccount
from tests.conftest import NORTHWIND, Newcomer
from tests.training.requests import request


@pytest.fixture(scope="session")
def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    return app.openapi()


@pytest.fixture(scope="session")
def routes(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, description) of every documented call."""
    return [
        (method.upper(), path, route)
        for path, methods in document["paths"].items()
        for method, route in methods.items()
    ]


class Known:
    """Somebody with a case, a conversation and an account, and what stands in paths to them."""

    def __init__(self, owner: httpx.AsyncClient, **places: str) -> None:
        self.owner = owner
        self.places = {"proposal_id": "0" * 32, "file_id": "0" * 32, "mail_id": "0" * 32} | places


async def known_of(owner: httpx.AsyncClient) -> Known:
    """A case with a file in it, a conversation, and a restricted account of this person's."""
    case = await owner.post("/training-engagements", json=request(open_another=True))
    number = case.json()["number"]
    file = {"file": ("a.txt", b"hello", "text/plain")}
    attached = await owner.post(f"/cases/{number}/attachments", files=file)
    talk = (await owner.post("/conversations", json={"portal": "clc"})).json()["id"]
    dropped = await owner.post(f"/conversations/{talk}/files", files=file)
    return Known(
        owner,
        case_number=number,
        other_case=number,
        reply_id="order-number",
        attachment_id=attached.json()["thread"][-1]["details"]["attachment"],
        conversation_id=talk,
        file_id=dropped.json()["file_id"],
        **await account_of((await owner.get("/me")).json()["email"]),
    )


async def account_of(owner: str) -> dict[str, str]:
    """A restricted account that the person administers, with one of each thing below it."""
    word = uuid.uuid4().hex[:12]
    asker, now = f"a{word}@{word}.example", clock.now()
    account = SmartAccount(
        id=random.randint(10_000_000, 2_000_000_000), domain=f"{word}.example", name=word,
        domain_path=domain_path(f"{word}.example"), key=word, visibility="restricted",
        smart_licensing_notice=1, admin_notice=1,
    )  # fmt: skip
    place = VirtualAccount(smart_account_id=account.id, name="DEFAULT", is_default=True)
    group = UserGroup(smart_account_id=account.id, name="Group", role="va_user")
    asked = AccessRequest(
        smart_account_id=account.id, requester=asker, scope="account", role="sa_user",
        expires_at=now + timedelta(days=30),
    )  # fmt: skip
    guests = ExternalGroupGrant(
        lookup_id=f"GRP-{word[:8].upper()}", group_id=group.id, smart_account_id=account.id,
        requested_by=owner,
    )  # fmt: skip
    rule = AccessRule(
        smart_account_id=account.id, position=1, action="decline", created_by=owner,
        match={"domains": ["nobody.example"]},
    )  # fmt: skip
    delegation = ApprovalDelegation(
        smart_account_id=account.id, delegator=owner, delegate=asker, scope="account",
        starts=now, ends=now + timedelta(days=30),
    )  # fmt: skip
    order, line = order_of(account, asker)
    export = OrderExport(
        person=owner, format="csv", status="ready", size=1, expires_at=now + timedelta(days=1)
    )
    recipient = NotificationRecipient(
        smart_account_id=account.id, email=f"alerts@{word}.example", hour=8, time_zone="UTC",
        added_by=owner, expires_at=now + timedelta(days=7),
    )  # fmt: skip
    view = DeskView(owner=owner, name="View", key="view")
    async with database().write() as session:
        session.add(Organization(domain=f"{word}.example", name=word, kind="customer"))
        await session.flush()
        session.add_all([account, Person(id=asker, email=asker, name="Asker", kind="customer",
                                         organization_domain=f"{word}.example")])  # fmt: skip
        await session.flush()
        session.add_all([
            place, group, asked, rule, delegation, recipient,
            Membership(smart_account_id=account.id, person=owner, role="sa_admin"),
            Membership(smart_account_id=account.id, person=asker, role="sa_viewer"),
        ])  # fmt: skip
        await session.flush()
        session.add_all([guests, order])
        await session.flush()
        session.add_all([
            view, line, OrderShare(order_number=order.number, email=owner, shared_by=asker), export,
        ])  # fmt: skip
        await session.flush()
        session.add(OrderExportPart(export_id=export.id, number=0, content=b"x"))
    return {
        "smart_account": account.domain, "virtual_account": place.id, "group": group.id,
        "email": asker, "request_id": asked.id, "rule_id": rule.id,
        "delegation_id": delegation.id, "notice": "admin", "lookup_id": guests.lookup_id,
        "order_number": order.number, "partner": account.domain, "export_id": export.id,
        "recipient_id": recipient.id,
        "view_id": view.id,
    }  # fmt: skip


def order_of(account: SmartAccount, contact: str) -> tuple[Order, OrderLine]:
    """An order on the account, with another person as its Fulfillment Contact."""
    now = clock.now()
    order = Order(
        number=str(random.randint(10**11, 10**12)), fc_name="Asker", fc_email=contact,
        fc_domain=contact.split("@")[1], placed_at=now, booked_at=now,
    )  # fmt: skip
    line = OrderLine(
        order_number=order.number, number=1, placed_at=now, sku="X", product="X", quantity=1,
        smart_account_id=account.id, assigned_at=now,
    )  # fmt: skip
    refresh(order, [line])
    return order, line


@pytest_asyncio.fixture(loop_scope="session")
async def known(newcomer: Newcomer) -> Known:
    """Things of somebody at Northwind whom nobody else knows."""
    return await known_of(await newcomer(roles=((NORTHWIND, "sa_user"),)))
