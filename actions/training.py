"""Training engagements: what helps at once, then the request, later another date."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk.events import EventType, SlotSet

from actions import answers
from actions.cases import CaseChoice
from actions.forms import OperationForm
from actions.knowledge import articles
from actions.questions import ask
from actions.sheet import Sheet
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say

ARTICLES, WEBINARS = 3, 2
ACTIONS = {"article": "Read", "video": "Watch", "webinar": "Register"}


class TrainingForm(OperationForm):
    """Asks for a training session or a demo."""

    form = "training_form"
    operation = "create_training_engagement"
    asks = (
        "kind", "portal", "topics", "windows", "attendees", "language", "time_zone", "phone",
    )  # fmt: skip
    optional = frozenset({"phone"})
    takes = frozenset({"attendee_emails", "smart_account", "notes", "open_another"})
    from_profile = frozenset({"language", "time_zone", "phone"})
    begins = frozenset({"open_training_case"})
    restates = frozenset(
        {"request_training", "create_case", "ask_self_serve", "reschedule_training"}
    )
    also_cancels = frozenset({"cancel_case"})  # "cancel my training": it is not sent yet
    subject = "a training session"

    async def aside(self, turn: Turn, sheet: Sheet) -> bool:
        """The links again, without leaving the request."""
        if turn.intent != "ask_self_serve" or "portal" not in sheet.values:
            return False
        await show_links(turn, sheet, closing=False)
        return True


class SelfServeForm(OperationForm):
    """What helps at once: articles, videos and webinars of a portal, then *Get Support*."""

    form = "self_serve_form"
    operation = "create_training_engagement"
    asks = ("portal",)
    takes = (frozenset(TrainingForm.asks) | TrainingForm.takes) - {"portal"}
    begins = frozenset({"request_training", "ask_self_serve"})
    subject = "a training session"

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:  # noqa: ARG002
        """Our buttons say "training"; what is said decides otherwise."""
        if turn.is_payload and turn.intent == "request_training":
            sheet.values.setdefault("kind", "training")

    async def _store(
        self, turn: Turn, sheet: Sheet, heard: dict[str, Any], answered: str | None
    ) -> list[EventType]:
        """Keep times as words: the request itself reads them, and says what is wrong."""
        words = heard.pop("windows", None)
        if words is not None:
            sheet.values["windows"] = words
        if words is not None and answered and not heard:
            sheet.notes.append(say("utter_form_noted", changes=sheet.line("windows")))
            return ask(turn, sheet, "portal")
        return await super()._store(turn, sheet, heard, answered)

    async def _check(self, _: Turn, sheet: Sheet) -> tuple[set[str], dict[str, str]]:
        """Only the portal counts here."""
        return ({"portal"} - {*sheet.values}), {}

    def _acknowledge(self, sheet: Sheet, changed: set[str], answered: str | None) -> None:
        """What is kept for the request is said with the links; until then, at once."""
        if "portal" not in sheet.values:
            super()._acknowledge(sheet, changed, answered)

    async def finish(self, turn: Turn, sheet: Sheet) -> list[EventType]:
        """Show the links; what was said stays known for the request."""
        await show_links(turn, sheet, closing=True)
        return [*sheet.events(None), SlotSet("task", "training")]


async def show_links(turn: Turn, sheet: Sheet, *, closing: bool) -> None:
    """One card of links to a portal's articles, videos and webinars."""
    portal = sheet.values["portal"]
    name = sheet.show("portal")
    topics = sheet.values.get("topics") or []
    query = " ".join([*topics, name]) if topics else f"getting started with {name}"
    items = [
        {
            "title": item["title"], "url": item["url"], "kind": item["kind"],
            "detail": item["excerpt"][:160], "action": ACTIONS[item["kind"]],
        }
        for item in (await articles(turn, query, portal))[:ARTICLES]
    ]  # fmt: skip
    webinars = await turn.call("list_webinars", portal=portal)
    zone = sheet.values.get("time_zone") or turn.metadata.get("time_zone") or "UTC"
    items += [_webinar(item, zone) for item in (webinars.body.get("items") or [])[:WEBINARS]]
    text = say("utter_self_serve", portal=name)
    if not items:
        text = str(metadata("utter_self_serve", "none")).format(portal=name)
    card = {"kind": "links", "items": items} if items else None
    if not closing:
        turn.reply(text, card=card)
        return
    kind = sheet.values.get("kind") or "training"
    if items:
        text += " " + str(metadata("utter_self_serve", "after")).format(kind=kind)
    after = []
    kept = [sheet.line(slot) for slot in _kept(sheet)]
    if kept:
        said = str(metadata("utter_self_serve", "remembered"))
        after.append(said.format(facts="; ".join(kept)))
    titles = sheet.question("portal").options
    others = [other for other in answers.also_portals(turn) if other in titles]
    if others:
        said = str(metadata("utter_self_serve", "also"))
        after.append(said.format(portals=", ".join(titles[other] for other in others)))
    next_title = str(metadata("utter_next_wish", "title"))
    ways = [
        button(
            next_title.format(wish=titles[other]),
            "request_training",
            portal=other,
            kind=kind,
            wish=titles[other],
        )
        for other in others
    ]
    turn.reply(
        "\n\n".join([*sheet.notes, text, *after]),
        card=card, buttons=[*buttons("utter_self_serve"), *ways],
    )  # fmt: skip


def _kept(sheet: Sheet) -> list[str]:
    """What was said besides kind and portal, in the order of the request."""
    named = [*TrainingForm.asks, "attendee_emails"]
    return [slot for slot in named if slot in sheet.values and slot not in {"kind", "portal"}]


def _webinar(item: dict[str, Any], zone: str) -> dict[str, Any]:
    start = datetime.fromisoformat(item["starts_at"])
    start = start.astimezone(ZoneInfo(zone))
    when = f"{start:%A}, {start.day} {start:%B %Y}, {start:%H:%M} ({zone})"
    return {
        "title": item["title"], "url": item["register_url"], "kind": "webinar",
        "detail": f"{when}, {item['duration_minutes']} minutes", "action": ACTIONS["webinar"],
    }  # fmt: skip


class RescheduleForm(CaseChoice, OperationForm):
    """Other times for a training of one's own."""

    form = "reschedule_form"
    operation = "reschedule_training_engagement"
    asks = ("case_number", "windows", "time_zone")
    from_profile = frozenset({"time_zone"})
    begins = frozenset({"reschedule_training"})
    subject = "a training session"
    kinds = frozenset({"training", "demo"})
