"""Reads how a thing shall be called, where it goes and what describes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from actions.names import find_names
from actions.negations import (
    EXCEPTION,
    affirmed,
    clauses,
    denials,
    denies_doing,
)

_QUOTES = "\"'“”„‘’«» "
_END = (
    r"(?=\s+(?:under(?:neath)?|below|beneath|in|inside|into|nested|within|at|with|for|as|located"
    r"|location|tagged|tags?|having|that|which|where|and|please|pls|thanks|to|on)\b"
    r"|\s*,|\s*[.!?;](?:\s|$)|\s+(?:un)?restricted\b|$)"
)
_NO_NAME = (
    r"(?!(?:for|under|in|into|inside|below|beneath|nested|at|with|that|which|please|to|and|as|of"
    r"|on|named|called|by|who|from|it|is|the top)\b)"
)
_WORDS = r"[^\W_][\w&.'’+/-]*(?:[ ][\w&.'’+/-]+){0,5}?"
_THING = r"(?:virtual accounts?|vas?|sub[- ]?accounts?|(?:user )?groups?)"
_NAME_SAID = (
    re.compile(
        r"\b(?:called|named|with (?:the )?name|(?:its|the) name (?:is|shall be|should be)"
        rf"|name(?:d as)?:?)\s+(?P<name>[\"“'].+?[\"”']|{_NO_NAME}{_WORDS}){_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_THING}[\s:]+(?P<name>[\"“'].+?[\"”']|{_NO_NAME}{_WORDS}){_END}", re.IGNORECASE
    ),
)
_SEVERAL = re.compile(
    r"\b(?:virtual accounts|vas)\s+(?:called |named )?"
    rf"(?P<names>{_NO_NAME}[^\W_][\w&.-]*(?:\s*(?:,|\band\b)\s*(?:and\s+)?{_NO_NAME}"
    r"(?!tags?\b|location\b|description\b|(?:un)?restricted\b|name\b)[^\W_][\w&.-]*)+)",
    re.IGNORECASE,
)
# A new name goes on until something else is said.
_NEW = (
    r"(?P<name>[\"“'].+?[\"”']|\S.*?)"
    r"(?=\s*[,;]|\s*[.!?](?:\s|$)|\s+(?:and|then|but)\s+(?:(?:then|also|please|not)\s+)*(?:move|nest"
    r"|put|place|restrict|unrestrict|hide|tag|make|set|give|add|change|remove|delete|create|let|it"
    r"|its|the (?:location|description|tags?)|location|description|tags?|don'?t|do not|thanks?)\b"
    r"|\s+(?:please|pls|thanks|thank you|instead|rather than|not)\b|\s*$)"
)
_NEW_NAME = (
    re.compile(rf"\b(?:rename|call)\b.*?\s(?:to|as|into)\s+{_NEW}", re.IGNORECASE),
    re.compile(rf"\bname\b.*?\s(?:to|into|be|is)\s+{_NEW}", re.IGNORECASE),
    re.compile(
        r"\b(?:be called|be named|be renamed(?: to)?|call (?:it|this one)|rename (?:it|this one)"
        rf"(?: to)?|name it)\s+{_NEW}",
        re.IGNORECASE,
    ),
)
_RENAMES = r"ren\w*me|call|name"
_LEAD = re.compile(
    r"^\W*(?:(?:please|let'?s|just|ok(?:ay)?|call it|name it|rename it(?: to)?|it (?:is|should be"
    r"|shall be)(?: called)?|it'?s(?: called)?|(?:the |its )?(?:new )?name (?:is|shall be"
    r"|should be)|named|called|i mean|make (?:it|that)|to)\b[ :,]*)+",
    re.IGNORECASE,
)
_CORRECTED = re.compile(
    r"^\W*(?:(?:no|nope|sorry|wait|oops|actually|rather|i mean|i meant|better)\b[ ,:]*)+"
    r"(?:not [^,]+,\s*(?:but\s+)?)?(?P<name>[^,]+)$"
    r"|^\W*not [^,]+?(?:,\s*(?:but\s+)?|\s+but\s+)(?P<other>[^,]+)$",
    re.IGNORECASE,
)
MOST_WORDS = 5  # of a name that corrects another
_NO_SUBJECT = (
    r"(?!(?:called|named|for|in|of|under|that|this|these|to|from|please|with|and|is|the|a|an|we|do"
    r"|as|any|every|tree|which|one|another|it|my|our|its|virtual|vas?|tags?|description|location"
    r"|name|parent|level|access|something|some|sub|default|new|me|sure|public|private)\b)"
)
_SUBJECT = re.compile(
    rf"\b(?:virtual accounts?|vas?|called|named)\s+(?P<name>{_NO_SUBJECT}[^\W_][\w&.-]*)",
    re.IGNORECASE,
)
_DONE_TO = re.compile(
    r"\b(?:rename|move|nest|put|place|restrict|unrestrict|hide|unhide|delete|remove|erase|tag|make"
    rf"|of)\s+(?:the\s+)?(?P<name>{_NO_SUBJECT}[^\W_][\w&.-]*)"
    r"(?=\s+(?:to|under|below|into|in|with|as|the default|restricted|unrestricted|public)\b"
    r"|\s*(?:please|pls|now)?\s*[.!?]?$)",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"(?:\s|,|[.!?]|\b(?:please|pls|thanks|thank you|instead)\b)+$", re.IGNORECASE)
_INTO = re.compile(
    r"\b(?:under(?:neath)?|below|beneath|inside|into|within|nested (?:in|into|under|below)"
    r"|sub[- ]?accounts? (?:of|in|to)|in|to|of)\s+(?:the\s+)?(?:virtual account\s+|va\s+)?$",
    re.IGNORECASE,
)
_OF = re.compile(r"\b(?<!account )of\s+(?:the\s+)?(?:virtual account\s+|va\s+)?$", re.IGNORECASE)
_UNDER = re.compile(
    r"\b(?:under(?:neath)?|below|beneath|nested (?:in|into|under|below))\s+(?:the\s+)?"
    r"(?:virtual account\s+|va\s+)?"
    r"(?P<name>(?!it\b|what\b|this\b|that\b|our\b|the\b)[^\W_][\w&.-]*)",
    re.IGNORECASE,
)
_IN = re.compile(
    r"\b(?:in|into|inside)\s+(?:virtual account\s+|va\s+)?(?P<name>(?!our\b|my\b|the\b|this\b"
    r"|an?\b|all\b|any\b|it\b|there\b|here\b)[^\W_][\w&.-]*?)\s*(?:$|[.!?]?\s*$|,)",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"\b(?:move|nest|put|place|shift|transfer|drag|relocate|parent|hang|take|make|bring|be|belongs?"
    r"|goes?|should)\b",
    re.IGNORECASE,
)
_TO_TOP = re.compile(
    r"(?<!from )(?<!from the )(?<!not at )(?<!not at the )(?<!not to )(?<!not to the )(?<!not on )"
    r"(?:\btop[- ]level\b|\b(?<!not )(?:to|at) the top\b|\bun-?nest\b|\bnowhere\b|\bno parent\b)",
    re.IGNORECASE,
)
_OUT = re.compile(r"\bout of\b", re.IGNORECASE)
_MOVING = r"move|nest|put|place|shift|transfer|drag|relocate|hang|take|bring"
_ALONE = re.compile(
    r"^\W*(?:no|not|rather|actually|sorry|i mean|better|instead|make (?:it|that)|to|in|under|below|"
    r"nest it|move it|put it)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\bunrestrict(?:ed)?\b|\bun-?hide\b|\bpublic\b|\bvisible (?:to|for)\b"
    r"|\b(?:open|show) (?:it|\S+) (?:up )?to\b|\bfind our account\b"
    r"|\bbe found\b|\bfound by (?:every|any)",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\brestrict(?:ed)?\b|\bhide\b|\bhidden\b|\bprivate\b", re.IGNORECASE)
_STOPS = re.compile(r"\bstop\b", re.IGNORECASE)
_TAGS = re.compile(
    r"\btags?\b(?:\s+(?:are|is|shall be|should be|to|of|called|named))?\s*[:=]?\s+"
    r"(?P<tags>\S.*?)(?:\s+(?:to|from|on|off|of|for)\s+.*)?\s*[.!]?\s*$"
    r"|\btagged(?: with| as)?\s+(?P<tagged>\S.*?)\s*[.!]?\s*$",
    re.IGNORECASE,
)
_TAG_WITH = re.compile(
    r"\btag\b\s+(?!to\b|from\b).*?\s(?:with|as|by)\s+(?:the )?(?:tags? )?"
    r"(?P<tags>\S.*?)\s*[.!]?\s*$",
    re.IGNORECASE,
)
_ONE_TAG = re.compile(
    r"\b(?:add|remove|delete|drop|take (?:away|off))\s+(?:the\s+|a\s+|another\s+)?tags?\s+"
    r"(?P<tags>\S.*?)(?:\s+(?:to|from|on|off|of|for)\s+.*)?\s*[.!]?\s*$",
    re.IGNORECASE,
)
_TAGS_TO = re.compile(
    r"\btags?\b.*\s(?:to|into|be|are)\s+(?P<tags>\S.*?)\s*[.!]?\s*$", re.IGNORECASE
)
_ADD_TAG = re.compile(r"\b(?:add|also|another)\b|\btag\s+\S+.*\b(?:with|as)\b", re.IGNORECASE)
_REMOVE_TAG = re.compile(r"\b(?:remove|delete|drop|take (?:away|off)|without)\b", re.IGNORECASE)
_PLACE_END = (
    r"(?=\s*,?\s*\b(?:with|and|tags?|tagged|(?:un)?restricted|description|under|below|nested"
    r"|named|called|name)\b|\s*[.!]?\s*$)"
)
_PLACE = re.compile(
    rf"\blocation of\b.*?\s(?:to|is|in|into)\s+(?P<changed>\S.*?){_PLACE_END}"
    rf"|\blocation\b\s*(?:(?:is|to|shall be|should be|in)\b|[:=])?\s*"
    rf"(?P<place>(?!of\b)[^\W_].*?){_PLACE_END}"
    rf"|\blocated (?:in|at)\s+(?P<located>\S.*?){_PLACE_END}",
    re.IGNORECASE,
)
_DESCRIPTION = re.compile(
    r"\bdescription\b.*?(?:\b(?:to|is|be)\b|[:=])\s*(?P<text>\S.*?)\s*$"
    r"|(?:^\W*|,\s*(?:and\s+)?|\bwith\s+)(?:the\s+)?description\s+(?!of\b)(?P<plain>\S.*?)\s*$"
    r"|\bdescribe\b.+?\bas\s+(?P<as>\S.*?)\s*$",
    re.IGNORECASE | re.DOTALL,
)
_NONE_OF = re.compile(
    r"\b(?:remove|delete|clear|drop|erase)\s+(?:the\s+|its\s+)?(description|location)\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*(?:[,;]|\band\b)\s*", re.IGNORECASE)


def name_said(words: str) -> str:
    """The name of something new: "create a virtual account called bergen under oslo" → bergen."""
    for pattern in _NAME_SAID:
        if match := pattern.search(words):
            return _TRAIL.sub("", match["name"].strip(_QUOTES))
    return ""


def names_joined(words: str) -> list[str]:
    """The names of several new ones: "create virtual accounts Bergen and Stavanger under Oslo"."""
    match = _SEVERAL.search(words)
    names = _SEPARATORS.split(match["names"]) if match else []
    return [name for name in names if name]


def new_name(words: str) -> tuple[str, ...]:
    """What something is to be called from now on: one name, or nothing."""
    if denies_doing(words, _RENAMES):
        return ()
    for pattern in _NEW_NAME:
        if match := pattern.search(words):
            name = _TRAIL.sub("", match["name"].strip(_QUOTES)).strip(_QUOTES)
            return (name,) if name else ()
    return ()


def corrected_name(words: str) -> str:
    """The other name in a correction: "not norway, Nordics" → Nordics, "no, Bergen" → Bergen."""
    match = _CORRECTED.match(words)
    name = without_lead(match["name"] or match["other"]) if match else ""
    return name if len(name.split()) <= MOST_WORDS else ""


def subject_said(words: str) -> str:
    """The name of what is to be changed, as written: "rename americas to amerika" → americas."""
    match = _DONE_TO.search(words)
    return named_so(words) or (match["name"] if match else "")


def named_so(words: str) -> str:
    """What is called a virtual account: "is there a virtual account called lisbon" → lisbon."""
    match = _SUBJECT.search(words)
    return match["name"] if match else ""


def without_lead(words: str) -> str:
    """A name given as an answer, without the words around it: "call it Bergen please" → Bergen."""
    return _TRAIL.sub("", _LEAD.sub("", words)).strip(_QUOTES)


def parent_of_new(words: str, names: Iterable[str], *, alone: bool) -> str | None:
    """In what something new is to be nested: a known name after "under" or "in", or what stands
    after "under" and is none. `alone`: a bare name counts, too.
    """
    hits = affirmed(words, find_names(words, {name: name for name in names}))
    for hit in hits:
        if _INTO.search(words[: hit.start]):
            return hit.value
    if _TO_TOP.search(words):
        return ""
    if match := _UNDER.search(words):
        return match["name"]
    return hits[-1].value if hits and alone and _ALONE.match(words) else None


def inside_said(words: str) -> str:
    """What something new is to be in, at the end of a sentence: "… lab in litware" → litware."""
    match = _IN.search(words)
    return match["name"] if match else ""


def moved(words: str, names: Iterable[str]) -> str | None:
    """Where something is moved to: a known name after "to" or "under", "" for the top level."""
    if not _MOVES.search(words) or denies_doing(words, _MOVING):
        return None
    if _TO_TOP.search(words):
        return ""
    for hit in reversed(affirmed(words, find_names(words, {name: name for name in names}))):
        if _INTO.search(words[: hit.start]) and not _OF.search(words[: hit.start]):
            return hit.value
    match = _UNDER.search(words)
    if match is None:
        return "" if _OUT.search(words) else None
    return match["name"]


def level_said(words: str) -> str | None:
    """Whether something shall be hidden or not: "don't hide Oslo"; None when nothing says so, or
    one thing here and another there.
    """
    levels = set()
    for clause in clauses(words):
        is_open, is_closed = _OPEN.search(clause), _CLOSED.search(clause)
        flipped = (denials(clause) + len(_STOPS.findall(clause))) % 2 == 1
        if bool(is_open) != bool(is_closed):
            levels.add("unrestricted" if bool(is_open) != flipped else "restricted")
        elif is_open and is_closed:
            return None
    return levels.pop() if len(levels) == 1 and not EXCEPTION.search(words) else None


@dataclass
class Described:
    """What a sentence says of a thing's level, tags, location and description."""

    access_level: str | None = None
    tags: list[str] | None = None
    adds: bool = False
    removed: set[str] = field(default_factory=set)
    location: str | None = None
    description: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing of them, so that other words count."""
        return self.tags is None and self.location is None and self.description is None


def described(words: str, names: Iterable[str]) -> Described:
    """Read level, tags, location and description; `names` are no tags."""
    found = Described()
    text = _DESCRIPTION.search(words)
    if text and not _NONE_OF.search(words):
        found.description = (text["text"] or text["plain"] or text["as"]).strip(_QUOTES)
        words = words[: text.start()]
    gone = {match[1].lower() for match in _NONE_OF.finditer(words)}
    if gone:
        found.description = "" if "description" in gone else None
        found.location = "" if "location" in gone else None
        return found
    found.access_level = level_said(words)
    _read_tags(words, {name.lower() for name in names}, found)
    place = _PLACE.search(words)
    if place:
        found.location = _TRAIL.sub("", next(filter(None, place.groups())).strip(_QUOTES))
    return found


def _read_tags(words: str, names: set[str], found: Described) -> None:
    removes = _REMOVE_TAG.search(words) is not None
    if removes and _ALL_TAGS.search(words):
        found.tags = []
        return
    match = None
    for pattern in (_ONE_TAG, _TAG_WITH, *(() if removes else (_TAGS_TO,)), _TAGS):
        match = pattern.search(words)
        if match:
            break
    if match is None:
        return
    said = next(one for one in match.groups() if one)
    tags = [_TRAIL.sub("", tag.strip(_QUOTES)) for tag in _SEPARATORS.split(said)]
    tags = [tag for tag in tags if tag and tag.lower() not in names and tag.lower() not in _NO_TAG]
    if removes and tags:
        found.tags, found.adds, found.removed = [], True, {tag.lower() for tag in tags}
    elif tags:
        found.tags, found.adds = tags, _ADD_TAG.search(words) is not None


_NO_TAG = frozenset({"of", "to", "from", "it", "the", "a", "all", "them", "tags", "tag"})
_ALL_TAGS = re.compile(
    r"\b(?:all|the|its)(?: the| its)? tags\b(?:\s+(?:from|of|on)\b.*)?[\s.!]*$", re.IGNORECASE
)
