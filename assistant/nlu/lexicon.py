"""Finds names out of the training data's look-up tables, misspelt ones included.

A look-up table in `nlu.yml` lists the values of an entity; its synonyms are the ways people
write each value. Adding a portal or a spelling is a line in `data/`, not code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

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
        for spelling in self._long:
            count = len(spelling.split())
            for first in range(len(words) - count + 1):
                start, end = words[first].start(), words[first + count - 1].end()
                if _similar(text[start:end].lower(), spelling):
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


def _similar(said: str, spelling: str) -> bool:
    """Whether every word is nearly right, so that two good ones cannot hide a wrong one."""
    words, wanted = said.split(), spelling.split()
    if len(words) != len(wanted):
        return False
    likeness = [
        SequenceMatcher(None, word, right).ratio()
        for word, right in zip(words, wanted, strict=True)
    ]
    same_start = [word[0] == right[0] for word, right in zip(words, wanted, strict=True)]
    return (
        SequenceMatcher(None, said, spelling).ratio() >= SIMILAR
        and min(likeness) >= SIMILAR_WORD
        and all(ok or alike >= SURE for ok, alike in zip(same_start, likeness, strict=True))
    )


def _slips(word: str) -> set[str]:
    """What fingers make of an abbreviation: a letter doubled, or two neighbours swapped."""
    doubled = {word[:i] + word[i] + word[i:] for i in range(len(word))}
    swapped = (
        {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
        if len(word) > 3
        else set()
    )
    return (doubled | swapped) - {word}
