"""Reads a message as answers: to the open question, and to any other that it answers too."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from actions.sheet import CHANGE, OURS, Sheet, Values
from actions.turn import Fact, Turn

# Entities that are named otherwise than the slots they fill.
SLOT_OF = {"topic": "topics", "window": "windows", "email": "attendee_emails", "file": "csv"}
LISTS = {"topics", "windows", "attendee_emails", "customer_emails", "emails", "members"}
CORRECTS = re.compile(
    r"^\W*(?:no|nope|sorry|wait|oops|actually|rather|instead|not)\b(?!\s+(?:idea|preference))"
    r"|\b(?:instead|make (?:it|that)|change (?:\w+ ){0,4}to|i meant|should be|rather than"
    r"|switch to)\b",
    re.IGNORECASE,
)
ALTERS = re.compile(
    r"\b(?:different|change|wrong|another|correct|edit|fix|alter|adjust)\b", re.IGNORECASE
)
REMOVES = re.compile(r"\b(?:remove|drop|delete|without|leave out|forget|no)\b", re.IGNORECASE)
ADDS = re.compile(
    r"^\W*(?:and|or)\b|\b(?:also|add|plus|as well|too|additionally|invite)\b", re.IGNORECASE
)
SHORTEST_TYPO = 3  # letters: "yes" is no misspelt "es"
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3,
             "last": -1, "former": 0, "latter": 1}  # fmt: skip
_LEADING = re.compile(
    r"^\W*(?:(?:please|pls|well|hm+|ok|okay|so|then|i think|maybe|the|it'?s|we(?:'d| would) like|"
    r"i(?:'d| would) like|i want|topics?(?: are| is)?:?|about|on|cover(?:ing)?|with)\b[ ,:]*)+",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:\s|,|;|\b(?:and|for|in|on|at|with|from|by|to|please|time)\b)+$|^[\s,;]+", re.IGNORECASE
)
FILLERS = frozenset({
    "about", "after", "an", "and", "are", "at", "be", "best", "better", "can", "could", "do",
    "does", "for", "has", "have", "in", "is", "it", "let", "make", "maybe", "me", "my", "of",
    "on", "or", "our", "perhaps", "please", "prefer", "should", "take", "that", "the", "then",
    "there", "to", "us", "we", "will", "with", "would", "you",
})  # fmt: skip
_HOUR = re.compile(r"[01]?\d|2[0-3]")
_DENIES = re.compile(
    r"\b(?:not|instead of|rather than)\s+(?:on |for |in |the |a )*$", re.IGNORECASE
)
_JOINED = re.compile(
    r"\s*(?:,|/|\+|&|,?\s*(?:and|plus)\b)\s*(?:also |on |for |about |one on )*", re.IGNORECASE
)
# In quotation marks up to the next comma or the end, or up to the next comma.
_ITEM = re.compile(r'\s*("(?:[^"]|"")+"(?=\s*(?:[,;\n]|$))|[^\s,;\n][^,;\n]*)')
_HAS_WORDS = re.compile(r"[^\W\d_]{2}|[\u0e00-\uffff]")
_DETAILS = frozenset({"severity", "phone", "order_number", "case_number", "portal", "email"})
STRIPPED = frozenset({"attendees", "window", "language", "time_zone", "email"})


def facts(turn: Turn, slots: frozenset[str], hears: Mapping[str, str] | None = None) -> Values:
    """What the message says for `slots`, by entity; windows as words, lists as lists.

    `hears` names entities that mean another slot than usual.
    """
    found: Values = {}
    named = SLOT_OF | dict(hears or {})
    for fact in turn.facts:
        slot = named.get(fact.entity, fact.entity)
        if slot not in slots or _denied(turn, fact):
            continue
        if slot == "portal" and slot in found and also_portals(turn):
            continue  # of "CLC and CSSM" the first; the other comes next
        if slot in LISTS:
            found.setdefault(slot, []).append(fact.value)
        elif slot == "kind" and found.get("kind") not in {None, fact.value}:
            found["kind"] = _corrected_kind(turn, fact.value)
        else:
            found[slot] = fact.value
    return {slot: value for slot, value in found.items() if value is not None}


def _denied(turn: Turn, fact: Fact) -> bool:
    """Whether a value is named only to say that another is meant: "SCM, not CLC"."""
    others = [value for value in turn.values(fact.entity) if value != fact.value]
    return bool(others) and _DENIES.search(turn.text[: fact.start]) is not None


def also_portals(turn: Turn) -> list[str]:
    """The other portals of "training on CLC, CSSM and LRP"."""
    named = sorted((f for f in turn.facts if f.entity == "portal"), key=lambda fact: fact.start)
    return [
        str(other.value)
        for one, other in pairwise(named)
        if _JOINED.fullmatch(turn.text[one.end : other.start]) and other.value != named[0].value
    ]


def _corrected_kind(turn: Turn, last: Any) -> Any:
    """Choose of two kinds: "a demo instead of a training" means the first."""
    kinds = turn.values("kind")
    if re.search(r"\b(?:instead of|rather than|not a)\b", turn.text, re.IGNORECASE):
        return kinds[0]
    return last if CORRECTS.search(turn.text) else None


def answer(turn: Turn, sheet: Sheet, slot: str) -> Any:
    """The message read as the answer to `slot`'s question; None when it is none."""
    kind = sheet.kind(slot)
    if kind in {"choice", "choices", "text"} and _only_agrees(turn):
        return None
    if kind == "choice":
        return choice(turn, sheet.options(slot), open_to=turn.value(slot) or _place(turn, slot))
    if kind == "choices":
        return _several(turn, sheet, slot)
    if kind == "number":
        return _number(turn, slot)
    if kind in {"datetime", "date"}:
        if sheet.memory.begun and _HOUR.fullmatch(turn.text.strip(" .!")):
            return [f"at {turn.text.strip(' .!')}"]  # "10", after "At what time on Monday?"
        # Words for times are facts; only figures that were not recognised are worth a try.
        return [turn.text.strip()] if re.search(r"\d", without_facts(turn, None)) else None
    if kind == "confirm":
        return {"affirm": True, "deny": False}.get(turn.intent)
    if kind == "email":
        return turn.value("email") or turn.text.strip()
    if slot == "phone":
        return turn.value("phone") or _digits(turn.text)
    return turn.text.strip() if _HAS_WORDS.search(turn.text) and not only_facts(turn) else None


