"""Cases: open one, look at them, add a note, cancel."""

import re
from typing import Any, ClassVar

from rasa_sdk.events import EventType, FollowupAction

from actions.answers import without_facts
from actions.base import CustomAction
from actions.dates import say_window
from actions.forms import OperationForm
from actions.sheet import Sheet
from actions.turn import Turn, button
from actions.wording import buttons, metadata, say

ENDED = frozenset({"closed", "cancelled"})
URGENT = 2  # severities 1 and 2: somebody is called
SHOWN = 10
_OPENING = re.compile(
    r"^\W*(?:(?:please|hi|hello|hey|i(?: want| need|'d like| would like)(?: to)?"
    r"|can you|could you)\b[ ,]*)*(?:(?:open|create|raise|log|file|submit|make|start)\s+(?:me\s+)?"
    r"(?:a|an|the|new|another)?\s*(?:new |support )?(?:case|ticket)\b[ ,:-]*"
    r"(?:because|about|for|on|as|since|with|regarding|that)?\s*(?:of\b)?)?\s*",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"[,;.]?\s*(?:my )?(?:phone|number|severity|call me on)\W*(?=$|[,;.])", re.IGNORECASE
)
_VAGUE = re.compile(
    r"(?:a |an |the |my )?(?:problem|issue|case|ticket|complaint)?s?|"
    r"(?:i(?:'ve| have)? (?:got )?)(?:a |an )(?:problem|issue)|"
    r"something (?:is broken|doesn'?t work)",
    re.IGNORECASE,
)
# The first that fits names the category; unclear sentences are asked about.
_CATEGORIES = (
    ("traditional_licensing", r"\bpaks?\b|traditional"),
    ("pnp", r"plug (?:and|&|n) play|\bpnp\b"),
    ("mce", r"entitlement|\bmce\b"),
    ("ea", r"enterprise agreement|\bea\b|\beaws\b"),
    ("orders", r"\borders?\b|deliver|provision|purchase"),
    ("smart_account", r"smart account|virtual account|administrator|\baccess\b"),
    ("smart_licensing", r"licen[cs]e|licen[cs]ing|token|compliance|regist(?:er|ration)|cssm|sync"),
)


class CaseForm(OperationForm):
    """Opens a case for anything but training."""

    form = "case_form"
    operation = "open_case"
    asks = ("category", "title", "description", "severity", "phone")
    optional = frozenset({"severity"})
    takes = frozenset({"order_number", "portal", "smart_account"})
    from_profile = frozenset({"phone"})
    begins = frozenset({"open_case", "create_case"})

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:
        """The sentence that began it is the title, and says what it is about."""
        if turn.is_payload and "\n" in said:  # a button that knows what was said so far
            said, description = said.split("\n", 1)
            sheet.values.setdefault("description", description)
        if said == turn.text:  # severity and phone have fields of their own
            said = without_facts(turn, frozenset({"severity", "phone"}))
        title = _ASIDE.sub("", _OPENING.sub("", said)).strip(" .!,:;-")
        if not title or _VAGUE.fullmatch(title) or len(title.split()) < 2:
            return
        sheet.values.setdefault("title", title[:1].upper() + title[1:150])
        lower = title.lower()
        category = next((c for c, words in _CATEGORIES if re.search(words, lower)), None)
        if category is not None:
            sheet.values.setdefault("category", category)

    def remarks(self, sheet: Sheet, changed: set[str]) -> list[str]:
        """Urgent ones are called about as well."""
        urgent = "severity" in changed and sheet.values["severity"] <= URGENT
        return [say("utter_case_urgent")] if urgent else []


class CaseChoice:
    """For forms about one case: the only open one is taken, several are a choice."""

    kinds: ClassVar[frozenset[str]] = frozenset({"training", "demo", "support"})

    async def options_of(self, slot: str, turn: Turn, _sheet: Sheet) -> dict[str, str] | None:
        """The person's open cases of the kinds that this form is about."""
        if slot != "case_number":
            return None
        kinds = self.kinds
        if turn.value("kind") and kinds >= {"training", "demo"}:
            kinds = frozenset({"training", "demo"})
        return {
            case["number"]: f"{case['number']} · {case['title']}"
            for case in await my_cases(turn)
            if case["status"] not in ENDED and case["kind"] in kinds
        }


