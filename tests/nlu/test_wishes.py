"""Two wishes in one message are told from one wish that is told in two sentences."""

import asyncio
import json
from typing import Any

import pytest

from assistant.nlu.wishes import TwoWishes, two_wishes

MEANT = {
    "I need training on CLC": ("request_training", {"portal": "clc"}),
    "a demo of CSSM": ("request_training", {"portal": "cssm"}),
    "a recording": ("request_training", {}),
    "my order is stuck": ("open_case", {"order_number": "4100005"}),
    "please open a case": ("create_case", {}),
    "show my cases": ("list_cases", {}),
}


def parted(text: str) -> TwoWishes | None:
    async def parse(words: str) -> dict[str, Any]:
        intent, facts = MEANT.get(words, ("inform", {}))
        return {
            "intent": {"name": intent, "confidence": 0.9},
            "entities": [{"entity": name, "value": value} for name, value in facts.items()],
        }

    return asyncio.run(two_wishes(text, parse))


@pytest.mark.parametrize(
    ("text", "first", "second", "intent"),
    [
        ("I need training on CLC and my order is stuck", "I need training on CLC",
         "my order is stuck", "open_case"),
        ("my order is stuck. Also show my cases", "my order is stuck", "show my cases",
         "list_cases"),
        ("I need training on CLC and also a demo of CSSM", "I need training on CLC",
         "a demo of CSSM", "request_training"),
    ],
)  # fmt: skip
def test_that_two_wishes_are_parted(text: str, first: str, second: str, intent: str) -> None:
    found = parted(text)
    assert found is not None
    assert (found.first, found.second) == (first, second)
    name, _, facts = found.payload.partition("{")
    assert name == f"/{intent}"
    assert json.loads("{" + facts)["wish"] == second


@pytest.mark.parametrize(
    "text",
    [
        "I need training on CLC",
        "I need training on CLC and CSSM",
        "I need training on CLC and a recording",
        "my order is stuck. please open a case",
        "user roles and orders",
        "I need training on CLC and how orders get assigned",
        "my order is stuck and " + "very " * 100 + "late. show my cases",
    ],
)
def test_that_one_wish_is_left_whole(text: str) -> None:
    assert parted(text) is None
