"""Rasa component: one logistic regression over n-grams and the sentence embedding.

Word and character n-grams know the exact words, typos included; the embedding knows what a
sentence means. Together they are better than either, and train in seconds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.nlu.words import has_words, words_of

RANKED = 10
COMMON = 0.03  # of the examples have a feature
RIDGE = 1e-6  # keeps two equal examples from making the products singular
NO_TEXT = {"name": None, "confidence": 0.0}


def _vectorizers() -> dict[str, TfidfVectorizer]:
    return {
        "word": TfidfVectorizer(
            ngram_range=(1, 2),
            sublinear_tf=True,
            token_pattern=r"(?u)\b\w+\b|[?!]",  # noqa: S106 - no password
            dtype=np.float32,
        ),
        "char": TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32
        ),
    }


def _turned(features: csr_matrix) -> Any:
    """The examples in as many dimensions as there are examples, at the same angles and lengths.

    A regression with a quadratic penalty sees nothing else of them: it learns the same weights
    from these few dense columns as from tens of thousands of sparse ones, in a tenth of the time.
    """
    products = _products(features).astype(np.float64)
    products[np.diag_indices_from(products)] += RIDGE
    return cholesky(products, lower=True)


def _products(features: csr_matrix) -> Any:
    """The scalar product of each two examples; columns that many share are multiplied as dense."""
    common = features.getnnz(axis=0) > COMMON * features.shape[0]
    dense, sparse = features[:, common].toarray(), features[:, ~common]
    return dense @ dense.T + (sparse @ sparse.T).toarray()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class NgramEmbeddingClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression; confidences are its probabilities."""

    @classmethod
    def required_components(cls) -> list[type]:
        """A featurizer with sentence features must run before."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C`: inverse regularisation; `embedding_weight`: the embedding against n-grams."""
        return {"C": 20.0, "embedding_weight": 1.5, "max_iter": 60}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._vectorizers = _vectorizers()
        self._classes: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramEmbeddingClassifier:
        """Make an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have an intent and text, and store the result."""
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        words = [words_of(message) for message in examples]
        for vectorizer in self._vectorizers.values():
            vectorizer.fit(words)
        features = self._features(examples)
        turned = _turned(features)
        regression = LogisticRegression(
            C=self._config["C"], max_iter=self._config["max_iter"], class_weight="balanced"
        )
        regression.fit(turned, [message.get(INTENT) for message in examples])
        self._classes = [str(name) for name in regression.classes_]
        weights = solve_triangular(turned, regression.coef_.T, lower=True, trans="T")
        self._weights = (features.T @ weights).astype(np.float32)
        self._bias = regression.intercept_.astype(np.float32)
        if len(self._classes) == 2:  # the library keeps one column for two classes
            self._weights = np.hstack([-self._weights, self._weights]) / 2
            self._bias = np.hstack([-self._bias, self._bias]) / 2
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and `intent_ranking` on each message."""
        with_text = [message for message in messages if has_words(message)]
        for message in messages:
            message.set(INTENT, dict(NO_TEXT), add_to_output=True)
            message.set(INTENT_RANKING_KEY, [], add_to_output=True)
        if not with_text or not self._classes:
            return messages
        scores = np.asarray(self._features(with_text) @ self._weights) + self._bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        for message, row in zip(with_text, scores, strict=True):
            ranking = [
                {"name": self._classes[index], "confidence": float(row[index])}
                for index in np.argsort(-row)[:RANKED]
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _features(self, messages: list[Message]) -> csr_matrix:
        words = [words_of(message) for message in messages]
        dense = np.vstack(
            [message.get_dense_features(TEXT)[1].features for message in messages]
        ).astype(np.float32)
        blocks = [vectorizer.transform(words) for vectorizer in self._vectorizers.values()]
        return hstack([*blocks, csr_matrix(dense * self._config["embedding_weight"])]).tocsr()

    def _persist(self) -> None:
        """Store plain arrays and JSON: loading a model runs no pickled code."""
        with self._storage.write_to(self._resource) as folder:
            vocabularies = {
                name: {word: int(i) for word, i in vectorizer.vocabulary_.items()}
                for name, vectorizer in self._vectorizers.items()
            }
            (folder / "model.json").write_text(
                json.dumps({"classes": self._classes, "vocabularies": vocabularies})
            )
            idf = {f"idf_{name}": v.idf_ for name, v in self._vectorizers.items()}
            np.savez(folder / "model.npz", weights=self._weights, bias=self._bias, **idf)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramEmbeddingClassifier:
        """Read back what `train` stored."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._restore(Path(folder))
        return component

    def _restore(self, folder: Path) -> None:
        stored = json.loads((folder / "model.json").read_text())
        arrays = np.load(folder / "model.npz")
        self._classes = stored["classes"]
        self._weights, self._bias = arrays["weights"], arrays["bias"]
        for name, vectorizer in self._vectorizers.items():
            vectorizer.set_params(vocabulary=stored["vocabularies"][name])
            vectorizer.idf_ = arrays[f"idf_{name}"]
