"""What a sentence takes away, and what it spares: "remove Vik from everything except Oslo"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from actions.names import Chosen, choose

_VERB = (
    r"(?:remov|tak|delet|revok|kick|throw|drop|lock|withdraw|strip|cut|los|end|leav)(?:e|ing|ed)?"
)
_NO_MORE = re.compile(r"(?:\bnot\b|n['’]?t\b)(?=[^.;]*\bany ?(?:more|longer)\b)", re.IGNORECASE)
_NEGATED = re.compile(
    r"(?:\b(?:do|should|shall|must|may|can|will) ?not|\bnever|\bnot to"
    r"|\b(?:do|should|must|ca|wo)n['’]?t)\b"
    rf"(?:\s+(?!(?:so|and|then)\b)\w+){{0,5}}?\s+{_VERB}\b",
    re.IGNORECASE,
)
# Words that spare what follows, however much stands between: "but he keeps his access to Oslo".
_SPARES = re.compile(
    r"(?P<every>\b(?:all|any\w*|every\w*)\s+(?=but\b))?"
    r"\b(?:not|except(?:ing)?|excluding|besides|apart from|aside from|other than|instead of"
    r"|rather than|keep(?:s|ing)?|only (?:has|have|needs?|sees?|keeps?|uses?|works?)"
    r"|(?<=all )but|(?<=body )but|(?<=thing )but|(?<=one )but|(?<=where )but)\b"
    r"(?:\s+(?:for|from|to|in|into|on|of|the|his|her|their|access|roles?|rights"
    r"|virtual accounts?|vas?))*",
    re.IGNORECASE,
)
_EXCEPTS = re.compile(
    r"\b(?:except\w*|excluding|besides|apart from|aside from|other than|keep(?:s|ing)?"
    r"|instead of|rather than|(?:all|any\w*|every\w*) but)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\bonly\b", re.IGNORECASE)
_ONLY_FROM = re.compile(
    rf"\bonly (?:from|out of)\b|\b{_VERB}\s+(?:\w+\s+){{0,2}}?only\b", re.IGNORECASE
)
# To `choose`, these verbs deny what follows; here they are what is wanted.
_TAKES = re.compile(r"\b(?:remove|drop|take out|leave out)\b", re.IGNORECASE)
_WHERE = re.compile(
    r"\b(?:from|to|in|into|inside|on|of|at|see|sees|reach|use)\s+"
    r"(?:(?:the|our|my|his|her|their|virtual accounts?|vas?)\s+)*"
    r"(?P<name>[^\W_][\w-]*(?:\s(?:\d+|(?-i:[A-Z])[\w-]*))*)(?![\w@]|\.\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Taken:
    """The places to take away, or that it is not clear which ones."""

    places: list[str]
    unclear: bool = False


UNCLEAR = Taken([], unclear=True)


def is_negated(words: str) -> bool:
    """Whether nothing is to be taken away at all: "don't remove Vik"."""
    return _NEGATED.search(_NO_MORE.sub("", words)) is not None


def chosen(words: str, names: Iterable[str]) -> Chosen:
    """The names meant and the names spared, where taking away is what is wanted."""
    words = _SPARES.sub(r"\g<every>except", _NO_MORE.sub("", words))
    return choose(_TAKES.sub("take", words), names)


def phrases(words: str) -> list[str]:
    """What stands where a virtual account would: "revoke his access to Stockholm"."""
    spared = _SPARES.sub("except", _NO_MORE.sub("", words))
    return [match["name"] for match in _WHERE.finditer(spared)]


def taken(words: str, paths: dict[str, str], held: list[str] | None) -> Taken:
    """Which of the virtual accounts (name → path) a sentence takes away. `held` are those that the
    person has roles in; None where a role of the entire account gives more than these.
    """
    said = chosen(words, paths)
    if said.meant:
        inside = any(
            paths[spared].startswith(f"{paths[name]} / ")
            for spared in said.denied
            for name in said.meant
        )
        only = _ONLY.search(words) and not _ONLY_FROM.search(words)
        return UNCLEAR if inside or only else Taken(said.meant)
    if said.denied:
        left = [name for name in held or () if name not in said.denied]
        known = held is not None and {*said.denied} <= {*held}
        return Taken(left) if left and known else UNCLEAR
    return UNCLEAR if _EXCEPTS.search(words) else Taken([])


def corrected(words: str, paths: dict[str, str], present: list[str]) -> Taken:
    """The list after a correction: "no, not Oslo, Bergen"; "also APAC"."""
    said = chosen(words, paths)
    if _TAKES.search(words) and {*said.meant} & {*present}:
        return UNCLEAR  # from the list, or from the person?
    others = [name for name in said.denied if name not in present]
    if said.meant or ({*said.denied} & {*present} and others):
        return Taken(said.meant or others)
    left = [name for name in present if name not in said.denied]
    return Taken(left) if left else UNCLEAR
