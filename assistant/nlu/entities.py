"""Rasa component: the facts of a sentence as entities, for the forms to use as answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.lexicon import Lexicon
from assistant.nlu.rights import right_spans
from assistant.nlu.spans import Span, find_spans
from assistant.nlu.topics import topic_spans, unknown_portal
from assistant.nlu.words import has_words

ZONE_WORDS = re.compile(r"\s*(?:local\s+)?(?:time(?:\s?zone)?|tz|zone)\b", re.IGNORECASE)


# Registered as a featurizer too, so that it runs over the training data before the classifier.
@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class FactExtractor(GraphComponent, EntityExtractorMixin):
    """Dates, numbers and addresses by pattern; portals, languages … by look-up tables."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`fuzzy`: look-ups that forgive typos. Spellings that are also plain words count in
        capitals or as the whole message (`cased`), or only as the whole message (`alone`).
        """
        return {"fuzzy": [], "cased": [], "alone": []}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._lexicons: list[Lexicon] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FactExtractor:
        """Make an extractor that knows no names yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the look-up tables and their synonyms, and store them."""
        tables: dict[str, dict[str, str]] = {}
        for table in training_data.lookup_tables:
            names = {str(name) for name in table["elements"]}
            synonyms = training_data.entity_synonyms
            spellings = {name.lower(): synonyms.get(name, name) for name in names}
            spellings |= {said.lower(): value for said, value in synonyms.items() if value in names}
            tables.setdefault(table["name"], {}).update(spellings)
        with self._storage.write_to(self._resource) as folder:
            (folder / "lexicons.json").write_text(json.dumps(tables))
        self._learn(tables)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FactExtractor:
        """Read back the look-up tables that `train` stored."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._learn(json.loads((Path(folder) / "lexicons.json").read_text()))
        return component

    def _learn(self, tables: dict[str, dict[str, str]]) -> None:
        self._lexicons = [
            Lexicon(
                name,
                spellings,
                fuzzy=name in self._config["fuzzy"],
                cased=frozenset(self._config["cased"]),
                alone=frozenset(self._config["alone"]),
            )
            for name, spellings in tables.items()
        ]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Mark the examples too: the classifier learns from which facts a sentence holds."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `entities` on each message that has text."""
        for message in messages:
            if has_words(message):
                found = self.entities(str(message.get(TEXT)))
                message.set(ENTITIES, found, add_to_output=True)
        return messages

    def entities(self, text: str) -> list[dict[str, Any]]:
        """The facts of a text in Rasa's form, left to right."""
        taken: list[Span] = []
        for span in self._candidates(text):
            if not any(span.start < other.end and other.start < span.end for other in taken):
                taken.append(span)
        taken += topic_spans(text, taken)
        if unknown := unknown_portal(text, taken):
            taken.append(unknown)
        return [
            {
                "entity": span.entity,
                "start": span.start,
                "end": span.end,
                "value": span.value,
                "extractor": "FactExtractor",
            }
            for span in sorted(taken, key=lambda span: span.start)
        ]

    def _candidates(self, text: str) -> Iterable[Span]:
        facts = find_spans(text)
        yield from facts
        windows = [fact for fact in facts if fact.entity == "window"]
        names = [span for lexicon in self._lexicons for span in lexicon.find(text)]
        for span in sorted(names, key=lambda span: span.start - span.end):  # longest first
            yield _placed(text, span, windows) if span.entity == "city" else span
        yield from right_spans(text)  # last: "SA viewer" says more than "viewer"


def _placed(text: str, city: Span, windows: list[Span]) -> Span:
    """A city names a time zone only beside a time or the word: "3pm Berlin", "Oslo time"."""
    before = text[: city.start].rstrip()
    beside = any(
        re.fullmatch(r"\s*,?\s*(?:in|\()?\s*", text[window.end : city.start]) is not None
        for window in windows
        if window.end <= city.start
    )
    if beside or ZONE_WORDS.match(text, city.end) or before.lower().endswith(("zone", "zone:")):
        return Span("time_zone", city.start, city.end, city.value)
    return city
