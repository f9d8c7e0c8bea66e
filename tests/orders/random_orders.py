"""Orders in every state that tables allow, on accounts of every kind, from a seed."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from backend.accounts.domains import domain_path
from backend.accounts.models import SmartAccount
from backend.core import clock
from backend.orders.models import HOLDS, KINDS, PROVISIONING, TYPES, Order, OrderLine
from tests.orders.making import line_of, rows_of

ACCOUNTS: list[dict[str, Any]] = [
    {"status": "active", "smart_licensing_notice": 1},
    {"status": "active", "smart_licensing_notice": 0},
    {"status": "pending", "smart_licensing_notice": 0},
    {"status": "pending", "smart_licensing_notice": 1},
    {"status": "active", "type": "holding", "smart_licensing_notice": 0},
    {"status": "active", "type": "holding", "smart_licensing_notice": 1},
    {"status": "active", "smart_licensing_notice": 1, "visibility": "restricted"},
]


def accounts() -> list[SmartAccount]:
    """One of each kind that matters to orders, which nobody else knows."""
    found = []
    for fields in ACCOUNTS:
        word = uuid.uuid4().hex[:12]
        found.append(
            SmartAccount(
                id=random.randint(10_000_000, 2_000_000_000), domain=f"{word}.example",
                name=word, domain_path=domain_path(f"{word}.example"), key=word,
                created_at=clock.now() - timedelta(days=50),
                **{"type": "customer", "admin_notice": 1} | fields,
            )
        )  # fmt: skip
    return found


class Dice(random.Random):
    """Chances and moments."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    def moment(self, *, ahead: bool = False) -> datetime:
        days = self.uniform(0.01, 60)
        return clock.now() + timedelta(days=days if ahead else -days)

    def perhaps(self, share: float, *, ahead: bool = False) -> datetime | None:
        return self.moment(ahead=ahead) if self.chance(share) else None


def order_by(dice: Dice, number: str, contact: str | None, on: list[SmartAccount]) -> tuple[
    Order, list[OrderLine]
]:  # fmt: skip
    """One order with one to four lines."""
    booked, cancelled, closed = dice.perhaps(0.85), dice.perhaps(0.1), dice.perhaps(0.15)
    status = dice.choice(("booked", "in_fulfilment", "provision_pending", "provisioned"))
    if cancelled or closed or not booked:
        status = "cancelled" if cancelled else "closed" if closed else "submitted"
    fields = {
        "type": dice.choice(TYPES),
        "status": status,
        "placed_at": clock.now() - timedelta(days=dice.randint(61, 90)),
        "booked_at": booked,
        "cancelled_at": cancelled,
        "closed_at": closed,
        "holds": {
            by: dice.moment().isoformat() for by in HOLDS if dice.chance(0.07)
        },
    }  # fmt: skip
    lines = [_line(dice, on) for _ in range(dice.randint(1, 4))]
    return rows_of(number, lines, contact, fields)


def _line(dice: Dice, on: list[SmartAccount]) -> dict[str, Any]:
    account = dice.choice(on) if dice.chance(0.6) else None
    state = dice.choice(PROVISIONING)
    return line_of(
        account.id if account else None,
        kind=dice.choice(KINDS),
        smart_enabled=dice.chance(0.9),
        provisioning=state,
        delivered_at=dice.moment() if state == "completed" else None,
        provisioning_contact="setup@nobody.example" if dice.chance(0.7) else None,
        requested_start=dice.perhaps(0.2, ahead=dice.chance(0.5)),
        set_up_mail_at=dice.perhaps(0.3),
        onboarded_at=dice.perhaps(0.2),
        claim_sent_at=dice.perhaps(0.1),
        claimed_at=dice.perhaps(0.5),
        tenant_asked_at=dice.perhaps(0.1),
        tenant="tenant" if dice.chance(0.5) else None,
        ea_request_due_at=dice.perhaps(0.1),
        ea_requested_at=dice.perhaps(0.5),
    )
