"""Which card shows an answer, and what of it."""

from typing import Any

from backend.core.cards import card_of

DELAY = {
    "code": "SA_MISSING", "title": "No Smart Account on the order", "severity": "blocking",
    "since": "2026-11-01T08:00:00Z", "age_days": 23, "who": "The Fulfillment Contact",
    "next_step": "Assign the order.", "operation": "assign_order", "lines": [1, 2],
}  # fmt: skip
ORDER: dict[str, Any] = {
    "number": "4100001", "web_order_number": "81000001", "end_customer": "Northwind Networks",
    "status": "booked", "assignment_status": "unassigned", "assignment": None,
    "placed_at": "2026-10-30T08:00:00Z", "closed_without_provisioning": False,
    "lines": [{"number": 1}], "timeline": [], "delays": [DELAY],
}  # fmt: skip


def test_that_an_order_is_shown_as_it_was_answered() -> None:
    assert card_of("get_order", ORDER) == {"kind": "order", "order": ORDER}


def test_that_what_was_done_is_not_part_of_an_order() -> None:
    card = card_of("get_order_export", {"id": "e1", "receipt": {"title": "Made"}}, title="Orders")
    assert card == {"kind": "order_export", "export": {"id": "e1"}, "title": "Orders"}


def test_that_a_list_has_what_its_rows_show_and_no_more() -> None:
    card = card_of("list_orders", {"items": [ORDER], "next": "abc"})
    assert card is not None
    assert card["goes_on"] is True
    (row,) = card["orders"]
    assert "lines" not in row
    assert "timeline" not in row
    assert "assignment" not in row
    assert row["delays"][0].keys() == {"code", "title", "severity", "since", "age_days", "who"}


def test_that_why_an_order_waits_is_a_part_of_that_order() -> None:
    answer = {"number": "4100001", "status": "booked", "text": "It waits.", "items": [DELAY]}
    assert card_of("explain_order_delay", answer) == {
        "kind": "order", "order": {"number": "4100001", "status": "booked", "delays": [DELAY]},
    }  # fmt: skip


def test_that_most_answers_have_no_card() -> None:
    assert card_of("get_me", {"name": "Nadia"}) is None