class NoteForm(CaseChoice, OperationForm):
    """Adds a note to a case of one's own."""

    form = "note_form"
    operation = "add_case_note"
    asks = ("case_number", "text")
    begins = frozenset({"add_note"})

    async def prepare(self, turn: Turn, sheet: Sheet, said: str) -> None:  # noqa: ARG002
        """Take the note out of "add a note to C-500123: call me"."""
        match = re.search(r":\s*(\S.*)$", said, re.DOTALL) or re.search(
            r"\b(?:that|saying)\s+(\S.*)$", said, re.IGNORECASE | re.DOTALL
        )
        if match:
            sheet.values.setdefault("text", match[1].strip())


class CancelCaseForm(CaseChoice, OperationForm):
    """Cancels a case of one's own."""

    form = "cancel_case_form"
    operation = "cancel_case"
    asks = ("case_number",)
    takes = frozenset({"reason"})
    begins = frozenset({"cancel_case"})


async def my_cases(turn: Turn) -> list[dict[str, Any]]:
    """The person's own cases, newest first."""
    answer = await turn.call("list_cases", mine=True, limit=50)
    return list(answer.body.get("items") or []) if answer.ok else []


class CaseStatus(CustomAction):
    """Where a case stands: the one named, the only open one, or all of them."""

    action = "action_case_status"

    async def act(self, turn: Turn) -> list[EventType]:
        """Reply with the case, or with the list when it is not clear which one is meant."""
        number = turn.value("case_number")
        cases = [] if number else await my_cases(turn)
        if turn.value("kind"):
            cases = [case for case in cases if case["kind"] in {"training", "demo"}] or cases
        still_open = [case for case in cases if case["status"] not in ENDED]
        if not cases and not number and _asked_for_access(turn):
            return [FollowupAction("action_access_status")]
        if number or len(still_open) == 1 or len(cases) == 1:
            await show_case(turn, number or (still_open or cases)[0]["number"])
        else:
            show_cases(turn, still_open or cases)
        return []


def _asked_for_access(turn: Turn) -> bool:
    """Whether "my request" is more likely one for access."""
    return (turn.recall.get("last") or {}).get("run") in {"request_access_form", "remind_form"}


def show_cases(turn: Turn, cases: list[dict[str, Any]]) -> None:
    """Cases as a card, each with a button; or that there is none."""
    if not cases:
        turn.reply(say("utter_case_none"), buttons=buttons("utter_case_none"))
        return
    keys = ("number", "title", "status", "updated_at")
    items = [{key: case[key] for key in keys} for case in cases[:SHOWN]]
    offers = [button(c["number"], "case_status", case_number=c["number"]) for c in cases[:4]]
    text = say("utter_cases" if len(cases) <= SHOWN else "utter_cases_more")
    turn.reply(text, card={"kind": "cases", "items": items}, buttons=offers)


async def show_case(turn: Turn, number: str) -> None:
    """One case as a card, with what happens next."""
    answer = await turn.call("get_case", case_number=number)
    if not answer.ok:
        text = say("utter_case_unknown", case_number=number)
        turn.reply(text, buttons=buttons("utter_case_unknown"))
        return
    case = answer.body
    status, titles = case["status"], metadata("utter_case", "status")
    text = say(
        "utter_case", number=case["number"], status=titles[status],
        next=metadata("utter_case", "next")[status],
    )  # fmt: skip
    head = {"number": case["number"], "title": case["title"], "status": status}
    turn.reply(text, card={"kind": "case", **head, "lines": _lines(case, turn)}, case=head)


def _lines(case: dict[str, Any], turn: Turn) -> list[dict[str, str]]:
    labels = metadata("utter_case", "labels")
    zone = turn.metadata.get("time_zone") or "UTC"
    engagement = case.get("engagement") or {}
    zone = engagement.get("time_zone") or zone
    scheduled = engagement.get("scheduled")
    said = [e for e in case["thread"] if e["type"] in {"reply", "note"} and e["text"]]
    lines = {
        "scheduled": say_window(scheduled, zone) if scheduled else "",
        "windows": ""
        if scheduled
        else "; ".join(say_window(w, zone) for w in engagement.get("windows") or []),
        "assignee": (case.get("assignee") or {}).get("name", ""),
        "last": f"{said[-1]['author']['name']}: {said[-1]['text'][:200]}" if said else "",
    }
    return [{"label": labels[key], "value": value} for key, value in lines.items() if value]
