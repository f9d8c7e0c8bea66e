"""Sentence vectors of texts that rarely change, computed once and kept in files.

One file comes with the articles, so that even the first start takes no time; what it lacks,
because an article was edited, is computed at the start and kept in the state folder.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from backend.knowledge.embedding import DIMENSIONS, SentenceEmbedding, Vectors

_KEY_CHARACTERS = 16


class KeptVectors:
    """Embeds texts like the model itself, but each only once ever."""

    def __init__(self, model: SentenceEmbedding, shipped: Path, cache: Path) -> None:
        """Read both files; one that is missing or damaged counts as empty."""
        self.model = model
        self._cache = cache
        self._own = read_vectors(cache)
        self._shipped = read_vectors(shipped)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, like `SentenceEmbedding`; new ones are added to the cache."""
        keys = [_key(text) for text in texts]
        missing = {
            key: text
            for key, text in zip(keys, texts, strict=True)
            if key not in self._shipped and key not in self._own
        }
        if missing:
            computed = self.model(list(missing.values()))
            self._own |= dict(zip(missing, computed, strict=True))
            write_vectors(self._cache, self._own)
        known = self._shipped | self._own
        return np.stack([known[key] for key in keys])

    def keep_all(self, texts: Sequence[str], file: Path) -> None:
        """Write the vectors of exactly these texts to `file`, for shipping."""
        write_vectors(file, dict(zip(map(_key, texts), self(texts), strict=True)))


def read_vectors(file: Path) -> dict[bytes, Vectors]:
    """What `write_vectors` wrote; empty when the file is not there or not to be used."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}
    if vectors.shape != (len(keys), DIMENSIONS):
        return {}
    return dict(zip(keys.tolist(), vectors, strict=True))


def write_vectors(file: Path, vectors: Mapping[bytes, Vectors]) -> None:
    """Keep vectors in half precision. Written beside and renamed: nobody reads half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.stem}.{os.getpid()}.npz")
    np.savez(
        beside,
        keys=np.array(list(vectors), dtype=f"S{_KEY_CHARACTERS}"),
        vectors=np.stack(list(vectors.values())).astype(np.float16),
    )
    beside.replace(file)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS].encode()
