"""What belongs to no task: questions, not understood, nothing open, repeat."""

from typing import Any

from rasa_sdk.events import EventType, FollowupAction, SlotSet

from actions.answers import LISTS, SLOT_OF
from actions.base import CustomAction
from actions.dialogue import forms
from actions.knowledge import answer_question, articles
from actions.order_access import (
    AboutPss,
    RevokeOrderDelegationForm,
    answers_which_pss,
    takes_back_delegation,
)
from actions.training import TrainingForm
from actions.turn import Turn, payload
from actions.wording import buttons, metadata, question, responses, say

_OF_ONE_ORDER = frozenset({
    "action_explain_delay", "action_find_license", "action_order_people",
})  # fmt: skip
_DETAILS = {"window", "attendees", "topic", "kind", "language", "email"}


class AnswerQuestion(CustomAction):
    """Answers a question from the knowledge base."""

    action = "action_answer_question"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply with an article and its source, or say that we don't know."""
        if answers_which_pss(turn):
            return [FollowupAction(AboutPss.action)]
        await answer_question(turn)
        return []


class NotUnderstood(CustomAction):
    """The classifier was unsure: an article that fits, else ask for other words."""

    action = "action_not_understood"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply; facts that belong to a training request are kept, too."""
        if answers_which_pss(turn):
            return [FollowupAction(AboutPss.action)]
        if takes_back_delegation(turn):
            return [FollowupAction(RevokeOrderDelegationForm.form)]
        if _asks_for_training(turn):
            return [FollowupAction("self_serve_form")]
        found = await articles(turn, turn.text)
        ways_on = buttons("utter_not_understood")
        if not found:
            turn.reply(say("utter_not_understood"), buttons=ways_on)
            return []
        best = found[0]
        text = f"{metadata('utter_not_understood', 'article')}\n\n{best['excerpt']}"
        turn.reply(text, sources=[{"title": best["title"], "url": best["url"]}], buttons=ways_on)
        return []


def _asks_for_training(turn: Turn) -> bool:
    """A long sentence full of facts may leave the classifier in two minds; they are not."""
    likely = {"request_training", "open_training_case"} & {*turn.ranking[:3]}
    names = {fact.entity for fact in turn.facts}
    if turn.asks_something or not names & {"portal", "portal_group", "unknown_portal"}:
        return False
    return bool((names - {"portal"}) & _DETAILS) and (bool(likely) or turn.intent == "inform")


class NothingOpen(CustomAction):
    """An answer or a command while no form is open."""

    action = "action_nothing_open"

    async def act(self, turn: Turn) -> list[EventType]:
        """Facts begin or complete a training request; else say that nothing is open."""
        if turn.intent == "inform" and turn.value("case_number"):
            return [FollowupAction("action_case_status")]
        if turn.intent == "inform" and turn.value("order_number"):
            return [FollowupAction(_about_orders(turn))]
        if turn.intent == "summarise" and (settled := turn.metadata.get("settled")):
            text = str(metadata("utter_nothing_open", "settled"))
            turn.reply(text.format(**settled), buttons=buttons("utter_nothing_open"))
            return []
        if answers_which_pss(turn) or turn.value("portal_group") == "any_pss":
            return [FollowupAction(AboutPss.action)]
        if turn.intent == "inform" and (turn.value("kind") or _asks_for_training(turn)):
            return [FollowupAction("self_serve_form")]
        if turn.intent == "affirm" and (next_step := _accepted(turn)):
            return [SlotSet("form_memory", {"said": ""}), FollowupAction(next_step)]
        if turn.intent == "inform" and turn.tracker.get_slot("task") == "training" and turn.facts:
            return _remember(turn)
        if turn.intent == "inform" and turn.value("portal") in _portals():
            _offer_for(turn, str(turn.value("portal")))
            return []
        text = metadata("utter_nothing_open", turn.intent) or say("utter_nothing_open")
        turn.reply(str(text), buttons=buttons("utter_nothing_open"))
        return []


def _about_orders(turn: Turn) -> str:
    """A number alone: what was looked at last, of this order; where it stands by default."""
    last = str((turn.recall.get("last") or {}).get("run") or "")
    return last if last in _OF_ONE_ORDER else "action_order_status"


def _accepted(turn: Turn) -> str | None:
    """The action that a "yes" agrees to: what the last reply offered, or support after links."""
    training = turn.tracker.get_slot("task") == "training"
    said: dict[str, Any] = next(
        (e for e in reversed(turn.tracker.events) if e.get("event") == "bot"), {}
    )
    custom = (said.get("data") or {}).get("custom") or {}
    text = str(custom.get("text") or said.get("text") or "").strip()
    for response in responses():
        agreed = metadata(response, "agreed")
        if agreed == "create_case":
            agreed = "training_form" if training else "case_form"
        if agreed and text == say(response):
            return str(agreed)
    return "utter_get_support" if training else None


def _portals() -> dict[str, str]:
    return question("self_serve_form", "portal").options


def _offer_for(turn: Turn, portal: str) -> None:
    """A portal's name alone: what there is to be had for it."""
    offers = [
        {**offer, "payload": payload(offer["payload"].strip("/"), portal=portal)}
        for offer in buttons("utter_portal_named")
    ]
    turn.reply(say("utter_portal_named", portal=_portals()[portal]), buttons=offers)


