"""What an order says one may do with it is what the calls then do."""

from typing import Any

import pytest

from backend.core.database import database
from backend.orders.models import OrderShare
from tests.accounts.world import make_account
from tests.orders.conftest import Arrive, Somebody
from tests.orders.making import make_order
from tests.orders.random_orders import Dice, accounts, order_by

ORDERS = 40
DRY = {"Dry-Run": "true"}


def calls(
    target: str, lines: list[int] | None = None
) -> dict[str, tuple[str, str, dict[str, Any] | None]]:
    return {
        "assign_order": ("POST", "assignment", {"smart_account": target, "accept_terms": True,
                                                "lines": lines}),
        "unassign_order": ("DELETE", "assignment", None),
        "delegate_order": ("POST", "delegations", {"email": "del@nobody.example"}),
        "share_order": ("POST", "shares", {"emails": ["sha@nobody.example"]}),
        "resend_provisioning_mail": ("POST", "provisioning-mail", None),
        "change_provisioning_contact": (
            "PUT", "provisioning-contact", {"email": "set@nobody.example"},
        ),
    }  # fmt: skip


def open_lines(order: dict[str, Any]) -> list[int] | None:
    """Once something has arrived, the lines that stand on no account; else whichever there are."""
    if not any(line["delivered_at"] for line in order["lines"]):
        return None
    return [
        line["number"]
        for line in order["lines"]
        if line["smart_enabled"] and line["assignment"] is None
    ] or None


async def possible(who: Somebody, order: dict[str, Any], target: str) -> set[str]:
    """The operations that go, each tried dry."""
    found, number = set(), order["number"]
    for operation, (method, path, body) in calls(target, open_lines(order)).items():
        told = {} if body is None else {"json": body}
        answer = await who.http.request(method, f"/orders/{number}/{path}", headers=DRY, **told)
        assert answer.status_code in {200, 403, 409}, (operation, answer.text)
        if answer.status_code == 200:
            found.add(operation)
    return found


@pytest.mark.parametrize("way", ["contact", "shared"])
async def test_that_what_one_may_do_goes_and_nothing_else(somebody: Arrive, way: str) -> None:
    dice, on = Dice(way), accounts()
    fay, anna, other = await somebody(), await somebody(), await somebody()
    target = await make_account(other.domain)
    who = fay if way == "contact" else anna
    spare = await make_order(contact=fay.email)
    numbers = [f"{spare}{at:02}{way == 'contact':d}" for at in range(ORDERS)]
    async with database().write() as session:
        session.add_all(on)
        await session.flush()
        for number in numbers:
            order, lines = order_by(dice, number, fay.email, on)
            for line in lines:
                line.assigned_by = fay.email if line.smart_account_id and dice.chance(0.5) else None
            session.add(order)
            await session.flush()
            session.add_all(lines)
            session.add(OrderShare(order_number=number, email=anna.email, shared_by=fay.email))
    met = set()
    for number in numbers:
        order = await who.get(f"/orders/{number}")
        told = set(order["you_may"])
        went = await possible(who, order, target.domain)
        assert told & calls("").keys() == went, number
        met |= went
    assert met >= {"assign_order", "unassign_order", "change_provisioning_contact"}
    assert ("share_order" in met) is ("delegate_order" in met) is (way == "contact")
