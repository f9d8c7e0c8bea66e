"""Training with what was labelled: what is measured, when it is kept, and what is left alone."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import evaluation, learning, training
from assistant.cli.evaluation import Comparison, Sentence, held_out
from assistant.cli.learning import Candidate
from assistant.cli.main import app
from assistant.cli.paths import State
from assistant.cli.training import named, train, train_candidate
from assistant.review.nlu_data import Example
from assistant.review.service import known_intents
from assistant.review.training import sorted_out
from backend.core.settings import settings
from tests.cli.test_training import project as project

SENTENCES = [
    Sentence("show my orders", "list_orders"), Sentence("what did we buy", "list_orders"),
    Sentence("teach me", "request_training"), Sentence("hello", "greet"),
]  # fmt: skip
BEFORE = ["list_orders", "help", "request_training", "greet"]


def compared(*after: str) -> Comparison:
    return Comparison(SENTENCES, BEFORE, after)


def test_that_gains_and_losses_are_told_by_intent() -> None:
    found = compared("list_orders", "list_orders", "list_orders", "greet")
    assert (found.right_before, found.right_after, found.is_worse) == (3, 3, False)
    assert found.by_intent() == [("request_training", 1, 1, 0), ("list_orders", 2, 1, 2)]
    assert [loss.sentence.text for loss in found.losses] == ["teach me"]
    assert compared("list_orders", "help", "list_orders", "greet").is_worse


def test_that_the_evaluation_knows_only_intents_that_are_taught() -> None:
    known = {one.name for one in known_intents()}
    assert {one.intent for one in held_out()} <= known
    assert len(held_out()) >= 500


def test_that_what_is_measured_with_is_not_learnt() -> None:
    labelled = [
        (Example("Teach me!"), "request_training"),
        (Example("school me"), "request_training"),
    ]
    new = sorted_out(labelled, {"request_training": ["train us"]}, [s.text for s in SENTENCES])
    assert [e.text for e in new.examples["request_training"]] == ["school me"]
    assert new.known == 1


def test_that_a_candidate_is_trained_beside_the_present_model(
    project: Path, tmp_path: Path
) -> None:
    state = State.at(tmp_path / "state")
    present = train(state).model
    examples = tmp_path / "candidate.yml"
    examples.write_text("nlu: []\n")
    candidate = train_candidate(state, examples).model
    assert present.exists()
    assert candidate != present
    assert training.current_model(state) == present
    examples.write_text("broken")
    with pytest.raises(training.TrainingFailed, match="the data is broken"):
        train_candidate(state, examples)
    assert training.current_model(state) == present


def test_that_what_is_kept_is_the_model_from_then_on_and_is_learnt_again(
    project: Path, tmp_path: Path
) -> None:
    state = State.at(tmp_path / "state")
    plain = train(state).model
    examples = tmp_path / "candidate.yml"
    examples.write_text("nlu: []\n")
    found = Candidate(train_candidate(state, examples).model, examples, compared(*BEFORE))
    kept = found.keep(state)
    assert kept == training.current_model(state) != plain
    assert not train(state).fresh
    (project / "data" / "training" / "nlu.yml").write_text("version: 2\n")
    again = train(state)
    assert again.fresh
    assert again.model.name == named(state)
    state.taught.write_text("broken")
    with pytest.raises(training.TrainingFailed, match="the data is broken"):
        train(state)
    state.taught.unlink()
    assert train(state).model.name == training.model_name()


@pytest.mark.parametrize(
    ("after", "flags", "code", "words"),
    [
        (BEFORE, [], 0, "Kept."),
        (["help", *BEFORE[1:]], [], 2, "understands less than before"),
        (["help", *BEFORE[1:]], ["--keep"], 0, "Kept."),
    ],
)
def test_that_a_worse_model_is_kept_only_when_asked(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    after: list[str], flags: list[str], code: int, words: str,
) -> None:  # fmt: skip
    """Training is that of the stand-in above; how the models do is given."""
    new = sorted_out([(Example("what have we bought"), "list_orders")], {})
    read = iter([BEFORE, after])
    monkeypatch.setattr(learning, "labelled", lambda: new)
    monkeypatch.setattr(learning, "held_out", lambda: SENTENCES)
    monkeypatch.setattr(learning, "understand", lambda *_: next(read))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    settings.cache_clear()
    told = CliRunner().invoke(app, ["train", "--with-review", *flags])
    settings.cache_clear()
    assert told.exit_code == code, told.output
    assert words in told.output
    assert State.at(tmp_path / "state").taught.exists() is (code == 0)
    if after != BEFORE:
        assert "“show my orders” means list_orders, now taken for help" in told.output


def test_that_a_model_that_cant_be_read_is_explained(tmp_path: Path) -> None:
    state = State.at(tmp_path / "state")
    if not evaluation.RASA_PYTHON.exists():
        pytest.fail("Rasa's environment is missing: sh .ci/setup run")
    (tmp_path / "model.tar.gz").write_bytes(b"nothing")
    with pytest.raises(training.TrainingFailed, match=r"could not be measured"):
        evaluation.understand(state, tmp_path / "model.tar.gz", SENTENCES, lambda *_: None)