def _remember(turn: Turn) -> list[EventType]:
    """Facts said between the links and *Create a case* are for the request to come."""
    if turn.value("portal") or turn.value("portal_group") or turn.value("unknown_portal"):
        return [FollowupAction("self_serve_form")]
    slots = {*TrainingForm.asks, *TrainingForm.takes}
    heard: dict[str, Any] = {}
    for fact in turn.facts:
        slot = SLOT_OF.get(fact.entity, fact.entity)
        if slot in slots and slot in LISTS:
            heard.setdefault(slot, []).append(fact.value)
        elif slot in slots:
            heard[slot] = fact.value
    if not heard:
        text = str(metadata("utter_nothing_open", "inform"))
        turn.reply(text, buttons=buttons("utter_get_support"))
        return []
    said = "; ".join(
        f"{question('training_form', slot).label}: "
        f"{', '.join(map(str, value)) if isinstance(value, list) else value}"
        for slot, value in heard.items()
    )
    kind = turn.tracker.get_slot("kind") or "training"
    response = "utter_training_remembered"
    turn.reply(say(response, kind=kind, changes=said), buttons=buttons(response))
    return [SlotSet(slot, value) for slot, value in heard.items()]


class Repeat(CustomAction):
    """What was said last, again."""

    action = "action_repeat"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply with the last message of the conversation, controls and all."""
        for event in reversed(turn.tracker.events):
            if event.get("event") == "session_started":
                break  # what was said before was about something that is done
            if event.get("event") != "bot":
                continue
            said = event.get("data") or {}
            custom = said.get("custom") or {}
            parts = {key: custom.get(key) for key in ("buttons", "card", "sources", "case")}
            parts["buttons"] = parts["buttons"] or said.get("buttons")
            text = custom.get("text") or event.get("text")
            if text:
                turn.reply(str(text), **parts)
                return []
        turn.reply(say("utter_greet"), buttons=buttons("utter_greet"))
        return []


class SameAgain(CustomAction):
    """The last task with other facts: "and for Oslo?", "and his?"."""

    action = "action_same_again"

    async def act(self, turn: Turn) -> list[EventType]:
        """Go to whatever was done or shown last, which reads this message."""
        last = (turn.recall.get("last") or {}).get("run")
        if last is not None:
            return [FollowupAction(str(last))]
        turn.reply(say("utter_nothing_to_repeat"), buttons=buttons("utter_nothing_to_repeat"))
        return []


class Unhandled(CustomAction):
    """A turn that no rule foresaw: back to the form, or say that it was not understood.

    Rasa's own fallback would rewind the conversation and say nothing.
    """

    action = "action_unhandled"

    async def act(self, turn: Turn) -> list[EventType]:
        """Never silent: a form speaks for itself, all else is said here."""
        active = turn.tracker.active_loop_name
        if active in {form.form for form in forms()}:
            return [FollowupAction(active)]
        said = any(event.get("event") == "bot" for event in _this_turn(turn))
        if not said:
            turn.reply(say("utter_not_understood"), buttons=buttons("utter_not_understood"))
        return [FollowupAction("action_listen")]


def _this_turn(turn: Turn) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            break
        events.append(event)
    return events
