"""Orders to look at: one with its delays, lists, counts."""

import re
from typing import Any

from rasa_sdk.events import EventType

from actions.base import CustomAction
from actions.orders import (
    OFFERED,
    SHOWN,
    Order,
    delayed_orders,
    line_of,
    order_meant,
    orders_seen,
    say_delay,
    say_not_found,
    say_place,
    ways_on,
)
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.cards import card_of

SAID_LINES = 6
_DELAYED = re.compile(
    r"\b(?:delay\w*|late|stuck|overdue|blocked|on hold|held|worst|waiting|(?:don['’]?t|not|n't) "
    r"mov\w+)\b",
    re.IGNORECASE,
)
_UNASSIGNED = re.compile(
    r"\bun-?assi?gn\w*|\bnot (?:yet )?assigned\b|\b(?:without|no|need an?|for an?|got an?)"
    r"(?: smart)? account\b|\bwait for (?:an )?assign\w*",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"\b(?<!un)(?<!not )(?<!yet )assigned\b", re.IGNORECASE)
_STATUSES = {
    "submitted": r"\bsubmitted\b", "booked": r"\bbooked\b", "in_fulfilment": r"\bin fulfil+ment\b",
    "provision_pending": r"\bprovision(?:ing)? pending\b", "provisioned": r"\bprovisioned\b",
    "closed": r"\bclosed\b", "cancelled": r"\bcancell?ed\b",
}  # fmt: skip
_ABOUT = re.compile(
    r"\b(?:orders?|find|search(?: orders)?)\s+(?:for|of|from|with|by)\s+(?:the\s+)?"
    r"(?:customer\s+|product\s+|purchase order\s+|my purchase order number\s+)?(?P<q>\S.*?)"
    r"\s*(?:please|pls)?[.!?]*$",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:our company|us|me|ours|mine|my company|a smart account|no smart account|an account"
    r"|my orders?|our orders?)$",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"\bfulfil+ment contact\b", re.IGNORECASE)
_LINES = re.compile(
    r"\b(?:lines?|products?|in order|what(?:'s| is) in|buy|bought)\b", re.IGNORECASE
)


class OrderStatus(CustomAction):
    """Where an order stands; what holds it up comes first."""

    action = "action_order_status"

    async def act(self, turn: Turn) -> list[EventType]:
        """The order that is meant; without one, all of them, the delayed ones first."""
        turn.remember(last={"run": self.action})
        meant = await order_meant(turn)
        if meant.order is not None:
            show_order(turn, meant.order)
        elif meant.said is not None:
            say_not_found(turn, meant, "order_status")
        else:
            await say_which(turn, "order_status")
        return []


class ExplainDelay(CustomAction):
    """Why an order waits, since when, who has to act, and what helps."""

    action = "action_explain_delay"

    async def act(self, turn: Turn) -> list[EventType]:
        """Each reason of the order that is meant; without one, of the only delayed one."""
        turn.remember(last={"run": self.action})
        meant = await order_meant(turn)
        if meant.said is not None and meant.order is None:
            say_not_found(turn, meant, "explain_delay")
            return []
        order = meant.order
        if order is None:
            found, _ = await delayed_orders(turn)
            if len(found) != 1:
                await show_delayed(turn)
                return []
            order = found[0]
            turn.remember(order=order["number"])
        explain(turn, order)
        return []


def show_order(turn: Turn, order: Order) -> None:
    """One order in words, its delays first, and as a card."""
    parts = [say_delay(order, one, whole=False) for one in order["delays"]]
    parts.insert(0, state_of(order))
    parts += _more(turn, order)
    card = card_of("get_order", order)
    turn.reply("\n\n".join(parts), card=card, buttons=ways_on(order, explain=True))


def explain(turn: Turn, order: Order) -> None:
    """Why it waits, who acts, what to do; or that nothing holds it up."""
    parts = [say_delay(order, one, whole=True) for one in order["delays"]]
    if not parts:
        parts = [say("utter_order_not_delayed")]
    turn.reply(
        "\n\n".join([state_of(order), *parts]), card=card_of("get_order", order),
        buttons=ways_on(order),
    )  # fmt: skip


