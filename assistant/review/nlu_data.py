"""What the assistant was taught: the examples in `data/*/nlu.yml`, and new ones written so."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

# `[CLC](portal)` and `[CLC]{"entity": "portal"}` stand for the words in the brackets.
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Example:
    """A sentence and what is marked in it, `{start, end, entity}`."""

    text: str
    entities: tuple[tuple[int, int, str], ...] = ()

    def written(self) -> str:
        """As Rasa reads it. Brackets of the sentence itself would be read as marks."""
        shown, at = [], 0
        for start, end, entity in sorted(self.entities):
            shown += [_plain(self.text[at:start]), f"[{_plain(self.text[start:end])}]({entity})"]
            at = end
        return "".join([*shown, _plain(self.text[at:])]).strip().lstrip("/ ")


def _plain(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


def key(text: str) -> str:
    """Sentences with the same key are the same: letter case and punctuation at the end aside."""
    return " ".join(_MARKED.sub(r"\1", text).casefold().split()).rstrip(" .!?…")


@lru_cache(maxsize=8)
def _examples(stamp: tuple[tuple[str, int], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, _ in stamp:
        loaded: dict[str, Any] = yaml.safe_load(Path(name).read_text()) or {}
        for part in loaded.get("nlu") or []:
            if "intent" in part:
                lines = str(part.get("examples") or "").splitlines()
                found[part["intent"]] += [
                    line.strip().removeprefix("-").strip() for line in lines if line.strip()
                ]
    return dict(found)


def taught(folder: Path) -> Mapping[str, Sequence[str]]:
    """The examples of every intent below `folder`, read again when a file changed."""
    files = sorted(folder.glob("*/nlu.yml"))
    return _examples(tuple((str(path), path.stat().st_mtime_ns) for path in files))


def as_yaml(examples: Mapping[str, Iterable[Example]], heading: str = "") -> str:
    """Rasa's training data (format 3.1)."""
    lines = [f"# {line}" for line in heading.splitlines()] + ['version: "3.1"', "", "nlu:"]
    for intent in sorted(examples):
        written = dict.fromkeys(one.written() for one in examples[intent])
        if written:
            lines += [f"- intent: {intent}", "  examples: |"]
            lines += [f"    - {text}" for text in written if text]
    if lines[-1] == "nlu:":
        lines[-1] = "nlu: []"
    return "\n".join(lines) + "\n"
