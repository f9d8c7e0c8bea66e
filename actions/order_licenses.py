"""Where licences lie: those of an order, or all in an account."""

import re
from typing import Any

from rasa_sdk.events import EventType

from actions import cards
from actions.accounts import title_of
from actions.base import CustomAction
from actions.inside import accounts_meant, nodes_of, read_all
from actions.names import find_names
from actions.order_views import count_of, has_arrived, show_order
from actions.orders import (
    OFFERED,
    Meant,
    Order,
    numbers_said,
    order_meant,
    orders_seen,
    points,
    say_delay,
    say_not_found,
    ways_on,
)
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say
from backend.core.cards import card_of

SAID_LICENCES = 10
_ORDERS = re.compile(r"\border\b", re.IGNORECASE)


class FindLicense(CustomAction):
    """Where licences lie: those of an order, or all in an account."""

    action = "action_find_license"

    async def act(self, turn: Turn) -> list[EventType]:
        """The licences of the order that is meant, and why not where there are none."""
        turn.remember(last={"run": self.action})
        of_order = bool(numbers_said(turn)) or points(turn) or _ORDERS.search(turn.words)
        meant = await order_meant(turn) if of_order else Meant()
        if meant.order is not None:
            await _licences_of_order(turn, meant.order)
        elif meant.said is not None:
            say_not_found(turn, meant, "find_license")
        else:
            await _licences_of_accounts(turn)
        return []


async def _licences_of_order(turn: Turn, order: Order) -> None:
    """Where they lie, line by line; what holds up those that have not arrived."""
    answer = await turn.call("find_license", order_number=order["number"])
    if not answer.ok:
        show_order(turn, order)
        return
    items = answer.body["items"]
    lines = [
        say("utter_licenses_of_line", line=one["line"], product=one["product"], text=one["text"])
        for one in items[:SAID_LICENCES]
        if has_arrived(order) or not str(answer.body["text"]).endswith(one["text"])
    ]
    if len(items) > SAID_LICENCES:
        lines.append(say("utter_orders_rest", count=len(items) - SAID_LICENCES))
    text = str(answer.body["text"])
    if len({one["text"] for one in items}) == 1 and not has_arrived(order):
        lines = []  # the same of each
    parts = ["\n".join([text, *lines])]
    if not has_arrived(order):
        told = [one for one in order["delays"] if one["title"] in text and one["who"] in text]
        parts += [
            say_delay(order, one, whole=True) for one in order["delays"] if one not in told
        ]  # fmt: skip
    ways = [one for one in ways_on(order) if one["title"] != say("utter_way_licences")]
    turn.reply("\n\n".join(parts), card=card_of("get_order", order), buttons=ways)


def _licence_line(item: dict[str, Any]) -> str:
    return say("utter_license", quantity=item["quantity"], product=item["product"],
               place=item["virtual_account"], order=item["order_number"])  # fmt: skip


async def _licences_of_accounts(turn: Turn) -> None:
    entries = await accounts_meant(turn)
    if not entries:
        found, _ = await orders_seen(turn)
        ways = [
            button(o["number"], "find_license", order_number=o["number"])
            for o in found
            if "find_license" in o["you_may"]
        ]
        text = say("utter_licenses_no_account")
        turn.reply(text, buttons=[*ways[:OFFERED], *buttons("utter_licenses_no_account")])
        return
    for entry in entries:
        domain = entry["domain"]
        nodes = {str(n["name"]): str(n["name"]) for n in await nodes_of(turn, domain)}
        named = [hit.value for hit in find_names(turn.words, nodes)]
        listed = await read_all(turn, "list_licenses", pages=1, smart_account=domain)
        items = [x for x in listed.items if not named or x["virtual_account"] in named]
        where = title_of(entry) if not named else f"{named[0]} ({entry['name']})"
        if not items:
            turn.reply(say("utter_licenses_none", account=where),
                       buttons=buttons("utter_licenses_none"))  # fmt: skip
            continue
        states = metadata("utter_licenses", "states")
        rows = [{**one, "status": states.get(one["status"], one["status"])} for one in items]
        text = say("utter_licenses", account=where, count=count_of(items, listed.more))
        turn.reply(
            "\n".join([text, *(_licence_line(one) for one in items[:SAID_LICENCES])]),
            card=cards.table(say("utter_licenses_title"), "utter_licenses", rows),
        )
