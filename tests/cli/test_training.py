"""A model is trained when its sources changed, and a failed training leaves the last good one."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli import training
from assistant.cli.paths import State
from assistant.cli.training import (
    TrainingFailed,
    current_model,
    last_model,
    rasa_folders,
    sources_hash,
    train,
)

# Speaks like `rasa train`; a message "broken" in the data fails it.
TRAINER = """\
    #!{python}
    import pathlib, sys
    args = sys.argv
    out = pathlib.Path(args[args.index("--out") + 1])
    name = args[args.index("--fixed-model-name") + 1]
    data = args[args.index("--data") + 1 : args.index("--out")]
    print("2026-01-01 INFO hooks - Starting to train component 'RulePolicy'.", flush=True)
    if any("broken" in pathlib.Path(d).read_text() for d in data):
        sys.exit("YamlValidationException: the data is broken")
    print("2026-01-01 INFO hooks - Finished training component 'RulePolicy'.")
    out.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(b"model")
    print(f"Your Rasa model is trained and saved at '{{name}}'.")
"""
Write = Callable[[str, str], None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for path, text in {
        "config.yml": "pipeline:\n  - name: A\npolicies:\n  - name: RulePolicy\n",
        "requirements/rasa.txt": "rasa==3.6.21\n",
        "data/training/domain.yml": "intents: []\n",
        "data/training/nlu.yml": "nlu: []\n",
        "data/demo/world.yml": "people: []\n",
        "assistant/nlu/channel.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    trainer = tmp_path / "trainer"
    trainer.write_text(textwrap.dedent(TRAINER).format(python=sys.executable))
    trainer.chmod(0o755)
    monkeypatch.setattr(training, "ROOT", root)
    monkeypatch.setattr(training, "SHARED_MODELS", root / ".rasa" / "models")
    monkeypatch.setattr(training, "RASA_PYTHON", trainer)
    for function in (rasa_folders, sources_hash, training.sources, training.model_name):
        monkeypatch.setattr(function, "__defaults__", (root,))
    return root


def test_that_rasas_folders_are_those_with_a_domain(project: Path) -> None:
    assert rasa_folders() == [project / "data" / "training"]


@pytest.mark.parametrize(
    "changed", ["config.yml", "requirements/rasa.txt", "data/training/nlu.yml",
                "data/training/rules.yml", "assistant/nlu/channel.py", "data/access/domain.yml"]
)  # fmt: skip
def test_that_a_change_of_any_source_asks_for_a_new_model(project: Path, changed: str) -> None:
    before = sources_hash()
    (project / changed).parent.mkdir(parents=True, exist_ok=True)
    (project / changed).write_text("something: else\n")
    assert sources_hash() != before


@pytest.mark.parametrize(
    "changed", ["data/demo/world.yml", "data/training/README.md", "data/training/lengths.yml",
                "assistant/nlu/channel.pyc"]
)  # fmt: skip
def test_that_a_change_of_what_rasa_does_not_read_asks_for_nothing(
    project: Path, changed: str
) -> None:
    before = sources_hash()
    (project / changed).write_text("something: else\n")
    assert sources_hash() == before


def test_that_a_second_training_does_nothing(project: Path, tmp_path: Path) -> None:
    state = State.at(tmp_path / "state")
    first = train(state)
    second = train(state)
    assert first.fresh
    assert not second.fresh
    assert second.model == first.model == current_model(state)
    assert train(state, force=True).fresh


def test_that_another_state_dir_takes_the_model_over(project: Path, tmp_path: Path) -> None:
    train(State.at(tmp_path / "one"))
    other = State.at(tmp_path / "two")
    taken = train(other)
    assert not taken.fresh
    assert taken.model.parent == other.models


def test_that_a_failed_training_is_explained_and_leaves_the_last_good_model(
    project: Path, tmp_path: Path
) -> None:
    state = State.at(tmp_path / "state")
    good = train(state).model
    (project / "data" / "training" / "nlu.yml").write_text("broken")
    with pytest.raises(TrainingFailed, match="the data is broken"):
        train(state)
    assert current_model(state) is None
    assert last_model(state) == good


def test_that_progress_is_told_in_words_and_never_goes_back(project: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    train(State.at(tmp_path / "state"), progress=lambda words, share: told.append((words, share)))
    words, shares = zip(*told, strict=True)
    assert words[0] == "loading Rasa"
    assert "training RulePolicy" in words
    assert words[-1] == "done"
    assert list(shares) == sorted(shares)
    assert shares[-1] == 1.0


def test_that_only_the_newest_models_are_kept(project: Path, tmp_path: Path) -> None:
    state = State.at(tmp_path / "state")
    for number in range(5):
        (project / "data" / "training" / "nlu.yml").write_text(f"version: {number}\n")
        newest = train(state).model
    assert len(list(state.models.iterdir())) == training.MODELS_KEPT
    assert newest.exists()
