"""The forward pass: right numbers, and the same ones as the component inside Rasa has."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant.nlu import embedding as rasas
from backend.knowledge.embedding import (
    WEIGHTS_SHA256,
    SentenceEmbedding,
    WrongWeights,
    sentence_embedding,
)

SENTENCES = [
    "I need training on CLC",
    "x",
    "Ich brauche eine Schulung",
    "why is my order stuck, and who has to act so that it is delivered at last?",
    "I need training on CLC",
]


def test_that_vectors_have_length_one_and_do_not_depend_on_their_neighbours() -> None:
    embed = sentence_embedding()
    together = embed(SENTENCES)
    assert together.shape == (5, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, [embed([one])[0] for one in SENTENCES], atol=1e-5)
    assert np.array_equal(together[0], together[4])


def test_that_meaning_counts_more_than_words() -> None:
    a, b, c = sentence_embedding()(
        [
            "How do I delete a user?",
            "Remove somebody from the account",
            "How do I cook a meal?",
        ]
    )
    assert a @ b > a @ c


def test_that_both_forward_passes_agree() -> None:
    assert rasas.WEIGHTS_SHA256 == WEIGHTS_SHA256
    difference = sentence_embedding()(SENTENCES) - rasas.sentence_embedding()(SENTENCES)
    assert float(np.abs(difference).max()) < 1e-5


def test_that_nothing_gives_nothing_and_long_texts_are_cut() -> None:
    embed = sentence_embedding()
    assert embed([]).shape == (0, 384)
    assert np.allclose(embed(["word " * 400]), embed(["word " * 5000]), atol=1e-6)


def test_that_other_weights_are_refused(tmp_path: Path) -> None:
    real = rasas.weights_folder()
    shutil.copy(real / "tokenizer.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not the model")
    with pytest.raises(WrongWeights, match="SHA-256"):
        SentenceEmbedding(tmp_path)
