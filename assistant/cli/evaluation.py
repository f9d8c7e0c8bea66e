"""How well a model understands sentences that it has not learnt from: `data/evaluation/*.yml`,
each intent with what people say in other words than the training examples.
"""

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from assistant.cli.paths import RASA_PYTHON, State
from assistant.cli.supervisor import rasa_environment
from assistant.cli.training import Progress, TrainingFailed
from backend.core.settings import ROOT

PARSER = Path(__file__).with_name("parse_sentences.py")
LAST_LINES = 15


@dataclass(frozen=True)
class Sentence:
    """What somebody might say, and what it means."""

    text: str
    intent: str


@dataclass(frozen=True)
class Change:
    """A sentence that another model takes for something else."""

    sentence: Sentence
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Comparison:
    """The same sentences, read by two models."""

    sentences: Sequence[Sentence]
    before: Sequence[str | None]
    after: Sequence[str | None]

    @property
    def right_before(self) -> int:
        """How many sentences the first model understands."""
        return sum(self._right(self.before).values())

    @property
    def right_after(self) -> int:
        """How many the second one understands."""
        return sum(self._right(self.after).values())

    @property
    def is_worse(self) -> bool:
        """Whether fewer sentences are understood."""
        return self.right_after < self.right_before

    @cached_property
    def changes(self) -> list[Change]:
        """Sentences that the second model takes for something else."""
        rows = zip(self.sentences, self.before, self.after, strict=True)
        return [Change(one, was, now) for one, was, now in rows if was != now]

    @property
    def losses(self) -> list[Change]:
        """Those that were understood and no longer are."""
        return [one for one in self.changes if one.before == one.sentence.intent]

    def by_intent(self) -> list[tuple[str, int, int, int]]:
        """(intent, sentences, right before, right after) where that changed, the losses first."""
        count = Counter(one.intent for one in self.sentences)
        before, after = self._right(self.before), self._right(self.after)
        rows = [(name, count[name], before[name], after[name]) for name in sorted(count)]
        changed = [row for row in rows if row[2] != row[3]]
        return sorted(changed, key=lambda row: row[3] - row[2])

    def _right(self, understood: Sequence[str | None]) -> Counter[str]:
        rows = zip(self.sentences, understood, strict=True)
        return Counter(one.intent for one, intent in rows if one.intent == intent)


def held_out(root: Path = ROOT) -> list[Sentence]:
    """All sentences of `data/evaluation/`."""
    found: list[Sentence] = []
    for file in sorted((root / "data" / "evaluation").glob("*.yml")):
        loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(file.read_text())
        found += [Sentence(row["text"], name) for name, rows in loaded.items() for row in rows]
    return found


def understand(
    state: State, model: Path, sentences: Sequence[Sentence], progress: Progress
) -> list[str | None]:
    """What the model takes each sentence for. Raises `TrainingFailed` when it can't be read."""
    log = state.logs / "evaluate.log"
    answers: list[str | None] = []
    with (
        log.open("wb") as errors,
        tempfile.TemporaryFile() as asked,
    ):
        asked.write(json.dumps([one.text for one in sentences]).encode())
        asked.seek(0)
        with subprocess.Popen(
            [str(RASA_PYTHON), str(PARSER), str(model)],
            cwd=ROOT, env=rasa_environment(), stdin=asked, stdout=subprocess.PIPE, stderr=errors,
        ) as process:  # fmt: skip
            assert process.stdout is not None  # noqa: S101 (asked for as a pipe above)
            try:
                for line in process.stdout:
                    answers.append(json.loads(line)["intent"])
                    progress(f"{len(answers)} sentences", len(answers) / len(sentences))
            finally:
                process.kill()
    if len(answers) != len(sentences):
        last = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
        raise TrainingFailed(f"The model could not be measured. The last lines of {log}:\n{last}")
    return answers
