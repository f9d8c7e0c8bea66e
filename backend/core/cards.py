"""Which card shows what the API answered. Both engines ask here, so that an answer looks the same
whoever gave it: the card is the answer itself, without what no card draws.
"""

from typing import Any

Item = dict[str, Any]

# The kind of the card, and the field of it that holds the answer.
_CARDS = {
    "get_order": ("order", "order"),
    "explain_order_delay": ("order", "order"),
    "list_orders": ("orders", "orders"),
    "get_orders_summary": ("orders_summary", "summary"),
    "create_order_export": ("order_export", "export"),
    "get_order_export": ("order_export", "export"),
}
# A list may hold hundreds of orders and is kept with its message, so it has what rows show.
_ROW = ("number", "web_order_number", "end_customer", "status", "assignment_status", "assignment",
        "placed_at", "closed_without_provisioning")  # fmt: skip
_ROW_DELAY = ("code", "title", "severity", "since", "age_days", "who")


def card_of(operation: str, answer: Item, **more: Any) -> Item | None:
    """The card of an operation's answer; None where words say it all.

    `order`: the order under `order`, with as many of its fields as the answer gave. `orders`: a
    list under `orders`, shortened, and under `goes_on` whether there are others. `orders_summary`:
    the counts under `summary`. `order_export`: the download under `export`. `more` are other
    fields, such as a `title`.
    """
    if operation not in _CARDS:
        return None
    kind, field = _CARDS[operation]
    shown = {key: value for key, value in answer.items() if key != "receipt"}
    if operation == "explain_order_delay":
        shown = {key: answer[key] for key in _ROW if key in answer} | {"delays": answer["items"]}
    if kind == "orders":
        rows = [_row(order) for order in answer["items"]]
        return {"kind": kind, field: rows, "goes_on": bool(answer.get("next")), **more}
    return {"kind": kind, field: shown, **more}


def _row(order: Item) -> Item:
    row = {key: order[key] for key in _ROW if order.get(key) is not None}
    row["delays"] = [
        {key: delay[key] for key in _ROW_DELAY if key in delay} for delay in order["delays"]
    ]
    return row
