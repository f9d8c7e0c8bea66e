"""Which of the requests that wait a sentence means."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.access import ApproveForm
from actions.turn import Turn


def request(number: int, name: str, domain: str, account: str) -> dict[str, Any]:
    email = f"{name.split()[0].lower()}@{domain}"
    return {
        "id": str(number), "requester": {"name": name, "email": email},
        "smart_account": domain, "smart_account_name": account, "virtual_accounts": [],
    }  # fmt: skip


ITEMS = [
    request(1, "Fiona Glenmarrow", "northwind.example", "Northwind Networks"),
    request(2, "Nora Ekelstrand", "northwind.example", "Northwind Networks"),
    request(3, "Leo Larsen", "litware.example", "Litware"),
]


def turn_of(text: str) -> Turn:
    message = {"text": text, "metadata": {"person": "nadia@northwind.example"}}
    tracker = Tracker("conversation", {}, message, [], False, None, {}, "action_listen")
    return Turn(CollectingDispatcher(), tracker)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("approve fiona", ["1"]),
        ("approve everyone except fiona", ["2", "3"]),
        ("approve all but fiona and leo", ["2"]),
        ("approve nora, not fiona", ["2"]),
        ("approve everybody but not the last one", ["1", "2"]),
        ("decline all except those for litware", ["1", "2"]),
        ("approve fiona, but not in Oslo", ["1"]),
        ("approve greg", []),
    ],
)
def test_which_requests_are_meant(said: str, meant: list[str]) -> None:
    found = ApproveForm()._meant(turn_of(said), said, ITEMS)
    assert [one["id"] for one in found or []] == meant
