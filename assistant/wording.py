"""The assistant's own sentences, from `data/wording/assistant.yml`."""

from functools import lru_cache
from typing import Any

import yaml

from backend.core.settings import settings


@lru_cache
def _all() -> dict[str, Any]:
    path = settings().data_dir / "wording" / "assistant.yml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def wording(key: str) -> Any:
    """What stands under `key` (dots between levels)."""
    found: Any = _all()
    for part in key.split("."):
        found = found[part]
    return found


def say(key: str, **facts: object) -> str:
    """A sentence with its facts filled in."""
    sentence: str = wording(key)
    return sentence.format(**facts)
