"""What a Smart Account is searched by: the words of its name and the parts of its domain."""

import re

from backend.accounts.domains import LONGEST, as_named
from backend.virtual_accounts.names import key_of

LONGEST_WORD = LONGEST
SHORTEST_SEARCH = 2
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def words_of(name: str, domain: str) -> set[str]:
    """All words that a search may begin with.

    `Northwind Subsea`, `subsea.northwind.example` is found by `northwind`, `subsea` and
    `northwind.example`; the top level says nothing and is left out.
    """
    labels = domain.split(".")
    words = {".".join(labels[start:]) for start in range(len(labels) - 1)} | set(labels[:-1])
    for piece in key_of(name).split():
        words.add(piece)
        words.update(_BETWEEN_WORDS.split(piece))
    return {word[:LONGEST_WORD] for word in words if word}


def whole_names(name: str, domain: str) -> set[str]:
    """What names the account exactly, which finds a restricted one too."""
    return {key_of(name)[:LONGEST_WORD], domain}


def searched(q: str) -> list[str]:
    """The words of a search, the longest first; the beginning of each must be found.

    A word with a dot in it is looked for as it is: it may be a domain.
    """
    found: set[str] = set()
    for piece in key_of(q).strip(".").split():
        found.update([piece] if "." in piece else _BETWEEN_WORDS.split(piece))
    return sorted({word[:LONGEST_WORD] for word in found if word}, key=lambda w: (-len(w), w))


def exact(q: str) -> set[str]:
    """A search as a whole name and as a domain."""
    return {key_of(q)[:LONGEST_WORD], as_named(q)}
