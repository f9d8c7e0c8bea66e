"""A plain form of ours for a case, for when no engine understands sentences: it asks one field
after the other, lets the API check each, and ends with a card like everything else.
"""

import json
from typing import Any

from assistant.conversations.drafts import Draft, Outcome
from assistant.proposals.service import propose
from assistant.situation import Situation
from assistant.wording import say
from backend.core.client import licensing_api

OPERATION = "open_case"
FIELDS = ("category", "title", "description", "severity", "phone")
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
CANCEL = {"cancel", "stop", "quit", "/cancel"}


async def answer(situation: Situation) -> Outcome:
    """Take the answer to the open question and ask the next one, or show the card."""
    form = situation.conversation.form
    if form is None:
        return await _next(situation, {"slots": {}}, opening=True)
    if _is_older_button(situation):
        return _ask(form["slots"], form["asking"], "")
    said = _value(situation)
    if said.lower() in CANCEL:
        return Outcome([Draft(say("form.cancelled"))], engine="form", form=None, keep_form=False)
    slots = {**form["slots"], form["asking"]: _typed(form["asking"], said)}
    wrong = await _wrong(situation, slots, form["asking"])
    if wrong:
        return _ask(form["slots"], form["asking"], say("form.wrong", message=wrong) + " ")
    return await _next(situation, {"slots": slots})


def _is_older_button(situation: Situation) -> bool:
    """A button of something else is no answer to the open question."""
    payload, question = situation.message.payload, situation.question
    if payload is None or payload in CANCEL:
        return False
    options = ((question.ask if question else None) or {}).get("options") or []
    return payload not in {option["payload"] for option in options}


def _value(situation: Situation) -> str:
    payload = situation.message.payload
    if payload and payload.startswith("/answer"):
        return str(json.loads(payload.removeprefix("/answer"))["value"])
    return (payload or situation.message.text).strip()


def _typed(field: str, said: str) -> Any:
    schema = licensing_api().operations[OPERATION].fields[field]
    if schema.get("type") == "integer":
        return NUMBERS.get(said.lower(), said)
    if "enum" not in schema:
        return said
    names = {_title(v).lower(): v for v in schema["enum"]}
    return names.get(said.lower(), said.lower().replace(" ", "_"))


async def _wrong(situation: Situation, slots: dict[str, Any], field: str) -> str | None:
    """What the API says against this one field, from a dry run with what is known so far."""
    checked = await licensing_api().call(OPERATION, slots, situation.caller("rest"), dry_run=True)
    for error in checked.field_errors:
        if error["field"].split(".")[0] == field and error["code"] != "missing":
            return str(error["message"])
    return None


async def _next(situation: Situation, form: dict[str, Any], *, opening: bool = False) -> Outcome:
    slots = form["slots"]
    missing = [
        f
        for f in FIELDS
        if f not in slots and (f != "phone" or _needs_phone(slots, situation.person.phone))
    ]
    if missing:
        return _ask(slots, missing[0], say("form.intro") + " " if opening else "")
    draft = await propose(situation.caller("rest"), OPERATION, slots)
    return Outcome([draft], engine="form", form=None, keep_form=False)


def _needs_phone(slots: dict[str, Any], known: str | None) -> bool:
    return str(slots.get("severity")) in {"1", "2"} and not known


def _ask(slots: dict[str, Any], field: str, before: str) -> Outcome:
    schema = licensing_api().operations[OPERATION].fields[field]
    ask: dict[str, Any] = {"slot": field, "kind": "text", "required": True}
    if "enum" in schema:
        ask |= {
            "kind": "choice",
            "options": [
                {"value": v, "title": _title(v), "payload": "/answer" + json.dumps({"value": v})}
                for v in schema["enum"]
            ],
        }
    if field == "severity":
        ask |= {"kind": "number", "min": schema["minimum"], "max": schema["maximum"]}
    return Outcome(
        [Draft(before + say(f"form.{field}"), ask=ask)],
        engine="form",
        form={"slots": slots, "asking": field},
        keep_form=False,
        why={"asked": field},
    )


def _title(value: str) -> str:
    return value.replace("_", " ").capitalize()
