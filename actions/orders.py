"""Orders as people speak of them: which one is meant, and what is said of one or of many."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from actions.negations import is_left_out
from actions.turn import Turn, button
from actions.wording import Button, buttons, metadata, say
from backend.core.client import Answer

Order = dict[str, Any]
ORDER = "order_number"
MOST = 200  # orders that are looked at
SHOWN = 10  # of which are said in words
OFFERED = 4
FEWEST_DIGITS = 3  # of a part of a number
LONGEST = 7
BLOCKING = "blocking"
_IT = re.compile(r"\b(?:it|its|this|that|the same|this order|that order)\b", re.IGNORECASE)
# "the order" is the one spoken of, "an order" any.
_ANY = re.compile(r"\b(?:an|another|some|other|any) (?:\w+ )?order\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:orders|ones|everything|anything|all)\b", re.IGNORECASE)
_PLACE = re.compile(
    r"\bthe (?P<place>first|second|third|fourth|fifth|last)(?: one| order)?\b(?! line)",
    re.IGNORECASE,
)
_PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_DIGITS = re.compile(r"(?<![\w@.,:+-])#?(?P<digits>\d{3,20})(?![\w@]|[.,:]\d)")
_NUMBER = re.compile(r"\b\d{6,}\b")


def numbers_said(turn: Turn) -> list[str]:
    """The order numbers that a message means, as written or pressed, each once."""
    out = numbers_left_out(turn)
    said = dict.fromkeys(str(value) for value in turn.values(ORDER))
    return [number for number in said if number not in out]


def numbers_left_out(turn: Turn) -> list[str]:
    """The order numbers that are named as exceptions: "all but 4100027", "not 4100026"."""
    facts = [fact for fact in turn.facts if fact.entity == ORDER and not turn.is_payload]
    out = [str(fact.value) for fact in facts if is_left_out(turn.text, fact.start)]
    return list(dict.fromkeys(out))


def digits_said(turn: Turn) -> str | None:
    """Digits that may be a part of an order's number: "the one ending in 025"."""
    match = _DIGITS.search(turn.words)
    return match["digits"] if match else None


async def order_of(turn: Turn, number: str) -> Answer:
    """One order by either number; read once a turn."""
    key = f"order {number}"
    if key not in turn.read:
        turn.read[key] = await turn.call("get_order", order_number=number)
    answer: Answer = turn.read[key]
    return answer


async def orders_seen(turn: Turn, **narrowed: Any) -> tuple[list[Order], bool]:
    """The person's orders, newest first, up to two hundred; and whether there are more."""
    key = f"orders {sorted(narrowed.items())}"
    if key not in turn.read:
        answer = await turn.call("list_orders", limit=MOST, **narrowed)
        items = list(answer.body.get("items") or []) if answer.ok else []
        turn.read[key] = (items, bool(answer.body.get("next")) if answer.ok else False)
    found: tuple[list[Order], bool] = turn.read[key]
    return found


async def delayed_orders(turn: Turn) -> tuple[list[Order], bool]:
    """The delayed ones: those first that something blocks, and of these the oldest."""
    found, more = await orders_seen(turn, delayed=True)
    return sorted(found, key=_badness), more


def _badness(order: Order) -> tuple[bool, int, str]:
    delays = order["delays"]
    blocking = [one["age_days"] for one in delays if one["severity"] == BLOCKING]
    oldest = max(blocking or [one["age_days"] for one in delays], default=0)
    return not blocking, -oldest, order["number"]


@dataclass
class Meant:
    """The order that a message is about; or what was said and names none, with those near it."""

    order: Order | None = None
    said: str | None = None
    near: list[Order] = field(default_factory=list)
    several: bool = False  # whether `near` all fit


async def order_meant(turn: Turn) -> Meant:
    """By its number, by its place in the list shown last, or as the one spoken of last."""
    numbers = numbers_said(turn)
    if numbers:
        return await named(turn, numbers[0])
    if placed := in_list(turn):
        return await named(turn, placed)
    digits = digits_said(turn)
    if digits is not None:
        return await with_digits(turn, digits)
    recalled = turn.recall.get("order")
    if recalled and not _ANY.search(turn.words) and not means_several(turn):
        return await named(turn, str(recalled))
    return Meant()