def state_of(order: Order) -> str:
    """Status and place; that it was closed without being provisioned comes before all else."""
    statuses = metadata("utter_order", "statuses")
    said = [say("utter_order", number=order["number"], customer=order["end_customer"],
                status=statuses[order["status"]])]  # fmt: skip
    if order["closed_without_provisioning"]:
        said.insert(0, say("utter_order_closed_not_provisioned"))
    elif order["status"] == "cancelled":
        said.append(say("utter_order_cancelled"))
    place = say_place(order["assignment"])
    if has_arrived(order):
        said.append(
            say("utter_order_delivered_to", place=place) if place
            else say("utter_order_all_delivered")
        )  # fmt: skip
    elif place:
        said.append(say("utter_order_assigned", place=place))
    elif order["assignment_status"] == "unassigned":
        partly = any(line["assignment"] for line in order["lines"])
        said.append(say("utter_order_partly_assigned" if partly else "utter_order_unassigned"))
    return " ".join(said)


def has_arrived(order: Order) -> bool:
    """Whether all of it is delivered, to an account that takes it where it needs one."""
    lines, status = order["lines"], order["assignment_status"]
    waits = status in {"unassigned", "assigned_pending_sa"}
    return bool(lines) and all(line["delivered_at"] for line in lines) and not waits


def _more(turn: Turn, order: Order) -> list[str]:
    """What the words ask for besides: its lines, its contact."""
    said: list[str] = []
    contact = order.get("fulfillment_contact")
    if _CONTACT.search(turn.words) and contact:
        said.append(say("utter_order_contact", contact=f"{contact['name']} ({contact['email']})"))
    if re.search(r"\bpartner\b", turn.words, re.IGNORECASE) and order.get("partner"):
        said.append(say("utter_order_partner", partner=order["partner"]["name"]))
    if _LINES.search(turn.words):
        states = metadata("utter_order_line", "states")
        lines = [
            say("utter_order_line", number=line["number"], quantity=line["quantity"],
                product=line["product"], state=states.get(line["provisioning"], ""))
            for line in order["lines"][:SAID_LINES]
        ]  # fmt: skip
        head = _headline("utter_order_lines", order["lines"], more=False)
        rest = len(order["lines"]) - SAID_LINES
        more = [say("utter_orders_rest", count=rest)] if rest > 0 else []
        said.append("\n".join([head, *lines, *more]))
    return said


async def say_which(turn: Turn, intent: str) -> None:
    """Without a number: the only order, or all to choose from."""
    found, more = await orders_seen(turn)
    if not found:
        turn.reply(say("utter_orders_none"), buttons=buttons("utter_orders_none"))
        return
    if len(found) == 1:
        turn.remember(order=found[0]["number"])
        show_order(turn, found[0])
        return
    delayed, _ = await delayed_orders(turn)
    late = {one["number"] for one in delayed}
    ordered = [*delayed, *(one for one in found if one["number"] not in late)]
    _show(turn, say("utter_orders_which", count=count_of(found, more)), ordered, more, intent)


class ListOrders(CustomAction):
    """The person's orders, or those that the words narrow them to."""

    action = "action_list_orders"

    async def act(self, turn: Turn) -> list[EventType]:
        """A card and the first in words; delayed ones the worst first."""
        turn.remember(last={"run": self.action})
        narrowed = narrowed_by(turn)
        if narrowed.get("delayed"):
            await show_delayed(turn)
            return []
        found, more = await orders_seen(turn, **narrowed)
        what = narrowed.get("assignment") or narrowed.get("status")
        if what is not None:
            _show_kind(turn, found, more, narrowed)
        elif found:
            text = _headline("utter_orders", found, more)
            _show(turn, text, found, more, "order_status", narrowed=narrowed)
        else:
            response = "utter_orders_none_found" if narrowed else "utter_orders_none"
            said = str(narrowed.get("q", ""))[:60]
            turn.reply(say(response, said=said), buttons=buttons(response))
        return []


def narrowed_by(turn: Turn) -> dict[str, Any]:
    """What the words narrow a list of orders to, as the API takes it."""
    words = turn.words
    if turn.value("delayed") or (_DELAYED.search(words) and not _UNASSIGNED.search(words)):
        return {"delayed": True}
    if _UNASSIGNED.search(words) or turn.value("assignment") == "unassigned":
        return {"assignment": "unassigned"}
    if _ASSIGNED.search(words):
        return {"assignment": "assigned"}
    for status, pattern in _STATUSES.items():
        if re.search(pattern, words, re.IGNORECASE):
            return {"status": status}
    searched = _searched(words)
    return {"q": searched} if searched else {}


def _searched(words: str) -> str | None:
    match = _ABOUT.search(words)
    said = match["q"].strip(" .!?") if match else ""
    return said[:100] if said and not _NOBODY.match(said) else None