def _only_agrees(turn: Turn) -> bool:
    """Whether it is a plain yes or no, which says nothing to a question of another kind."""
    return turn.intent in {"affirm", "deny"} and turn.confidence > 0.8


def only_facts(turn: Turn) -> bool:
    """Whether nothing is left of a message but facts: "sev 2", "PnP"."""
    rest = without_facts(turn, _DETAILS)
    return rest != turn.text.strip() and not _says_something(rest)


def new_value(turn: Turn, sheet: Sheet, slot: str) -> Any:
    """What follows "change the title to …"; None when nothing does."""
    if sheet.kind(slot) in {"text", "choices"} and slot != "phone":
        match = re.search(r"\b(?:to|into|be|is)\b:?\s+(?P<value>\S.*)$", turn.text, re.DOTALL)
        if match is None:
            return None
        parts = [part.strip(" .") for part in re.split(r"[,;]| and ", match["value"])]
        return parts if sheet.kind(slot) == "choices" else match["value"].strip()
    value = answer(turn, sheet, slot)
    return value if sheet.kind(slot) != "datetime" else None


def exact_choice(turn: Turn, sheet: Sheet, slot: str) -> str | list[str] | None:
    """One of a few options offered, by value or title: it is meant even if it is ambiguous.

    Of a list, every item has to be one; that is what the control that ticks them off sends.
    """
    if sheet.kind(slot) == "choices":
        named = _by_name(sheet.options(slot))
        items = [item for item, _ in _items(turn.text)]
        picked = [named[item.lower()] for item in items if item.lower() in named]
        return list(dict.fromkeys(picked)) if items and len(picked) == len(items) else None
    if sheet.memory.narrowed != slot:
        return None
    said = turn.text.strip(" .!").lower()
    return _by_name(sheet.options(slot)).get(said)


def names_options(turn: Turn, sheet: Sheet, slot: str) -> bool:
    """Whether a message is nothing but the title of an option, or of several ticked off."""
    if sheet.kind(slot) == "choice" and slot not in OURS:
        return turn.text.strip(" .!").lower() in _by_name(sheet.options(slot))
    return isinstance(exact_choice(turn, sheet, slot), list)


def _by_name(options: dict[str, str]) -> dict[str, str]:
    """Options by value and by title, in lower case; a title goes before another's value."""
    values = {value.lower(): value for value in options}
    return values | {title.lower(): value for value, title in options.items()}


