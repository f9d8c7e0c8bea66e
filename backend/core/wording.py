"""Sentences for wrong fields, from Pydantic's findings. Values come back, so people can compare."""

import re
from collections.abc import Mapping
from typing import Any

_SHOWN = 60
_CALL = r"(?:GET|POST|PUT|PATCH|DELETE) /api/v1\S*?"
_BY_A_CALL = re.compile(rf",? (?:with|by|using|at) {_CALL}(?=[,.;]?(?:\s|$))")
_SENTENCES_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")


def printable(text: str) -> str:
    """The text without halves of characters, which JSON can carry and nothing can print."""
    return text.encode(errors="replace").decode()


def shown(value: object) -> str:
    """A value as people may read it back: quoted, at most 60 characters."""
    text = printable(str(value).replace("\n", " "))
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"


def for_people(text: str) -> str:
    """A hint without the API's calls in it, which help nobody who chats."""
    sentences = _SENTENCES_END.split(_BY_A_CALL.sub("", text))
    return " ".join(one for one in sentences if "/api/v1" not in one)


def name_of(field: str) -> str:
    """`attendee_emails.2` → `attendee e-mails, number 3`."""
    words = [
        f"number {int(part) + 1}" if part.isdigit() else part.replace("_", " ")
        for part in field.split(".")
    ]
    return ", ".join(words).replace("emails", "e-mails")


def say_field_error(field: str, raw: Mapping[str, Any]) -> str:
    """One sentence or two: which field, what was given, what would be right."""
    kind, context, given = str(raw["type"]), dict(raw.get("ctx") or {}), shown(raw.get("input"))
    name = name_of(field)
    if kind == "value_error":
        return str(context.get("error") or raw["msg"]).removeprefix("Value error, ")
    for begins, say in _SENTENCES:
        if kind.startswith(begins):
            return say.format(name=name, given=given, **{**_NOTHING, **context})
    return f"{name}: {raw['msg'][:1].lower()}{raw['msg'][1:]}."


_NOTHING = {
    "expected": "",
    "ge": "",
    "gt": "",
    "le": "",
    "lt": "",
    "max_length": "",
    "min_length": "",
}
_SENTENCES = (
    (("missing",), "{name} is missing."),
    (("literal_error", "enum"), "{name} can’t be {given}. It is one of: {expected}."),
    (("greater_than_equal",), "{name} can’t be {given}: it is at least {ge}."),
    (("greater_than",), "{name} can’t be {given}: it is more than {gt}."),
    (("less_than_equal",), "{name} can’t be {given}: it is at most {le}."),
    (("less_than",), "{name} can’t be {given}: it is less than {lt}."),
    (("string_too_long", "too_long"), "{name} is too long: at most {max_length}."),
    (("string_too_short", "too_short"), "{name} is too short: at least {min_length}."),
    (("int", "float"), "{name} needs a number; {given} is none that I can read."),
    (("date",), "{name} needs a date and time like 2027-03-09T15:00; {given} is none."),
    (("json_invalid",), "The body is not valid JSON."),
    (("extra_forbidden",), "There is no field {name} here."),
)
