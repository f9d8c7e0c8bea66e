"""Rasa's model: trained when what it is made of changed, and only then.

A model is named by the hash of its sources. A failed training leaves the last good one.
"""

import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.cli.children import Child, stop
from assistant.cli.paths import RASA_PYTHON, State
from assistant.cli.supervisor import rasa_environment
from backend.core.settings import ROOT

# Trained models of this checkout, whatever STATE_DIR they were trained for.
SHARED_MODELS = ROOT / ".rasa" / "models"
MODELS_KEPT = 3
SUFFIX = ".tar.gz"
# What Rasa learns from, in each of its folders; what else lies there is the application's.
LEARNT = ("nlu.yml", "rules.yml")
_COMPONENT = re.compile(r"(Starting to train|Finished training|Restored) component '(\w+)'")
Progress = Callable[[str, float], None]


class TrainingFailed(RuntimeError):
    """Rasa could not train; the text has its last lines and the next step."""


@dataclass(frozen=True)
class Trained:
    """A model, whether it was trained just now, and how long that took."""

    model: Path
    fresh: bool
    seconds: float = 0.0


def rasa_folders(root: Path = ROOT) -> list[Path]:
    """The folders below data/ that Rasa learns from: those with a `domain.yml`."""
    return sorted(domain.parent for domain in (root / "data").rglob("domain.yml"))


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file that a model depends on."""
    yield root / "config.yml"
    yield root / "requirements" / "rasa.txt"
    for folder in rasa_folders(root):
        yield folder / "domain.yml"
        yield from learnt(folder)
    yield from sorted(
        path
        for path in (root / "assistant" / "nlu").rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"}
    )


def learnt(folder: Path) -> Iterator[Path]:
    """The files of a folder that Rasa learns from."""
    return (folder / name for name in LEARNT if (folder / name).exists())


def sources_hash(root: Path = ROOT) -> str:
    """Sixteen hexadecimal digits that change when any source does, or is renamed."""
    digest = hashlib.sha256()
    for path in sources(root):
        digest.update(str(path.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def model_name(root: Path = ROOT) -> str:
    """The file name of the model of the present sources."""
    return f"ask-licensing-{sources_hash(root)}{SUFFIX}"


def named(state: State) -> str:
    """The file name of the model of the present sources and of what was kept from the review."""
    if not state.taught.exists():
        return model_name()
    digest = hashlib.sha256(state.taught.read_bytes()).hexdigest()[:8]
    return f"{model_name().removesuffix(SUFFIX)}-{digest}{SUFFIX}"


def current_model(state: State) -> Path | None:
    """The model of the present sources, if it was trained before in this checkout."""
    wanted = state.models / named(state)
    elsewhere = SHARED_MODELS / wanted.name
    if not wanted.exists() and elsewhere.exists():
        _copy(elsewhere, wanted)
    return wanted if wanted.exists() else None


def last_model(state: State) -> Path | None:
    """The newest model there is, whatever its sources."""
    return max(state.models.glob("ask-licensing-*.tar.gz"), key=_age, default=None)


def train(state: State, *, force: bool = False, progress: Progress = lambda *_: None) -> Trained:
    """Train unless there is a model of the present sources; `progress` gets words and a share.

    Raises `TrainingFailed`.
    """
    found = None if force else current_model(state)
    if found is not None:
        return Trained(found, fresh=False)
    begun = time.monotonic()
    name = named(state)
    model = _trained(state, name, state.models / name, _taught(state), progress)
    with suppress(OSError):  # a read-only checkout has no room for the shared copy
        SHARED_MODELS.mkdir(parents=True, exist_ok=True)
        _copy(model, SHARED_MODELS / name)
        _forget_old(SHARED_MODELS)
    _forget_old(state.models)
    return Trained(model, fresh=True, seconds=time.monotonic() - begun)


def train_candidate(
    state: State, examples: Path, *, progress: Progress = lambda *_: None
) -> Trained:
    """Train with these examples beside the normal data, in the place of those kept before; the
    present model stays. Raises `TrainingFailed`.
    """
    begun = time.monotonic()
    name = f"candidate{SUFFIX}"
    model = _trained(state, name, state.models / name, [examples], progress)
    return Trained(model, fresh=True, seconds=time.monotonic() - begun)


def _taught(state: State) -> list[Path]:
    return [state.taught] if state.taught.exists() else []


def _trained(
    state: State, name: str, place: Path, taught: Sequence[Path], progress: Progress
) -> Path:
    """Train into a folder of its own, then put the model into its place."""
    draft = state.models / "training"
    shutil.rmtree(draft, ignore_errors=True)
    _run(state, draft, name, taught, progress)
    trained = draft / name
    if not trained.exists():
        raise TrainingFailed(f"Rasa ended without a model. Its log: {state.logs / 'train.log'}")
    model = trained.replace(place)
    shutil.rmtree(draft, ignore_errors=True)
    return model


def _run(state: State, out: Path, name: str, taught: Sequence[Path], progress: Progress) -> None:
    """Run `rasa train`, reading its progress off its log lines."""
    command = [
        str(RASA_PYTHON), "-m", "rasa", "train",
        "--config", str(ROOT / "config.yml"),
        "--domain", str(ROOT / "data"),
        "--data", *(str(path) for folder in rasa_folders() for path in learnt(folder)),
        *(str(path) for path in taught),
        "--out", str(out), "--fixed-model-name", name,
    ]  # fmt: skip
    log = state.logs / "train.log"
    progress("loading Rasa", 0.0)
    with (
        log.open("wb") as kept,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=rasa_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        child = Child("Training", process, log)
        try:
            assert process.stdout is not None  # noqa: S101 (asked for as a pipe above)
            steps = _Steps(progress)
            for line in process.stdout:
                kept.write(line)
                kept.flush()
                steps.read(line.decode(errors="replace"))
            process.wait()
        finally:
            stop([child])
    if process.returncode != 0:
        raise TrainingFailed(f"{child.obituary()}\nCorrect it and run `ask-licensing train` again.")
    progress("done", 1.0)


class _Steps:
    """Turns Rasa's log lines into words and a share: every component of config.yml is a step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        config = (ROOT / "config.yml").read_text()
        # Loading, reading the data and packing are steps as well.
        self._total = len(re.findall(r"^\s*- name:", config, re.MULTILINE)) + 3
        self._done = 0

    def read(self, line: str) -> None:
        """Report what a line says, if it says anything about progress."""
        found = _COMPONENT.search(line)
        if found:
            beginning = found[1].startswith("Starting")
            self._done += 0 if beginning else 1
            self._say(f"{'training' if beginning else 'trained'} {found[2]}")
        elif "Training NLU" in line or "Training Core" in line or "Processed" in line:
            self._say("reading the examples")
        elif "is saved at" in line:
            self._done = self._total - 1
            self._say("packing the model")

    def _say(self, words: str) -> None:
        self._progress(words, min(0.99, (self._done + 1) / self._total))


def _copy(source: Path, target: Path) -> None:
    """Copy so that `target` is never seen half written."""
    draft = target.with_suffix(".new")
    shutil.copyfile(source, draft)
    draft.replace(target)


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _forget_old(folder: Path) -> None:
    """Keep the newest models: whoever switches between branches goes back without training."""
    for old in sorted(folder.glob("ask-licensing-*.tar.gz"), key=_age)[:-MODELS_KEPT]:
        old.unlink(missing_ok=True)
