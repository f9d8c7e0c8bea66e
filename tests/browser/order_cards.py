"""Answers of the API about orders, with the names of the demo world, as cards show them."""

from typing import Any

from backend.core.cards import card_of
from backend.orders.schemas import TERMS

Item = dict[str, Any]

SA_MISSING = {
    "code": "SA_MISSING", "title": "No Smart Account on the order", "severity": "blocking",
    "since": "2026-11-01T08:00:00Z", "age_days": 23,
    "who": "Fiona Aldersgate (fiona@northwind.example), the Fulfillment Contact",
    "next_step": "Assign the order to an active Smart Account and virtual account.",
    "operation": "assign_order", "link": None, "lines": [1, 2],
}  # fmt: skip
CREDIT_HOLD = {
    "code": "CREDIT_HOLD", "title": "A credit review is under way", "severity": "blocking",
    "since": "2026-11-20T08:00:00Z", "age_days": 4, "who": "The partner's finance department",
    "next_step": "Have the partner clear the credit.", "operation": None,
    "link": "https://ccw.demo.example/orders", "lines": [2],
}  # fmt: skip
START_DATE = {
    "code": "START_DATE_FUTURE", "title": "The requested start date lies ahead",
    "severity": "informational", "since": "2026-11-01T08:00:00Z", "age_days": 0,
    "who": "Nobody: it goes on by itself",
    "next_step": "Wait for the requested start date, or have the partner choose an earlier one.",
    "operation": None, "link": None, "lines": [2],
}  # fmt: skip


def _line(number: int, product: str, **more: Any) -> Item:
    return {
        "number": number, "sku": f"NW-SW-{number:03}-1Y-RENEWAL", "product": product,
        "quantity": 1200 * number, "kind": "subscription", "smart_enabled": True,
        "provisioning": "not_started", "provisioning_contact": None, "requested_start": None,
        "assignment": None, "delivered_at": None, "subscription_id": None, "ends_at": None,
    } | more  # fmt: skip


def _steps(done: int) -> list[Item]:
    titles = ("Placed", "Booked", "Assigned to a Smart Account", "Being provisioned", "Provisioned")
    names = ("placed", "booked", "assigned", "provisioning", "provisioned")
    return [
        {"step": name, "title": title, "done": index < done,
         "at": f"2026-11-{index + 1:02}T08:00:00Z" if index < done else None}
        for index, (name, title) in enumerate(zip(names, titles, strict=True))
    ]  # fmt: skip


def an_order(number: str = "4100001", **more: Any) -> Item:
    """An order that waits for an account, with all that an answer has."""
    return {
        "number": number, "web_order_number": f"8{number}", "customer_order_number": "PO-2026/117",
        "type": "standard", "status": "booked", "assignment_status": "unassigned",
        "assignment": None, "end_customer": "Northwind Networks", "country": "NO",
        "fulfillment_contact": {"name": "Fiona Aldersgate", "email": "fiona@northwind.example"},
        "partner": {"name": "Fabrikam Distribution", "domain": "fabrikam.example"},
        "placed_at": "2026-10-30T08:00:00Z", "booked_at": "2026-11-01T08:00:00Z",
        "lines": [
            _line(1, "Network Advantage, switch licence"),
            _line(2, "Collaboration-and-Contact-Centre-Enterprise-Subscription",
                  provisioning="awaiting_provisioning_details",
                  provisioning_contact="somebody.with.a.long.address@northwind.example"),
        ],
        "delays": [SA_MISSING, CREDIT_HOLD, START_DATE], "closed_without_provisioning": False,
        "visible_because": [
            {"way": "fulfillment_contact", "text": "You are its Fulfillment Contact."},
            {"way": "account", "text": "It stands on Northwind Networks, where you have a role."},
        ],
        "timeline": _steps(2), "following": False,
        "you_may": ["assign_order", "delegate_order", "share_order", "follow_order"],
    } | more  # fmt: skip


ON_AMERICAS = {
    "smart_account": "northwind.example", "name": "Northwind Networks",
    "virtual_account": "Americas",
}  # fmt: skip
DELIVERED = an_order(
    "4100020", status="provisioned", assignment_status="assigned", assignment=ON_AMERICAS,
    delays=[], timeline=_steps(5), following=True, you_may=["unfollow_order"],
)  # fmt: skip
CLOSED = an_order(
    "4100024", status="closed", assignment_status="assigned", assignment=ON_AMERICAS,
    closed_without_provisioning=True, delays=[],
)  # fmt: skip


def many(count: int) -> list[Item]:
    """Orders of which every third waits for an account and every fifth for a credit."""
    return [
        an_order(
            str(4_200_000 + index), end_customer=f"Customer {index % 40:02}",
            delays=[SA_MISSING, START_DATE] if index % 3 == 0 else
                   [CREDIT_HOLD] if index % 5 == 0 else [],
            **({} if index % 3 == 0 else
               {"assignment_status": "assigned", "assignment": ON_AMERICAS,
                "status": "in_fulfilment"}),
        )
        for index in range(count)
    ]  # fmt: skip


def card(operation: str, answer: Item, **more: Any) -> Item:
    """The card that both engines show for this answer."""
    found = card_of(operation, answer, **more)
    assert found is not None
    return found


SUMMARY = {
    "total": 1234, "unassigned": 87, "delayed": 112,
    "by_status": {"submitted": 3, "booked": 140, "in_fulfilment": 300, "provision_pending": 91,
                  "provisioned": 600, "closed": 100, "cancelled": 0},
    "by_assignment": {"unassigned": 87, "assigned_pending_sa": 12, "assigned": 1100,
                      "held_by_partner": 5, "not_applicable": 30},
}  # fmt: skip
EXPORT = {
    "id": "0" * 32, "status": "running", "format": "csv", "done": 400, "total": 1600,
    "expires_at": "2099-01-01T00:00:00Z",
}  # fmt: skip
CARDS = {
    "order": card("get_order", an_order()),
    "order-done": card("get_order", DELIVERED),
    "order-closed": card("get_order", CLOSED),
    "orders": card("list_orders", {"items": many(120), "next": "abc"}, title="Your orders"),
    "summary": card("get_orders_summary", SUMMARY),
    "no-orders": card("list_orders", {"items": [], "next": None}),
}
OUTCOME = {
    "columns": [{"key": "number", "label": "Order"}, {"key": "status", "label": "Result"},
                {"key": "detail", "label": "Why"}],
    "rows": [
        {"number": "4100025", "status": "assigned", "detail": "Northwind Networks, Americas"},
        {"number": "4100026", "status": "unchanged", "detail": "It was there already."},
        {"number": "4100021", "status": "failed",
         "detail": "A stocking order is not assigned. Assign what is sold from the stock."},
    ],
}  # fmt: skip
ASSIGNING = {
    "title": "Assign this order",
    "lines": [
        {"label": "Order", "value": "4100001"},
        {"label": "Smart Account", "value": "Northwind Networks (northwind.example)"},
    ],
    "terms": TERMS,
    "confirm": "Accept the terms and assign",
}
