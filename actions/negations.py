"""Where a sentence says what is *not* wanted: denials, exceptions, and which names they concern."""

import re
from collections.abc import Sequence

from actions.names import Hit

# One each turns what a clause says into its opposite.
DENIAL = re.compile(
    r"\b(?:not|never|no longer|no more|cannot|\w+n['’]t|dont|doesnt|shouldnt|mustnt|cant|wont)\b",
    re.IGNORECASE,
)
EXCEPTION = re.compile(
    r"\b(?:except(?:ing)?|excluding|apart from|other than|unless|instead of|rather than"
    r"|(?:all|every\w*|each|any\w*|nobody|none|nothing|no one) but)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;.!?](?:\s+|$)|\s+(?:and|but|then)\s+", re.IGNORECASE)
_DENIES_NAME = re.compile(
    r"\b(?:not|never|except(?: for)?|excluding|apart from|other than|instead of|rather than"
    r"|without|nor|(?:all|every\w*|any\w*|nobody|none|nothing) but)"
    r"(?:\s+(?:for|in|into|under|below|at|to|of|the|virtual accounts?|vas?))*\s*$",
    re.IGNORECASE,
)
# Between "don't" and what is not to be done; not "you": "can't you delete it?" is a wish.
_TO = r"(?:\s+(?:ever|please|just|yet|want|need|wish|have|you(?=\s+to\b)|to))*"
_JOINS = re.compile(r"\s*(?:\b(?:and|or|nor)\b|/)\s*", re.IGNORECASE)

# What may stand between an exception and what it is about: "except those from partners".
_EXCEPT = re.compile(
    r"(?:\b(?:except(?:ing)?(?: for| from| by)?|excluding|excepting|other than|apart from"
    r"|aside from|besides|save for|unless|without|never|nor|neither|non|no"
    r"|(?<!\bdo )(?<!\bdoes )(?<!\bshould )(?<!\bmust )(?<!\bcan )not"
    r"|(?:all|every(?:one|body|thing)?|any(?:one|body)?|each)(?: of (?:them|those|these))? but)\b"
    r"|\b(?:is|are|was|were|does|do)n['’]?t\b)"
    r"[\s-]*(?:(?:the|any|for|from|of|by|in|on|to|with|a|an|our|those|ones|requests?|they|them|who"
    r"|whose|are|is|that|come|coming|people|users?|anyone|anybody|everyone|everybody)\s+){0,6}$",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"(?:\b(?:not|never|no longer|stop|cannot|nobody|no one|none|instead of|rather than|without)"
    r"|\b\w+n['’]t|\b(?:dont|doesnt|wont|cant|shouldnt|mustnt))\b\W+(?:[\w'’]+\W+){0,4}?$",
    re.IGNORECASE,
)


def clauses(words: str) -> list[str]:
    """The parts of a sentence that are each denied or not: "block this, not that"."""
    return [part for part in _CLAUSE.split(words) if part.strip()]


def denials(words: str) -> int:
    """How many words of a clause turn it into its opposite."""
    return len(DENIAL.findall(words))


def affirmed(words: str, hits: Sequence[Hit]) -> list[Hit]:
    """The names that are meant: "Oslo, not Bergen or Kiev" → Oslo."""
    meant: list[Hit] = []
    last: Hit | None = None  # the last that was denied
    for hit in hits:
        joined = last is not None and _JOINS.fullmatch(words[last.end : hit.start])
        if joined or _DENIES_NAME.search(words[: hit.start]):
            last = hit
        else:
            meant.append(hit)
    denied = {hit.value for hit in hits} - {hit.value for hit in meant}
    return [hit for hit in meant if hit.value not in denied]


def denies_doing(words: str, verbs: str) -> bool:
    """Whether one is told not to do it: "don't delete Oslo"; `verbs` is a pattern."""
    return any(
        re.search(rf"{DENIAL.pattern}{_TO}\s+(?:{verbs})\b", clause, re.IGNORECASE)
        for clause in clauses(words)
    )


def is_left_out(text: str, start: int) -> bool:
    """Whether what stands at `start` is an exception: "everybody except partners"."""
    return _EXCEPT.search(text[:start]) is not None


def is_negated(text: str, start: int) -> bool:
    """Whether the verb at `start` is denied: "never approve", "partners don't get in"."""
    return _NEVER.search(re.split(r"[.,;!?]", text[:start])[-1]) is not None
