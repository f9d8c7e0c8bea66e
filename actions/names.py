"""Finds names that are known (accounts, virtual accounts, people) in what somebody wrote."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import zip_longest

SIMILAR = 0.8  # of a misspelt name
SHORTEST_TYPO = 4  # letters
NEAREST = 5
_PARTS = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")
_RANGE = re.compile(r"\s*(?:-|–|to|until|through|thru|bis)\s*", re.IGNORECASE)
_NEXT_NUMBER = re.compile(
    r"\s*(?:-|–|,|;|&|\+|\bto\b|\bthrough\b|\bthru\b|\band\b|,\s*and\b|\bor\b)\s*"
    r"(?P<number>\d{1,4})(?![\w.@-]*[A-Za-z@])",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|without|except(?: for)?|but not|no|remove|drop|leave out|minus|instead of"
    r"|rather than|excluding|take out)(?:\s+(?:for|in|the|virtual accounts?|vas?|any))*\s*$",
    re.IGNORECASE,
)
_JOINS = re.compile(r"\s*(?:,|;|&|\+|/|\band\b|\bor\b|\bnor\b)*\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """A name in a text: whose it is, where it stands; `exact` unless it was misspelt."""

    value: str
    start: int
    end: int
    exact: bool = True


def find_names(text: str, spellings: Mapping[str, str]) -> list[Hit]:
    """The known names in a text, left to right; `spellings` maps how it is written to its value.

    Case, blanks, hyphens and leading zeros do not count: "store 1" is "Store-01". Longer names
    go first; typos are forgiven in what is left, digits never.
    """
    taken: list[Hit] = []
    for spelling in sorted(spellings, key=len, reverse=True):
        for match in _pattern(spelling).finditer(text):
            hit = Hit(spellings[spelling], match.start(), match.end())
            if not any(hit.start < other.end and other.start < hit.end for other in taken):
                taken.append(hit)
    taken += _misspelt(text, spellings, taken)
    return sorted(taken, key=lambda hit: hit.start)


def _pattern(spelling: str) -> re.Pattern[str]:
    parts = [part for part in _PARTS.findall(spelling) if part not in "-_"]
    written = r"[\s_-]*".join(_part(*pair) for pair in zip_longest(parts, parts[1:], fillvalue=""))
    return re.compile(rf"(?<![\w@.-]){written}(?![\w@-]|\.\w)", re.IGNORECASE)


def _part(part: str, following: str) -> str:
    """A part of a name; before a number in the plural too: "stores 1 and 2"."""
    if part.isdigit():
        return rf"0*{int(part)}(?!\d)"
    plural = "s?" if following.isdigit() and part.isalpha() else ""
    return f"{re.escape(part)}{plural}"


def _misspelt(text: str, spellings: Mapping[str, str], taken: Iterable[Hit]) -> Iterator[Hit]:
    words = [
        word
        for word in re.finditer(r"(?<![\w@.])[^\W_][\w-]+(?![\w@]|\.\w)", text)
        if not any(word.start() < hit.end and hit.start < word.end() for hit in taken)
    ]
    for spelling, value in spellings.items():
        count = len(spelling.split())
        for first in range(len(words) - count + 1):
            start, end = words[first].start(), words[first + count - 1].end()
            if _nearly(text[start:end], spelling):
                yield Hit(value, start, end, exact=False)


def _nearly(said: str, spelling: str) -> bool:
    one, other = said.lower(), spelling.lower()
    if len(other) < SHORTEST_TYPO or one[0] != other[0] or _digits(one) != _digits(other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= SIMILAR


def _digits(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text)]


@dataclass(frozen=True)
class Chosen:
    """What a text says of a list of names: those meant, those denied, and words that are none."""

    meant: list[str]
    denied: list[str]
    unknown: list[str]


def choose(text: str, names: Iterable[str]) -> Chosen:
    """Read a list of names: "Store-01 to Store-05, not Oslo, and Bergen" (which there is not)."""
    known = list(names)
    hits = _with_numbers(text, find_names(text, {name: name for name in known}), known)
    meant: list[str] = []
    denied: list[str] = []
    for index, hit in enumerate(hits):
        before = hits[index - 1] if index else None
        between = text[before.end : hit.start] if before else ""
        if before and _RANGE.fullmatch(between) and before.value not in denied:
            meant += _between(before.value, hit.value, known)
        elif _DENIES.search(text[: hit.start]) or (
            before and before.value in denied and _JOINS.fullmatch(between)
        ):
            denied.append(hit.value)
        else:
            meant.append(hit.value)
    unique = list(dict.fromkeys(name for name in meant if name not in denied))
    unknown = [*_beside(text, hits), *_numbered(text, known, hits)]
    return Chosen(unique, list(dict.fromkeys(denied)), list(dict.fromkeys(unknown)))


def _with_numbers(text: str, hits: list[Hit], names: list[str]) -> list[Hit]:
    """The hits, and the numbers that go on after one: "store 1 to 5, 7 and 9"."""
    found: list[Hit] = []
    for index, hit in enumerate(hits):
        found.append(hit)
        end = hits[index + 1].start if index + 1 < len(hits) else len(text)
        last = hit
        while match := _NEXT_NUMBER.match(text, last.end, end):
            value = _like(last.value, match["number"], names)
            if value is None:
                break
            last = Hit(value, match.start("number"), match.end())
            found.append(last)
    return found


def _like(name: str, number: str, names: list[str]) -> str | None:
    """The name that differs from this one in its last number alone."""
    shape, digits = _shape(name), _digits(name)
    wanted = [*digits[:-1], int(number)] if digits else None
    return next((one for one in names if _shape(one) == shape and _digits(one) == wanted), None)


def _numbered(text: str, names: list[str], hits: list[Hit]) -> list[str]:
    """What is called like known names but for its number: "store-40", of thirty."""
    shapes = Counter(_shape(name) for name in names if _digits(name))
    heads = [re.escape(shape.split("#")[0].rstrip(" _-")) for shape in shapes if shapes[shape] > 1]
    if not any(heads):
        return []
    said = re.finditer(
        rf"\b(?:{'|'.join(filter(None, heads))})[\s_-]*\d+\b(?![.@])", text, re.IGNORECASE
    )
    return [
        match.group()
        for match in said
        if not any(match.start() < hit.end and hit.start < match.end() for hit in hits)
    ]


def _shape(name: str) -> str:
    return re.sub(r"\d+", "#", name.lower())


def _between(first: str, last: str, names: list[str]) -> list[str]:
    """The names from one to another that differ from them in their number alone."""
    low, high = _digits(first), _digits(last)
    if not low or not high or _shape(last) != _shape(first):
        return [first, last]
    least, most = sorted((low[-1], high[-1]))
    same = [name for name in names if _shape(name) == _shape(first)]
    return [name for name in same if _digits(name) and least <= _digits(name)[-1] <= most]


# A word or two beside a known name, joined to it by "and" or a comma: a name as well.
_WORD = (
    r"(?P<name>(?!(?:for|in|on|to|of|and|or|only|as|not)\b)[^\W_][\w.&-]*(?: [A-Z0-9][\w.&-]*)?)"
)
_AND = r"(?:,|;|&|\+|\band\b|\bor\b)\s*(?:and |or )?"
_AFTER = re.compile(rf"\s*{_AND}{_WORD}\s*(?=[,;.!?&+]|$|\band\b)")
_BEFORE = re.compile(rf"(?:^|[,;&+]|\b(?:for|in|on|to|of|and|or|only)\b)\s*{_WORD}\s*{_AND}$")
_NO_NAME = frozenset({
    "actually", "also", "and", "as", "everything", "her", "his", "i", "instead", "it", "its",
    "me", "my", "nested", "no", "nothing", "ok", "only", "please", "rather", "role", "sorry",
    "thanks", "that", "the", "their", "them", "then", "this", "too", "user", "viewer", "we",
    "what", "with", "you",
})  # fmt: skip


def _beside(text: str, hits: list[Hit]) -> list[str]:
    found: list[str] = []
    for hit in hits:
        for match in (_AFTER.match(text, hit.end), _BEFORE.search(text[: hit.start])):
            if match is None:
                continue
            start, end = match.span("name")
            free = not any(start < other.end and other.start < end for other in hits)
            if free and match["name"].lower().split()[0] not in _NO_NAME:
                found.append(match["name"])
    return list(dict.fromkeys(found))


def nearest(said: str, names: Iterable[str], count: int = NEAREST) -> list[str]:
    """The names that resemble what was said, the nearest first."""
    by_key = {name.lower(): name for name in names}
    return [by_key[key] for key in get_close_matches(said.lower(), by_key, n=count, cutoff=0.3)]
