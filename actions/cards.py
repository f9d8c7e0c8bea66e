"""Cards that show lists: accounts, requests for access, tables. The text beside a card says the
same in short, for clients that draw none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from actions.turn import button
from actions.wording import Button, metadata, say

Item = dict[str, Any]
_SHOWN = ("id", "smart_account", "requester", "scope", "role", "virtual_accounts", "status",
          "created_at", "justification")  # fmt: skip


def directory(entries: Iterable[Item]) -> dict[str, Any]:
    """Accounts, with the way in for those in which the person has no role."""
    return {"kind": "directory", "items": [{**one, "buttons": _ways_in(one)} for one in entries]}


def _ways_in(entry: Item) -> list[Button]:
    if entry["status"] != "active" or entry["relation"] in {"access", "requested"}:
        return []
    return [button(say("utter_way_request"), "request_access", smart_account=entry["domain"])]


def requests(items: Iterable[Item], *, mine: bool) -> dict[str, Any]:
    """Requests for access; those of others with what decides them, one's own with what is left
    to do.
    """
    ways = _ways_of_mine if mine else _decisions
    return {
        "kind": "requests",
        "items": [{**{key: one[key] for key in _SHOWN}, "buttons": ways(one)} for one in items],
    }


def _decisions(request: Item) -> list[Button]:
    if not request["may_decide"]:
        return []
    return [
        button(say("utter_way_approve"), "approve_request", request_id=request["id"]),
        button(say("utter_way_decline"), "decline_request", request_id=request["id"]),
    ]


def _ways_of_mine(request: Item) -> list[Button]:
    if request["status"] != "pending":
        return []
    return [
        button(say("utter_way_remind"), "remind_deciders", request_id=request["id"]),
        button(say("utter_way_withdraw"), "cancel_access_request", request_id=request["id"]),
    ]


def table(title: str, response: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A table whose columns, key and label, stand in a response's metadata."""
    columns = metadata(response, "columns")
    return {
        "kind": "table",
        "title": title,
        "columns": [{"key": key, "label": label} for key, label in columns.items()],
        "rows": [{key: str(row.get(key) or "") for key in columns} for row in rows],
    }
