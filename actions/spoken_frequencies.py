"""What a sentence wants of mails: which news how often, and at which hour summaries come."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

CATEGORIES = ("access_requests", "users", "accounts", "virtual_accounts", "orders", "licences",
              "agreements", "cases")  # fmt: skip
IMMEDIATE, DAILY, WEEKLY, OFF = "immediate", "daily", "weekly", "off"
ALL = "all"
_NAMES = {
    "access_requests": r"access(?: requests?)?|requests?(?: for access)?|approvals?",
    "virtual_accounts": r"virtual accounts?|vas?",
    "accounts": r"(?:smart )?accounts?",
    "users": r"users?|roles?|members?|people",
    "orders": r"orders?|deliver(?:y|ies)|provisioning",
    "licences": r"licen[cs]\w*|expir\w+|renewals?",
    "agreements": r"agreements?|notices?|polic(?:y|ies)|terms",
    "cases": r"cases?|tickets?|trainings?",
}
# The longer names first: "virtual accounts" are no accounts.
_CATEGORY = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _NAMES.items()) + r")\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:everything|anything|nothing|(?<!at )all(?! day)|any(?: (?:more )?(?:e-?)?mails?)?"
    r"|whatever"
    r"|(?:no|stop|unsubscribe)(?: (?:me|us|from|more|the|your|these|sending|further))*"
    r" (?:(?:e-?)?mails?|mailing(?: me)?|notifications?)"
    r"|(?:every|one|a single) (?:e-?)?mail)\b",
    re.IGNORECASE,
)
_OFTEN = {
    DAILY: r"daily|(?:once |one (?:\w+ )?|(?:e-?)?mails? )?(?:a|each|every|per) (?:day|morning)"
    r"|day by day",
    WEEKLY: r"weekly|(?:once |one (?:\w+ )?)?(?:a|each|every|per) week|(?:on |every )?mondays?",
    IMMEDIATE: r"immediate(?:ly)?|at once|right (?:away|now)|instant(?:ly)?|straight ?away"
    r"|as (?:it|they|things?) happens?|in real ?time|directly",
}
_FREQUENCY = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _OFTEN.items()), re.IGNORECASE
)
_DENIES = re.compile(
    r"\b(?:instead of|rather than|not|no|don['’]?t|do not|stop|without|from|no longer)\b"
    r"(?:\s+(?!and\b|but\b|to\b)[\w'’-]+){0,4}?\s*$",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(r"^\s*(?:\w+\s+){0,2}(?:is|are|was)\s+too\b", re.IGNORECASE)
_OFF = re.compile(
    r"\b(?:off|stop|never|unsubscribe|mute|silence|no(?: more| further| longer)?"
    r"(?= (?:\w+ ){0,2}(?:e-?)?(?:mail|notification|news|alert|summar))|nothing|not at all"
    r"|don['’]?t|do not|none|disable|deactivate|quit|cancel)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*(?:[,;.]|\bbut\b|\band\b|\bplus\b)\s*", re.IGNORECASE)
_EXCEPT = re.compile(
    r"\b(?:except|but not|apart from|other than|all but|only keep|besides|but keep)\b(?: for)?",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"\b(?:at|around|from|after|until|to|by)?\s*(?P<hour>\d{1,2})(?:[:.](?P<minutes>\d\d))?\s*"
    r"(?P<part>a\.?m\b\.?|p\.?m\b\.?|o['’]?\s?clock|h\b|hours?\b|(?:in|of) the \w+|at night"
    r"|every (?:morning|evening|day)|[A-Z]{1,5}T\b|\w+ time\b)?",
    re.IGNORECASE,
)
_AT = re.compile(r"^\s*at\b", re.IGNORECASE)
_NAMED_HOURS = {"noon": 12, "midday": 12, "midnight": 0}
_AFTERNOON = re.compile(r"^p|afternoon|evening|night", re.IGNORECASE)
_MORNING = re.compile(r"^a|morning", re.IGNORECASE)
NOON = 12


@dataclass
class Wanted:
    """`chosen` by category; `frequency` and `categories` are what stands alone, `instead_of` a
    frequency that another replaces.
    """

    chosen: dict[str, str] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    frequency: str | None = None
    instead_of: str | None = None
    hour: int | None = None
    minutes: bool = False


def wanted(words: str) -> Wanted:
    """Read a sentence; what it leaves open stays empty."""
    found = Wanted()
    rest, kept = _without_exception(words)
    waiting: list[str] = []
    last: str | None = None
    for part in _parts(rest):
        named, often, former = _categories(part), _frequency(part), _former(part)
        found.instead_of = former or found.instead_of
        waiting += named
        last = often or last
        if last is not None and waiting:
            found.chosen |= dict.fromkeys(waiting, last)
            waiting = []
    for one in kept:
        found.chosen.pop(one, None)
        if one in waiting:
            waiting.remove(one)
    found.categories = [] if found.chosen else list(dict.fromkeys(waiting))
    found.frequency = None if found.chosen else last
    _hear_hour(words, found)
    return found


def _without_exception(words: str) -> tuple[str, list[str]]:
    """The sentence before its exception, and what is excepted."""
    split = _EXCEPT.search(words)
    return (words[: split.start()], _categories(words[split.end() :])) if split else (words, [])


def _parts(words: str) -> Iterator[str]:
    return (part for part in _PARTS.split(words) if part.strip())


def _categories(part: str) -> list[str]:
    named = [str(match.lastgroup) for match in _CATEGORY.finditer(part)]
    return list(dict.fromkeys(named)) or ([*CATEGORIES] if _ALL.search(part) else [])


def _said(part: str) -> list[tuple[str, bool]]:
    """The frequencies of a part, each with whether it is what shall no longer be."""
    return [
        (
            str(match.lastgroup),
            _DENIES.search(part[: match.start()]) is not None
            or _TOO_MUCH.match(part[match.end() :]) is not None,
        )
        for match in _FREQUENCY.finditer(part)
    ]


def _frequency(part: str) -> str | None:
    said = _said(part)
    for often, denied in reversed(said):
        if not denied:
            return often
    return OFF if not said and _OFF.search(part) else None


def _former(part: str) -> str | None:
    return next((often for often, denied in _said(part) if denied), None)


def _hear_hour(words: str, found: Wanted) -> None:
    for name, hour in _NAMED_HOURS.items():
        if re.search(rf"\b{name}\b", words, re.IGNORECASE):
            found.hour = hour
    for match in _HOUR.finditer(words):
        part, hour = match["part"] or "", int(match["hour"])
        if not (part or match["minutes"] or _AT.match(match[0])):
            continue
        found.minutes = bool(match["minutes"]) and match["minutes"] != "00"
        if _AFTERNOON.search(part) and hour < NOON:
            hour += NOON
        if _MORNING.search(part) and hour == NOON:
            hour = 0
        found.hour = hour
        return