def points(turn: Turn) -> bool:
    """Whether a sentence points to what was spoken of: "it", "that order"."""
    return _IT.search(turn.words) is not None


def means_several(turn: Turn) -> bool:
    """Whether a sentence speaks of orders in the plural, and not of one."""
    return _SEVERAL.search(turn.words) is not None and not _IT.search(turn.words)


def means_any(turn: Turn) -> bool:
    """Whether a sentence speaks of an order that nobody has named: "assign another order"."""
    return _ANY.search(turn.words) is not None


def in_list(turn: Turn) -> str | None:
    """The number at a place of the list that was shown last: "the second one"."""
    match = _PLACE.search(turn.words)
    shown = turn.recall.get("shown") or {}
    if match is None or shown.get("kind") != "orders":
        return None
    numbers, place = list(shown["ids"]), _PLACES[match["place"].lower()]
    return str(numbers[place]) if -len(numbers) <= place < len(numbers) else None


async def named(turn: Turn, number: str) -> Meant:
    """The order of this number; else those of one's own that are nearest to it."""
    answer = await order_of(turn, number)
    if answer.ok:
        turn.remember(order=str(answer.body["number"]))
        return Meant(answer.body)
    near = [n for n in _NUMBER.findall(str(answer.body.get("hint", ""))) if n != number]
    found = [(await order_of(turn, one)).body for one in near[:OFFERED]]
    found = found or (await _beginning(turn, number) if len(number) < LONGEST else [])
    return Meant(None, number, found)


async def with_digits(turn: Turn, digits: str) -> Meant:
    """The only order of one's own whose number begins or ends so; several are to be asked about."""
    own, _ = await orders_seen(turn)
    ends = [o for o in own if any(n.endswith(digits) for n in _numbers(o))]
    found = ends or await _beginning(turn, digits)
    if len(found) == 1:
        return await named(turn, found[0]["number"])
    return Meant(None, digits, found, several=bool(found))


async def _beginning(turn: Turn, digits: str) -> list[Order]:
    own, _ = await orders_seen(turn)
    return [o for o in own if any(n.startswith(digits) for n in _numbers(o))]


def _numbers(order: Order) -> list[str]:
    return [one for one in (order["number"], order.get("web_order_number")) if one]


def say_not_found(turn: Turn, meant: Meant, intent: str) -> None:
    """No order of that number is seen: the nearest, or those that fit, are a button each."""
    response = "utter_order_unknown"
    if meant.near:
        response = "utter_order_several" if meant.several else "utter_order_which_near"
    ways = [button(label(o), intent, order_number=o["number"]) for o in meant.near[:OFFERED]]
    more: list[Button] = []
    if not meant.near:
        wish = turn.words or say("utter_order_unknown", said=meant.said)
        more = [
            button(say("utter_way_why_not_seen"), "why_visible", order_number=meant.said),
            button(say("utter_way_order_case"), "open_case", order_number=meant.said,
                   category="orders", wish=wish),
            *buttons("utter_orders_none_such"),
        ]  # fmt: skip
    turn.reply(say(response, said=str(meant.said)[:40]), buttons=[*ways, *more])


# -- words --------------------------------------------------------------------------------------


def label(order: Order) -> str:
    """An order in a list of options: "4100005 · Northwind Networks · unassigned"."""
    return " · ".join([order["number"], *_facts(order)])


def _facts(order: Order) -> list[str]:
    words = metadata("utter_order", "short")
    blocking = [one for one in order["delays"] if one["severity"] == BLOCKING]
    if blocking:
        return [order["end_customer"], f"{blocking[0]['title']}, {say_age(blocking[0])}"]
    return [order["end_customer"], words.get(order["status"], order["status"])]


def line_of(order: Order) -> str:
    """An order in one line of a list, its worst delay in it."""
    return say("utter_orders_line", number=order["number"], facts=" · ".join(_facts(order)))


