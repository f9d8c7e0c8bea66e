"""Words: short forms spelled out, spellings unified, typing mistakes mended, stems taken."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

_WORD = re.compile(r"[A-Za-z]+")
_TERM = re.compile(r"[a-z0-9]+")
_EMPTY = frozenset(
    [
        "a",
        "about",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "gets",
        "got",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "may",
        "me",
        "might",
        "must",
        "my",
        "need",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "out",
        "please",
        "shall",
        "should",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "up",
        "us",
        "want",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "s",
        "t",
        "m",
        "re",
        "ll",
        "ve",
        "don",
        "doesn",
        "isn",
    ]
)
_ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ations", "at"),
    ("ation", "at"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
_SHORTEST_STEM = 3
_SHORTEST_MENDED = 5
_ALIKE = 0.8


class Vocabulary(BaseModel):
    """The word lists of `data/knowledge/vocabulary.yml`: everyday word → our word."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    short_forms: dict[str, str]
    spellings: dict[str, str]
    same_meaning: dict[str, str]

    @classmethod
    def read(cls, file: Path) -> "Vocabulary":
        """Read the lists from a YAML file."""
        return cls.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))

    def spell_out(self, text: str) -> str:
        """“what is a VA” → “what is a virtual account”: for whoever doesn't know our short forms.

        A short form that already stands behind its long one, “License Central (CLC)”, stays.
        """
        if any(f"({short.upper()})" in text for short in self.short_forms):
            return text
        return _WORD.sub(lambda m: self.short_forms.get(m[0].lower(), m[0]), text)

    def terms(self, text: str) -> list[str]:
        """The stems that the word search compares, in order, without words that say nothing."""
        words: list[str] = []
        for word in _TERM.findall(self.spell_out(text).lower()):
            if word not in _EMPTY:
                spelled = self.spellings.get(word, word)
                words += _TERM.findall(self.same_meaning.get(spelled, spelled).lower())
        return [stem(word) for word in words]


def stem(word: str) -> str:
    """A word without its ending, roughly: enough that “assigned” meets “assign”."""
    for ending, instead in _ENDINGS:
        if (
            word.endswith(ending)
            and not word.endswith("ss")
            and len(word) - len(ending) >= _SHORTEST_STEM
        ):
            return word[: len(word) - len(ending)] + instead
    return word


class Mender:
    """Mends typing mistakes: words that nobody knows and that are nearly one of ours."""

    def __init__(self, texts: Iterable[str], is_a_word: Callable[[str], bool]) -> None:
        """Learn the words of `texts`; whatever `is_a_word` knows is left alone."""
        self._ours = sorted(
            {
                word
                for text in texts
                for word in _TERM.findall(text.lower())
                if len(word) >= _SHORTEST_MENDED and word.isalpha()
            }
        )
        self._known = frozenset(self._ours)
        self._is_a_word = is_a_word

    def __call__(self, text: str) -> str:
        """“acces to a smart acount” → “access to a smart account”."""
        return _WORD.sub(lambda match: self._mended(match[0]), text)

    def _mended(self, word: str) -> str:
        low = word.lower()
        if len(low) < _SHORTEST_MENDED or low in self._known or self._is_a_word(low):
            return word
        alike = [w for w in self._ours if w[0] == low[0] and abs(len(w) - len(low)) <= 2]
        return next(iter(get_close_matches(low, alike, n=1, cutoff=_ALIKE)), word)
