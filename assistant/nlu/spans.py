"""Finds the facts that people name in a sentence: dates and times, numbers, addresses.

Pure functions over text, without Rasa, so that they can be tested and reused. Names that
are a matter of vocabulary (portals, languages, zones) are found by `lexicon.py`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

FEWEST_PHONE_DIGITS = 7
_ZONES = {name.lower(): name for name in available_timezones()}


@dataclass(frozen=True)
class Span:
    """A fact in a text: what it is, where it stands, and its plain value."""

    entity: str
    start: int
    end: int
    value: Any


_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_WORDS = "|".join([*_UNITS, *_TENS, "hundred"])
NUMBER = (
    r"(?:\d{1,6}(?:[.,]\d+)?(?![\d.]\d)"
    r"|(?:a |half a |one )?dozen|two dozen|a couple(?: of)?"
    rf"|(?:a )?hundred(?: and (?:{_WORDS}))?|(?:{_WORDS})(?:[ -](?:{_WORDS}))*)"
)


def number_of(text: str) -> float | int | None:
    """Read a number in digits or English words ("12", "twenty-five", "a dozen"), or None."""
    said = re.sub(r"(?<=\w)-(?=\w)", " ", text.lower().strip())
    fixed = {
        "dozen": 12,
        "a dozen": 12,
        "one dozen": 12,
        "half a dozen": 6,
        "two dozen": 24,
        "a couple": 2,
        "a couple of": 2,
    }
    if said in fixed:
        return fixed[said]
    if re.fullmatch(r"-?\d+", said):
        return int(said)
    if re.fullmatch(r"-?\d+[.,]\d+", said):
        return float(said.replace(",", "."))
    total = 0
    words = [word for word in said.split() if word not in {"a", "and"}]
    for word in words:
        if word in _UNITS:
            total += _UNITS[word]
        elif word in _TENS:
            total += _TENS[word]
        elif word == "hundred":
            total = max(total, 1) * 100
        else:
            return None
    return total if words else None


_NTH = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
_DAYS = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday|s|nsday|ensday)?|thu(?:r(?:s(?:day)?)?)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?|tuseday|thrusday|wendesday)"
)
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_COUNT = r"(?:a|an|one|two|three|four|five|six|\d+)"
_DATE = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}"
    rf"|(?:in )?{_COUNT} weeks?(?: from (?:now|today))?,? on (?:the )?{_DAYS}\b"
    rf"|(?:in )?{_COUNT} weeks? from (?:now|today|(?:this |next )?{_DAYS}\b)"
    rf"|{_DAYS} (?:{_COUNT} )?weeks? from (?:now|today)"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}\.\d{1,2}\.(?!\d)"
    rf"|(?:on\s+)?(?:{_DAYS},?\s+)?(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTHS}\b\.?"
    r"(?:,?\s+\d{4})?"
    rf"|(?:{_DAYS},?\s+)?{_MONTHS}\.?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?!:)"
    r"(?:,?\s+\d{4})?"
    rf"|(?:the\s+)?{_NTH}\s+(?:of\s+)?{_MONTHS}\b"
    rf"|next week,? (?:on )?{_DAYS}\b"
    rf"|(?:(?:this|next|coming|on)\s+)*{_DAYS}\b(?:\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b)?"
    r"(?:\s+(?:next week|in (?:a|one|two|three|\d+) weeks?))?"
    r"|(?:the\s+)?day after tomorrow|tomorrow|tmrw|tomorow|tommorow|tommorrow|today|tonight"
    rf"|yesterday|last\s+{_DAYS}"
    r"|in (?:a|an|one|two|three|four|five|six|\d+) (?:days?|weeks?|months?)"
    r"|next (?:week|month)|(?:the|on the)\s+\d{1,2}(?:st|nd|rd|th)\b)"
)
_CLOCK = (
    r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\b\.?)?|\d{1,2}\s*(?:[ap]\.?m\b\.?|o'?clock|h\b)"
    rf"|(?:a )?(?:half past|quarter past|quarter to) (?:\d{{1,2}}|{'|'.join(_UNITS)})\b"
    r"(?:\s*[ap]\.?m\b)?|noon|midday|midnight)"
)
_PART = r"(?:(?:in the\s+|early\s+|late\s+)?(?:morning|afternoon|evening))"
_TO = r"\s*(?:-|–|—|to|until|till|til|and)\s*"
_RANGE = (
    rf"(?:(?:(?:from|between)\s+)?(?:\d{{1,2}}(?::\d{{2}})?{_TO}{_CLOCK}|{_CLOCK}{_TO}{_CLOCK})"
    rf"|(?:from|between)\s+\d{{1,2}}{_TO}\d{{1,2}}\b)"
)
_LASTING = (
    r"(?:\s*,?\s*for\s+(?:an hour and a half|half an hour"
    r"|(?:\d+(?:[.,]\d+)?|an|a|one|two|three|four|one and a half)"
    r"\s*(?:hours?|hrs?|h|minutes?|mins?))\b)"
)
_LENGTH = (
    r"\b(?:make (?:it|that)|lasting|it lasts|for)\s+(?:an hour and a half|half an hour"
    r"|(?:\d+(?:[.,]\d+)?|an|one|two|three|four|one and a half)\s*(?:hours?|hrs?|minutes?|mins?))\b"
)
_TIME = (
    rf"(?:{_RANGE}|(?:at|around|from|by|@)?\s*{_CLOCK}"
    rf"|(?:at|@|around)\s+\d{{1,2}}\b(?!\s*(?:%|people|persons|attendees))|{_PART})"
)
# Only right after a day: "17 December 9 to 11".
_BARE_RANGE = r"(?:\d{1,2}\s*(?:-|–|to|until)\s*\d{1,2}\b(?![./:-]|\s*(?:people|of us)))"
_ISO = r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
_ISO_END = rf"(?:{_ISO}|\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:Z|[+-]\d{{2}}:?\d{{2}})?)"
WINDOW = re.compile(
    rf"(?:{_ISO}(?:\s*(?:-|–|—|/|to|until|till)\s*{_ISO_END})?"
    rf"|\b{_DATE}(?:\s*,?\s*(?:at\s+|from\s+|between\s+|in\s+|on\s+)?(?:{_TIME}|{_BARE_RANGE}))?"
    rf"|(?<![\w-]){_TIME}(?:\s*,?\s*(?:on\s+)?{_DATE})?)(?:{_LASTING})?|{_LENGTH}",
    re.IGNORECASE,
)

_PEOPLE = (
    r"(?:people|ppl|persons?|attendees?|participants?|colleagues?|coworkers?|co-workers?|engineers?"
    r"|admins?|users?|folks?|seats?|pax|heads?|students?|employees?|members?|developers?|guys"
    r"|team ?mates?|partners|sellers?|staff|of us|in total|attending)"
)
_ATTENDEES = re.compile(
    rf"\b(?P<a>{NUMBER})\s*(?:\+\s*)?(?:or so\s+)?(?:\w+\s+)?{_PEOPLE}\b"
    rf"|\b(?:team|group|class|crew|audience|party) of (?:about |around |roughly )?(?P<b>{NUMBER})\b"
    rf"|\bthere(?:'s| are| will be| would be|'ll be) (?:about |around )?(?P<c>{NUMBER})"
    r"(?: of us)?\b"
    rf"|\b(?:make it|make that) (?P<d>{NUMBER})\b"
    r"(?!\s*(?:[ap]\.?m|:|o'?clock|hours?|hrs?|minutes?|mins?|days?|weeks?))"
    rf"|\b(?:we are|we're|we will be|we'd be|attendees:?|people:?|participants:?)"
    rf" (?:about |around )?(?P<e>{NUMBER})\b"
    rf"|\bfor (?:about |around |roughly |up to )?(?P<f>{NUMBER})\b"
    rf"(?!\s*(?:hours?|hrs?|h\b|minutes?|mins?|days?|weeks?|[ap]\.?m|:))",
    re.IGNORECASE,
)
_ME_AND = re.compile(
    rf"\b(?:me|myself|i)(?: and|,| \+| plus) (?:about )?(?P<n>{NUMBER})(?: \w+)? {_PEOPLE}\b"
    rf"|\b(?P<m>{NUMBER}) (?:\w+ )?{_PEOPLE} (?:and|plus|\+) (?:me|myself)\b",
    re.IGNORECASE,
)
_JUST_ME = re.compile(
    r"\b(?:(?:just|only) (?:for )?(?:me|myself|one person)|me alone|only one of us)\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# Neither an e-mail address nor a file; labels may be international. The last one tells it from
# "3.12." and "e.g."; "please.thanks" happens to people who forget a space.
_DOMAIN = re.compile(
    r"(?<![\w@.'+-])(?:https?://)?(?:www\.)?(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+"
    r"(?!(?:csv|xlsx?|pdf|txt|docx?|json|zip|png|jpe?g|exe|py)\b)[^\W\d_][\w-]*[^\W_])"
    r"(?![\w@]|\.\w)",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"\bC[-\s]?(?P<a>\d{5,8})\b"
    r"|\bcase\s*(?:no\.?|number|nr\.?|id|#)?\s*[:#]?\s*(?:C[-\s]?)?(?P<b>\d{5,8})\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:(?:web|sales)\s+)?(?:order|so)\s*(?:no\.?|number|nr\.?|id|#)?\s*[:#]?\s*"
    r"(?P<a>\d{6,10})\b|\b(?P<b>4\d{6}|81\d{6})\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w-])(?:\+|00)\d[\d ()./-]{5,18}\d\b"
    r"|(?<![\w-])\(?\d{2,4}\)?[ /-]\d{3}[\d -]{3,9}\d\b"
)
_SEVERITY = re.compile(
    r"\b(?:sev(?:erity)?|priority|prio|p(?=\d\b)|s(?=\d\b))\s*(?:level\s*)?(?:to|is|=|[:#])?\s*"
    r"(?P<n>[1-4]|one|two|three|four)\b",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"\b(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)"
    r"/[A-Za-z_]+(?: (?:York|Angeles|Paulo|City|Aires|Kong|Aviv|Lumpur)\b)?"
    r"(?:[/+-][A-Za-z_\d]+)?|\b(?:UTC|GMT)\s?(?P<hours>[+-]\d{1,2})\b(?!:)",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"(?<![\w.@:-])-?(?P<n>{NUMBER})(?![\w@:]|\.\d)", re.IGNORECASE)


def find_spans(text: str) -> list[Span]:
    """All facts of a text, left to right, none overlapping another.

    Entities: `email`, `time_zone` (IANA), `domain` (lower case), `case_number` ("C-500123"),
    `severity` (1–4), `window` (one span a window, as said), `order_number`, `phone`, `attendees`
    (a number of people), `number` (any other).
    """
    taken: list[Span] = []
    for span in _candidates(text):
        if not any(span.start < other.end and other.start < span.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def _candidates(text: str) -> Iterator[Span]:
    """Possible facts, the surest kind first."""
    for entity, pattern, value_of in _KINDS:
        for match in pattern.finditer(text):
            value = value_of(match)
            if value is not None:
                start = match.end() - len(match.group().lstrip(" ,"))
                yield Span(entity, start, match.end(), value)


def _zone(match: re.Match[str]) -> str:
    """An IANA name with its usual capitals; POSIX signs are the other way round."""
    hours = match["hours"]
    if hours:
        return f"Etc/GMT{-int(hours):+d}"
    name = match.group().replace(" ", "_")
    return _ZONES.get(name.lower(), name)


def _phone(match: re.Match[str]) -> str | None:
    digits = sum(character.isdigit() for character in match.group())
    return match.group().strip() if digits >= FEWEST_PHONE_DIGITS else None


def _me_and(match: re.Match[str]) -> float | None:
    others = number_of(match["n"] or match["m"])
    return None if others is None else others + 1


def _first_group(match: re.Match[str]) -> str:
    return next(value for value in match.groups() if value)


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], Any]], ...] = (
    ("email", _EMAIL, lambda match: match.group().lower().rstrip(".")),
    ("time_zone", _ZONE, _zone),
    ("domain", _DOMAIN, lambda match: match["domain"].lower()),
    ("case_number", _CASE, lambda match: f"C-{_first_group(match)}"),
    ("severity", _SEVERITY, lambda match: number_of(match["n"])),
    ("window", WINDOW, lambda match: match.group().strip(" ,")),
    ("order_number", _ORDER, _first_group),
    ("phone", _PHONE, _phone),
    ("attendees", _ME_AND, _me_and),
    ("attendees", _ATTENDEES, lambda match: number_of(_first_group(match))),
    ("attendees", _JUST_ME, lambda _: 1),
    ("number", _NUMBER, lambda match: number_of(match.group())),
)
