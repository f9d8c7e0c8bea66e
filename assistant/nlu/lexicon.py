"""Finds names out of the training data's look-up tables, misspelt ones included.

A look-up table in `nlu.yml` lists the values of an entity; its synonyms are the ways people
write each value. Adding a portal or a spelling is a line in `data/`, not code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from assistant.nlu.spans import Span

SIMILAR = 0.84  # of the whole name
SIMILAR_WORD = 0.7  # of each of its words
SURE = 0.9  # of a word that begins with another letter
FUZZY_LETTERS = 6


@dataclass
class Lexicon:
    """The names of one entity: lower-cased spelling → value; `fuzzy` forgives typos.

    `cased` spellings (abbreviations that are also words) count only in capitals or as the
    whole message, `alone` ones only as the whole message.
    """

    entity: str
    spellings: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False
    cased: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        ordered = sorted(self.spellings, key=len, reverse=True)
        pattern = "|".join(re.escape(spelling).replace(r"\ ", r"[\s_-]+") for spelling in ordered)
        self._pattern = re.compile(rf"(?<![\w@.])(?:{pattern})(?![\w@])", re.IGNORECASE)
        self._long = [s for s in ordered if len(s.replace(" ", "")) >= FUZZY_LETTERS]

    def find(self, text: str) -> Iterator[Span]:
        """Exact spellings first, then misspelt ones where this lexicon is fuzzy."""
        if not self.spellings:
            return
        found = []
        for match in self._pattern.finditer(text):
            said = re.sub(r"[\s_-]+", " ", match.group().lower())
            value = self.spellings.get(said) or self.spellings.get(match.group().lower())
            if value is not None and self._meant(said, match.group(), text):
                found.append(Span(self.entity, match.start(), match.end(), value))
        yield from found
        if self.fuzzy and not found:
            yield from self._misspelt(text)

    def _meant(self, spelling: str, said: str, text: str) -> bool:
        """Whether a word that also means something else is used as the name."""
        if said.strip() == text.strip(" .!?"):
            return True
        return spelling not in self.alone and (spelling not in self.cased or said.isupper())

    def _misspelt(self, text: str) -> Iterator[Span]:
        words = list(re.finditer(r"[\w-]+", text))
        said = [word.group().lower() for word in words]
        for spelling in self._long:
            wanted = spelling.split()
            for first in range(len(words) - len(wanted) + 1):
                if not all(map(_nearly, said[first:], wanted)):
                    continue
                start, end = words[first].start(), words[first + len(wanted) - 1].end()
                if _is_like(text[start:end].lower(), spelling, SIMILAR):
                    yield Span(self.entity, start, end, self.spellings[spelling])
                    return
        yield from self._misspelt_abbreviation(words)

    def _misspelt_abbreviation(self, words: list[re.Match[str]]) -> Iterator[Span]:
        """An abbreviation with a doubled letter or two swapped ones ("CSMS", "cllc")."""
        short = [s for s in self.spellings if 3 <= len(s) < FUZZY_LETTERS and " " not in s]
        for word in words:
            said = word.group().lower()
            for spelling in short:
                if said != spelling and said in _slips(spelling):
                    yield Span(self.entity, word.start(), word.end(), self.spellings[spelling])
                    return


@lru_cache(maxsize=1 << 17)
def _nearly(word: str, right: str) -> bool:
    """Whether one word is nearly another; one that begins with another letter has to be nearer.

    Each word is asked, so that two good ones cannot hide a wrong one.
    """
    return _is_like(word, right, SIMILAR_WORD if word[0] == right[0] else SURE)


def _is_like(one: str, other: str, least: float) -> bool:
    """Whether two texts are alike to this degree; lengths alone tell most apart."""
    shorter, longer = sorted((len(one), len(other)))
    if 2 * shorter < least * (shorter + longer):
        return False
    return SequenceMatcher(None, one, other).ratio() >= least


def _slips(word: str) -> set[str]:
    """What fingers make of an abbreviation: a letter doubled, or two neighbours swapped."""
    doubled = {word[:i] + word[i] + word[i:] for i in range(len(word))}
    swapped = (
        {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
        if len(word) > 3
        else set()
    )
    return (doubled | swapped) - {word}