def say_place(assignment: dict[str, Any] | None) -> str:
    """Where licences go: "Northwind Networks (northwind.example), Americas". A restricted account
    that is not the person's to know has no name here.
    """
    if assignment is None:
        return ""
    if assignment["smart_account"] is None:
        return say("utter_order_place_hidden")
    account = f"{assignment['name']} ({assignment['smart_account']})"
    return ", ".join(filter(None, [account, assignment.get("virtual_account")]))


def say_age(delay: dict[str, Any]) -> str:
    """How long a delay lasts."""
    days = int(delay["age_days"])
    if days < 2:
        return str(metadata("utter_order_age", ("none", "one")[days]))
    return say("utter_order_age", count=days)


def say_delay(order: Order, delay: dict[str, Any], *, whole: bool) -> str:
    """A delay in a sentence; `whole`: also who acts and what is to be done."""
    kind = "delay" if delay["severity"] == BLOCKING else "remark"
    part = 0 < len(delay["lines"]) < len(order["lines"])
    since = datetime.fromisoformat(delay["since"])
    lines = ", ".join(map(str, delay["lines"]))
    said = say(
        f"utter_order_{kind}_of_lines" if part else f"utter_order_{kind}",
        title=delay["title"], since=f"{since.day} {since:%B %Y}", age=say_age(delay), lines=lines,
    )  # fmt: skip
    if not whole:
        return said
    acts = say("utter_order_delay_who", who=delay["who"].rstrip("."), next_step=delay["next_step"])
    link = [say("utter_order_delay_link", link=delay["link"])] if delay.get("link") else []
    return " ".join([said, acts, *link])


def case_button(order: Order) -> Button:
    """Opens a case about an order, with what is known of it filled in."""
    delay = next(iter(order["delays"]), None)
    title = delay["title"] if delay else metadata("utter_order", "short")[order["status"]]
    wish = say("utter_order_case_title", number=order["number"], title=title)
    return button(say("utter_way_order_case"), "open_case", order_number=order["number"],
                  category="orders", wish=wish)  # fmt: skip


_WAYS = {
    "assign_order": ("utter_way_assign_order", "assign_order"),
    "resend_provisioning_mail": ("utter_way_resend", "resend_provisioning_mail"),
    "change_provisioning_contact": ("utter_way_contact", "change_provisioning_contact"),
}


def ways_on(order: Order, *, explain: bool = False) -> list[Button]:
    """What helps with an order now: its delays' own steps, then what is always of use."""
    number = order["number"]
    ways: list[Button] = []
    if explain and order["delays"]:
        ways.append(button(say("utter_way_explain"), "explain_delay", order_number=number))
    for delay in order["delays"]:
        ways += _way_of(order, delay)
    waits = any(delay["severity"] == BLOCKING for delay in order["delays"])
    if order["status"] == "provisioned" or any(line["delivered_at"] for line in order["lines"]):
        ways.append(button(say("utter_way_licences"), "find_license", order_number=number))
    if waits and not order["following"]:
        ways.append(button(say("utter_way_follow"), "follow_order", order_number=number))
    if waits or order["closed_without_provisioning"]:
        ways.append(case_button(order))
    return list({way["title"]: way for way in ways}.values())


def _account_of(order: Order, delay: dict[str, Any]) -> str | None:
    """The Smart Account that the lines stand on which a delay is about."""
    places = (line["assignment"] for line in order["lines"] if line["number"] in delay["lines"])
    return next((str(on["smart_account"]) for on in places if on and on["smart_account"]), None)


def _way_of(order: Order, delay: dict[str, Any]) -> Iterable[Button]:
    """The operation that helps with a delay, if it is open to the person."""
    operation, number = delay.get("operation"), order["number"]
    if operation == "accept_notice" and (account := _account_of(order, delay)):
        yield button(say("utter_way_accept_notice"), "accept_notice", smart_account=account)
    if operation in _WAYS and operation in order["you_may"]:
        title, intent = _WAYS[operation]
        yield button(say(title), intent, order_number=number)
    if (
        operation == "resend_provisioning_mail"
        and "change_provisioning_contact" in order["you_may"]
    ):
        title, intent = _WAYS["change_provisioning_contact"]
        yield button(say(title), intent, order_number=number)