def choice(turn: Turn, options: dict[str, str], open_to: Any = None) -> str | None:
    """The option meant: by value, by title, by its place, or nearly spelt so."""
    said = " ".join(_LEADING.sub("", turn.text.strip(" .!")).lower().split())
    by_name = {value.lower(): value for value in options}
    by_name |= {title.lower(): value for value, title in options.items()}
    by_name |= {
        part.strip(" ()").lower(): value
        for value, title in options.items()
        for part in re.split(r"[(–:]", title)
        if len(part.strip(" ()")) > 1
    }
    if said in by_name:
        return by_name[said]
    if open_to is not None:
        return str(open_to)
    number = re.fullmatch(r"(?:option|number|no\.?) ?(\d)", said)
    if number and 0 < int(number[1]) <= len(options):
        return list(options)[int(number[1]) - 1]
    place = re.search(rf"\b({'|'.join(_ORDINALS)})\b(?: one| option)?$", said)
    if place and len(said.split()) <= 4 and -len(options) <= _ORDINALS[place[1]] < len(options):
        return list(options)[_ORDINALS[place[1]]]
    held = {value for name, value in by_name.items() if len(name) > 1 and _holds(said, name)}
    if len(held) == 1:
        return held.pop()
    near = get_close_matches(said, by_name, n=1, cutoff=0.8) if len(said) > SHORTEST_TYPO else []
    return by_name[near[0]] if near else None


def _holds(said: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None


def _place(turn: Turn, slot: str) -> Any:
    """A city answers the question for a time zone, a language code the one for a language."""
    if slot == "time_zone":
        return turn.value("city")
    code = re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?", turn.text.strip())
    return code.group() if slot == "language" and code else None


def _number(turn: Turn, slot: str) -> int | float | None:
    value = turn.value(slot) if turn.value(slot) is not None else turn.value("number")
    if value is None and slot == "attendees" and turn.values("email"):
        return len(turn.values("email"))
    return value if value is not None else None


def _digits(text: str) -> str | None:
    """Something that is meant as a phone number, right or wrong, for the API to judge."""
    match = re.search(r"\+?[\d][\d ()./-]{2,}", text)
    return match.group().strip() if match else None


def _several(turn: Turn, sheet: Sheet, slot: str) -> list[str] | None:
    """A list in free text, options by their titles, the other facts of the sentence cut out."""
    text = without_facts(turn)
    if text != turn.text and (turn.asks_something or not _says_something(text)):
        return None  # only the facts count of "can we do Monday at 3?"
    by_name = _by_name(sheet.options(slot))
    found = []
    for item, is_quoted in _items(text):
        if not is_quoted and item.lower() not in by_name:
            item = _DANGLING.sub("", re.sub(r"^and\s+", "", _LEADING.sub("", item).strip(" .")))
            item = item.strip()
        if _HAS_WORDS.search(item):
            found.append(by_name.get(item.lower(), item))
    return list(dict.fromkeys(found)) or None


def _items(text: str) -> list[tuple[str, bool]]:
    """The items of a list in words, and which were in quotation marks: there a comma is one
    more character, and a doubled mark a single one, as in a CSV file.
    """
    return [
        (part[1:-1].replace('""', '"'), True) if part[0] == '"' == part[-1] and len(part) > 2
        else (part.strip(" "), False)
        for part in _ITEM.findall(text)
    ]  # fmt: skip


def _says_something(text: str) -> bool:
    """Whether more is left of a sentence than the words around its facts."""
    return any(word not in FILLERS for word in re.findall(r"[a-z]{2,}", text.lower()))


def without_facts(turn: Turn, kinds: frozenset[str] | None = STRIPPED) -> str:
    """Cut the facts of these kinds (None: of any) out of the text."""
    text, shift = turn.text, 0
    for fact in sorted(turn.facts, key=lambda fact: fact.start):
        if (kinds is None or fact.entity in kinds) and fact.end > fact.start:
            text = text[: fact.start - shift] + text[fact.end - shift :]
            shift += fact.end - fact.start
    return text if shift == 0 else _DANGLING.sub("", text).strip()


def merge(sheet: Sheet, slot: str, value: Any, turn: Turn) -> Any:
    """A list is added to when the words say so ("also …"), else replaced."""
    present = sheet.values.get(slot)
    if slot in LISTS and isinstance(present, list) and ADDS.search(turn.text):
        return list(dict.fromkeys([*present, *value])) if slot != "windows" else value
    return value


def changes_named(turn: Turn, sheet: Sheet) -> str | None:
    """The slot named after *Change*: "the portal", "time"; of several, by the longest name."""
    named: dict[str, str] = {}
    for slot in dict.fromkeys([*sheet.order, *sheet.options(CHANGE)]):
        question = sheet.question(slot)
        for alias in (question.label.lower(), *question.metadata.get("called", ())):
            if _holds(turn.text.lower(), alias):
                named.setdefault(alias, slot)
    return named[max(named, key=len)] if named else None
