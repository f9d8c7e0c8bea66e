"""Who sees an order: why the person does, and whom it is delegated to and shared with."""

from typing import Any

from rasa_sdk.events import EventType

from actions.base import CustomAction
from actions.order_access import RUNNING
from actions.order_views import say_which
from actions.orders import OFFERED, Order, order_meant, say_not_found
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say


class WhyVisible(CustomAction):
    """Why the person sees an order, or doesn't."""

    action = "action_why_visible"

    async def act(self, turn: Turn) -> list[EventType]:
        """From the same ways by which the API decides about it."""
        meant = await order_meant(turn)
        order = meant.order
        if order is None and meant.said is None:
            turn.reply(say("utter_order_why_which"), buttons=buttons("utter_order_why_which"))
        elif order is None and meant.several:
            say_not_found(turn, meant, "why_visible")
        elif order is None:
            near = [
                button(o["number"], "order_status", order_number=o["number"]) for o in meant.near
            ]
            turn.reply(
                say("utter_order_not_seen", said=str(meant.said)[:40]),
                buttons=[*near[:OFFERED], *buttons("utter_order_not_seen")],
            )
        else:
            ways = [f"- {way['text']}" for way in order["visible_because"]]
            response = "utter_order_seen_because"
            response += "_several" if len(ways) > 1 else ""
            turn.reply("\n".join([say(response, number=order["number"]), *ways]))
        return []


class OrderPeople(CustomAction):
    """Whom an order is delegated to and shared with."""

    action = "action_order_people"

    async def act(self, turn: Turn) -> list[EventType]:
        """Both lists of the order that is meant, as far as the person may see them."""
        turn.remember(last={"run": self.action})
        meant = await order_meant(turn)
        if meant.order is None:
            if meant.said is None:
                await say_which(turn, "order_people")
            else:
                say_not_found(turn, meant, "order_people")
            return []
        number = meant.order["number"]
        delegated = await _delegations(turn, number)
        parts = [_contact(meant.order), *_say_delegations(number, delegated),
                 *await _shares(turn, number)]  # fmt: skip
        said = [part for part in parts if part]
        if len(said) == bool(parts[0]):
            said.append(say("utter_order_people_none", number=number))
        may = meant.order["you_may"]
        ways = [button(title, intent, order_number=number) for title, intent, operation in (
            (say("utter_delegate_order_form_offer"), "delegate_order", "delegate_order"),
            (say("utter_share_order_form_offer"), "share_order", "share_order"),
        ) if operation in may]  # fmt: skip
        is_contact = any(one["way"] == "fulfillment_contact"
                         for one in meant.order["visible_because"])  # fmt: skip
        if is_contact and any(one["status"] in RUNNING for one in delegated):
            title = say("utter_revoke_order_delegation_form_offer")
            ways.append(button(title, "revoke_order_delegation", order_number=number))
        turn.reply("\n".join(said), buttons=ways)
        return []


def _contact(order: Order) -> str:
    contact = order.get("fulfillment_contact")
    if not contact:
        return ""
    who = f"{contact['name']} ({contact['email']})"
    return say("utter_order_contact_named", number=order["number"], contact=who)


async def _delegations(turn: Turn, number: str) -> list[dict[str, Any]]:
    answer = await turn.call("list_order_delegations", order_number=number)
    return list(answer.body.get("items") or []) if answer.ok else []


def _say_delegations(number: str, items: list[dict[str, Any]]) -> list[str]:
    states = metadata("utter_order_delegations", "states")
    lines = [
        say("utter_order_delegation", email=one["email"], state=states[one["status"]])
        for one in items
    ]
    return ["\n".join([say("utter_order_delegations", number=number), *lines])] if lines else []


async def _shares(turn: Turn, number: str) -> list[str]:
    answer = await turn.call("list_order_shares", order_number=number)
    items = list(answer.body.get("items") or []) if answer.ok else []
    lines = [
        say("utter_order_share", email=one["email"], by=one["shared_by"]["name"]) for one in items
    ]
    return ["\n".join([say("utter_order_shares", number=number), *lines])] if lines else []