async def show_delayed(turn: Turn) -> None:
    """The delayed orders, the worst first."""
    found, more = await delayed_orders(turn)
    if not found:
        what = metadata("utter_orders", "what")["delayed"]
        turn.reply(say("utter_orders_none_such", what=what),
                   buttons=buttons("utter_orders_none_such"))  # fmt: skip
        return
    text = _headline("utter_orders_delayed", found, more)
    _show(turn, text, found, more, "explain_delay", narrowed={"delayed": True})


def _show_kind(
    turn: Turn, found: list[Order], more: bool, narrowed: dict[str, Any]
) -> None:  # fmt: skip
    """Those of one status, or those that are assigned or not."""
    kind = narrowed.get("assignment")
    what = (
        metadata("utter_orders", "what")[kind] if kind
        else metadata("utter_order", "short")[narrowed["status"]]
    )  # fmt: skip
    if not found:
        turn.reply(say("utter_orders_none_such", what=what),
                   buttons=buttons("utter_orders_none_such"))  # fmt: skip
        return
    extra = []
    if kind == "unassigned" and len(found) > 1:
        title = say("utter_way_assign_orders")
        extra = [button(title, "assign_order", wish="assign all unassigned orders")]
    text = _headline("utter_orders_of_kind", found, more, what=what)
    _show(turn, text, found, more, "order_status", extra, narrowed)


def _show(
    turn: Turn, text: str, found: list[Order], more: bool, intent: str,
    extra: list[dict[str, str]] | None = None, narrowed: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """A list as a card and in words; what is said next may count in it."""
    numbers = [one["number"] for one in found]
    turn.remember(
        shown={"kind": "orders", "ids": numbers, "filters": narrowed or {}},
        order=found[0]["number"] if len(found) == 1 else turn.recall.get("order"),
    )
    lines = [line_of(one) for one in found[:SHOWN]]
    if len(found) > SHOWN or more:
        lines.append(say("utter_orders_rest", count=count_of(found[SHOWN:], more)))
    ways = [button(o["number"], intent, order_number=o["number"]) for o in found[:OFFERED]]
    card = card_of("list_orders", {"items": found, "next": "more" if more else None},
                   title=say("utter_orders_title"))  # fmt: skip
    turn.reply("\n".join([text, *lines]), card=card, buttons=[*ways, *(extra or [])])


def _headline(response: str, found: list[Any], more: bool, **words: str) -> str:
    """The sentence over a list; one order is not "1 of the orders"."""
    if len(found) == 1 and not more:
        return say(f"{response}_one", **words)
    return say(response, count=count_of(found, more), **words)


def count_of(found: list[Any], more: bool) -> str:
    """How many there are; of a list that goes on, how many at least."""
    return say("utter_at_least", count=len(found)) if more else str(len(found))


class OrderSummary(CustomAction):
    """How many orders there are, of which kind."""

    action = "action_order_summary"

    async def act(self, turn: Turn) -> list[EventType]:
        """The count that is asked for, and all counts as a card."""
        turn.remember(last={"run": self.action})
        answer = await turn.call("get_orders_summary")
        counts = answer.body
        if not answer.ok or not counts["total"]:
            turn.reply(say("utter_orders_none"), buttons=buttons("utter_orders_none"))
            return []
        status = next(
            (one for one, said in _STATUSES.items() if re.search(said, turn.words, re.IGNORECASE)),
            None,
        )
        response = "utter_orders_summary"
        if _UNASSIGNED.search(turn.words):
            response = "utter_orders_summary_unassigned"
        elif _DELAYED.search(turn.words):
            response = "utter_orders_summary_delayed"
        text = say(response, **{name: counts[name] for name in ("total", "unassigned", "delayed")})
        if status is not None and response == "utter_orders_summary":
            count = counts["by_status"].get(status, 0)
            are = metadata("utter_orders_summary_status", "one" if count == 1 else "several")
            text = say(
                "utter_orders_summary_status", count=count, total=counts["total"], are=are,
                status=metadata("utter_order", "short")[status],
            )  # fmt: skip
        ways = [button(say("utter_way_delayed"), "list_orders", delayed="true")]
        turn.reply(
            text, card=card_of("get_orders_summary", counts),
            buttons=[*(ways if counts["delayed"] else []), *buttons("utter_orders_none_such")],
        )  # fmt: skip
        return []
