"""The sentence embedding: the right weights, unit vectors, and meanings that are near."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant.nlu.embedding import SentenceEmbedding, WrongWeights, weights_folder

TRAINING = "I need training on License Central"
TEACH = "can someone teach us how to use License Central?"
PIZZA = "order a pizza with mushrooms"


@pytest.fixture(scope="module")
def embed() -> SentenceEmbedding:
    return SentenceEmbedding(weights_folder())


def test_that_sentences_of_one_meaning_are_near(embed: SentenceEmbedding) -> None:
    training, teach, pizza = embed([TRAINING, TEACH, PIZZA])
    assert training @ teach > 0.6
    assert training @ pizza < 0.2


def test_that_vectors_have_length_one_and_do_not_depend_on_their_batch(
    embed: SentenceEmbedding,
) -> None:
    together = embed([TRAINING, PIZZA, "a " * 40])
    alone = SentenceEmbedding(weights_folder())([TRAINING])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together[0], alone[0], atol=1e-5)


def test_that_a_long_text_is_cut_and_an_empty_one_is_taken(embed: SentenceEmbedding) -> None:
    short = SentenceEmbedding(weights_folder(), max_tokens=16)
    assert short(["word " * 5000]).shape == (1, 384)
    assert np.isfinite(embed([""])).all()


def test_that_other_weights_are_refused(tmp_path: Path) -> None:
    shutil.copytree(weights_folder(), tmp_path / "model")
    with (tmp_path / "model" / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(WrongWeights, match="SHA-256"):
        SentenceEmbedding(tmp_path / "model")
