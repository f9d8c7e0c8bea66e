"""Which tools a model is told of: few enough for a small prompt, with a way to all others.

When there are too many operations for the prompt, a model is told of those that it always needs,
those that the conversation used, and those nearest to what the person said, as far as there is
room; of the others by name. `find_tools` brings whichever of them it asks for into the next step.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.tools import at_home, described, offered, schema_of
from backend.core.client import LicensingApi, Operation
from backend.core.identity import Person
from backend.core.settings import settings

Vectors = NDArray[np.float32]
Embedding = Callable[[Sequence[str]], Vectors]
Spec = dict[str, Any]

CHARACTERS_A_TOKEN = 4
ALWAYS = ("search_knowledge", "open_case")
FIND = "find_tools"
MOST_FOUND = 4
MOST_CALLED = 3
# The newest words count most, but "next Tuesday, 3 pm" says less than the wish before it.
RECENT = (1.0, 0.9, 0.8)
SAME_WORDS = 0.2
AT_HOME = 0.03
_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?<=..)(?:ies|es|s|ing|ed|e|y)$")
_EVERYWHERE = frozenset({
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from",
    "have", "how", "i", "in", "is", "it", "me", "my", "no", "not", "of", "on", "one", "or", "our",
    "please", "some", "that", "the", "them", "there", "they", "this", "to", "we", "what", "when",
    "where", "which", "who", "why", "will", "with", "you", "your",
})  # fmt: skip


@dataclass(frozen=True)
class Need:
    """What a step of a conversation is about: words and called operations newest first, what was
    found in this turn, and on which portal.
    """

    words: Sequence[str]
    called: Iterable[str] = ()
    found: Iterable[str] = ()
    portal: str = ""


@dataclass
class Toolbox:
    """The tools of one API, ready to be told: specifications, sizes and what they are about."""

    api: LicensingApi
    specs: dict[str, Spec] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    _about: dict[str, str] = field(default_factory=dict)
    _words: dict[str, frozenset[str]] = field(default_factory=dict)
    _rarity: dict[str, float] = field(default_factory=dict)
    _vectors: Vectors | None = None
    _embedding: Embedding | None = None

    def __post_init__(self) -> None:
        for operation in self.api.operations.values():
            self.specs[operation.id] = spec = told(operation)
            self.sizes[operation.id] = _size(spec)
            self._about[operation.id] = f"{operation.id.replace('_', ' ')}. {described(operation)}"
            self._words[operation.id] = _words(self._about[operation.id])
        for word in chain.from_iterable(self._words.values()):
            self._rarity[word] = self._rarity.get(word, 0) + 1
        self._rarity = {
            word: float(np.log1p(len(self.specs) / count)) for word, count in self._rarity.items()
        }

    def learn(self, embedding: Embedding) -> None:
        """Compare by meaning from now on; takes a second for a hundred operations."""
        self._vectors, self._embedding = embedding(list(self._about.values())), embedding
        self._alike.cache_clear()

    def offer(self, person: Person, need: Need, room: int) -> list[Spec]:
        """Specifications of at most `room` characters, in an order that is always the same."""
        allowed = [operation.id for operation in offered(self.api, person)]
        if sum(self.sizes[name] for name in allowed) <= room:
            return [self.specs[name] for name in allowed]
        chosen = self._chosen(allowed, need, room - _size(finder(allowed)))
        others = [name for name in allowed if name not in chosen]
        return [*(self.specs[name] for name in allowed if name in chosen), finder(others)]

    def find(self, person: Person, words: str) -> list[str]:
        """The operations nearest to `words`, best first; those that are named come first."""
        allowed = [operation.id for operation in offered(self.api, person)]
        named = [name for name in allowed if name in words]
        near = self._by_nearness(allowed, Need([words]))
        return list(dict.fromkeys([*named, *near]))[:MOST_FOUND]

    def _chosen(self, allowed: Sequence[str], need: Need, room: int) -> set[str]:
        """What fits, most needed first; a large one that doesn't fit is left for smaller ones."""
        called = [name for name in dict.fromkeys(need.called) if name in allowed][:MOST_CALLED]
        wanted = [*need.found, *ALWAYS, *called, *self._by_nearness(allowed, need)]
        chosen: set[str] = set()
        for name in wanted:
            if name in allowed and name not in chosen and self.sizes[name] <= room:
                chosen.add(name)
                room -= self.sizes[name]
        return chosen

    def _by_nearness(self, allowed: Sequence[str], need: Need) -> list[str]:
        home = at_home(need.portal)
        scores = [self._alike(words) for words in need.words[: len(RECENT)]]

        def nearness(name: str) -> float:
            weighed = [score[name] * how for score, how in zip(scores, RECENT, strict=False)]
            is_home = bool(home & set(self.api.operations[name].tags))
            return max(weighed, default=0.0) + AT_HOME * is_home

        return sorted(allowed, key=lambda name: -round(nearness(name), 6))

    @cached_property
    def _alike(self) -> Any:
        """`_compared`, which remembers: the words of the last turns come again in each."""
        return lru_cache(maxsize=512)(self._compared)

    def _compared(self, words: str) -> dict[str, float]:
        """How alike each operation is to the words: in meaning, if that is known, and in words."""
        said = _words(words)
        rarity = {word: self._rarity.get(word, 2.0) for word in said}
        whole = sum(rarity.values()) or 1.0
        same = {
            name: sum(rarity[word] for word in said & own) / whole
            for name, own in self._words.items()
        }
        if self._vectors is None or self._embedding is None:
            return same
        meant: list[float] = (self._vectors @ self._embedding([words])[0]).tolist()
        return {
            name: mean + SAME_WORDS * same[name]
            for name, mean in zip(self._about, meant, strict=True)
        }


def told(operation: Operation) -> Spec:
    """An operation as chat completions take a tool: the document's schema as it is."""
    function = {
        "name": operation.id,
        "description": described(operation),
        "parameters": schema_of(operation),
    }
    return {"type": "function", "function": function}


def finder(others: Sequence[str]) -> Spec:
    """The tool that finds the others, which it names."""
    return {
        "type": "function",
        "function": {
            "name": FIND,
            "description": "Get tools that you need and don't have: " + ", ".join(others),
            "parameters": {
                "type": "object",
                "properties": {"words": {"type": "string", "description": "Names, or what to do"}},
                "required": ["words"],
            },
        },
    }


def room_beside(prompt: str) -> int:
    """Characters that are left for tools beside this system prompt."""
    return settings().agent_prompt_tokens * CHARACTERS_A_TOKEN - len(prompt)


def _size(spec: Spec) -> int:
    return len(json.dumps(spec)) + 2


def _words(text: str) -> frozenset[str]:
    said = (word.casefold() for word in _WORD.findall(text))
    return frozenset(_ENDING.sub("", word) for word in said if word not in _EVERYWHERE)


_toolbox: Toolbox | None = None
_embedding: Callable[[], Embedding] | None = None


def toolbox(api: LicensingApi) -> Toolbox:
    """The tools of this API, made once."""
    global _toolbox
    if _toolbox is None or _toolbox.api is not api:
        _toolbox = Toolbox(api)
    return _toolbox


def use_embedding(embedding: Callable[[], Embedding] | None) -> None:
    """What gives the sentence embedding; the composition root says so once."""
    global _embedding
    _embedding = embedding


def prepare(api: LicensingApi) -> None:
    """Learn the meaning of all tools. Takes a while: call it on a thread, before it is needed."""
    box = toolbox(api)
    if _embedding is not None:
        box.learn(_embedding())
