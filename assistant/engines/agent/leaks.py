"""The instructions and the secrets of this installation stay in: nobody is shown them."""

import re
from functools import lru_cache

from pydantic import SecretStr

from assistant.engines.agent.prompt import template
from backend.core.settings import settings

_WORD = re.compile(r"[^\W_]+")
# So many words of the instructions in a row are no accident.
IN_A_ROW = 6
SHORTEST_SECRET = 8


@lru_cache
def _instructions() -> frozenset[tuple[str, ...]]:
    """Every run of `IN_A_ROW` words in the system prompt."""
    words = [word.casefold() for word in _WORD.findall(template())]
    return frozenset(_runs(words))


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + IN_A_ROW]) for i in range(len(words) - IN_A_ROW + 1)]


def recited(text: str) -> list[tuple[int, int]]:
    """Where the text recites the instructions, as (start, end) of characters.

    Capitals, punctuation, markup and line breaks between the words hide nothing.
    """
    found = list(_WORD.finditer(text))
    runs = _runs([word[0].casefold() for word in found])
    return [
        (found[i].start(), found[i + IN_A_ROW - 1].end())
        for i, run in enumerate(runs)
        if run in _instructions()
    ]


def without_secrets(text: str) -> str:
    """The text with the keys and secrets of the settings blotted out."""
    for secret in _secrets():
        text = text.replace(secret, "…")
    return text


def _secrets() -> list[str]:
    config = settings()
    values = [getattr(config, name) for name in type(config).model_fields]
    told = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    return [secret for secret in told if len(secret) >= SHORTEST_SECRET]
