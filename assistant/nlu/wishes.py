"""Two wishes in one message: the first is done, the second is kept to be offered as a button."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

# Intents that begin something; two different ones in one message are two wishes.
WISHES = frozenset({
    "request_training", "open_training_case", "ask_self_serve", "reschedule_training",
    "create_case", "open_case", "case_status", "list_cases", "add_note", "cancel_case",
    "talk_to_person", "ask_knowledge", "order_status", "explain_delay", "list_orders",
    "find_license", "assign_order", "delegate_order", "share_order", "follow_order",
    "resend_provisioning_mail", "change_provisioning_contact", "grant_ofm", "revoke_ofm",
})  # fmt: skip
TRAINING = frozenset({"request_training", "open_training_case", "ask_self_serve"})
# What belongs together: a problem and the question about it, a case and who is to take it.
ALIKE = (
    {"create_case", "open_case", "talk_to_person"}, {"open_case", "ask_knowledge"},
    {"case_status", "list_cases"}, {"order_status", "explain_delay", "ask_knowledge"},
    {"open_case", "create_case", "explain_delay", "order_status"},
    {"resend_provisioning_mail", "change_provisioning_contact", "explain_delay"},
)  # fmt: skip
SURE = 0.6
FEWEST_WORDS = 2
LONGEST = 400  # characters: more is a story, not two wishes
_JOINTS = re.compile(
    r"\s*(?:[.;!?]\s+(?:and |also |then |plus )*|,?\s+(?:and then|and also|and|also|then|plus)\s+"
    r"(?:also |then |please )*)",
    re.IGNORECASE,
)
_TOPIC = re.compile(r"how (?!do|did|can|could|much|many|long|often|is|are)", re.IGNORECASE)
Parse = Callable[[str], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class TwoWishes:
    """The words of the first wish; words and payload ("/intent{json}") of the second."""

    first: str
    second: str
    payload: str


async def two_wishes(text: str, parse: Parse) -> TwoWishes | None:
    """Part a message at an "and" or a full stop with a wish on each side; None if there is none.

    `parse` understands a text: `{intent: {name, confidence}, entities: [{entity, value}]}`.
    """
    if len(text) > LONGEST:
        return None
    for joint in _JOINTS.finditer(text):
        first, second = text[: joint.start()].strip(), text[joint.end() :].strip()
        if min(len(first.split()), len(second.split())) < FEWEST_WORDS:
            continue
        if _TOPIC.match(second):
            continue
        one, other = await parse(first), await parse(second)
        if _is_wish(one) and _is_wish(other) and _differ(one, other):
            return TwoWishes(first, second, _payload(other, second))
    return None


def _is_wish(parsed: dict[str, Any]) -> bool:
    intent = parsed["intent"]
    return intent["name"] in WISHES and intent["confidence"] >= SURE


def _differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Other intents; or trainings on two portals. A problem told in two sentences is one."""
    names = {one["intent"]["name"], other["intent"]["name"]}
    if names <= TRAINING:
        portals = [_facts(parsed).get("portal") for parsed in (one, other)]
        return None not in portals and portals[0] != portals[1]
    return len(names) > 1 and not any(names <= alike for alike in ALIKE)


def _facts(parsed: dict[str, Any]) -> dict[str, list[Any]]:
    facts: dict[str, list[Any]] = {}
    for entity in parsed["entities"]:
        facts.setdefault(entity["entity"], []).append(entity["value"])
    return facts


def _payload(parsed: dict[str, Any], words: str) -> str:
    """The wish as a button's payload, its words included."""
    facts = {**_facts(parsed), "wish": words}
    return f"/{parsed['intent']['name']}{json.dumps(facts, ensure_ascii=False)}"
