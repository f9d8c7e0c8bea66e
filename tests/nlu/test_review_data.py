"""What the review inbox exports, read by Rasa itself."""

import json
import subprocess
from pathlib import Path

import pytest

from assistant.cli.paths import RASA_PYTHON
from assistant.cli.supervisor import rasa_environment
from assistant.review.nlu_data import Example, as_yaml
from assistant.review.training import sorted_out

READ = """
import json, sys
from rasa.shared.importers.utils import training_data_from_paths
data = training_data_from_paths([sys.argv[1]], "en")
print(json.dumps([[m.get("intent"), m.get("text"), [
    [e["start"], e["end"], e["entity"]] for e in m.get("entities") or []
]] for m in data.intent_examples]))
"""
SAID = [
    ("list_orders", "what's [hidden](portal) in {\"here\"}: orders?"),
    ("list_orders", "- orders, please # now"),
    ("list_orders", "/list_orders"),
    ("help", "“Hilfe”, s'il vous plaît: 日本語"),
    ("help", "key: value | > & * ! % @ `"),
    ("help", "a \\\\ b \\n c"),
]  # fmt: skip


def read_by_rasa(content: str, folder: Path) -> list[tuple[str, str, list[list[object]]]]:
    file = folder / "review.yml"
    file.write_text(content)
    done = subprocess.run(
        [str(RASA_PYTHON), "-c", READ, str(file)], env=rasa_environment(),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    return [(intent, text, entities) for intent, text, entities in rows]


@pytest.mark.timeout(200)
def test_that_rasa_reads_every_sentence_as_it_was_said(tmp_path: Path) -> None:
    labelled = [(Example(text), intent) for intent, text in SAID]
    labelled.append((Example("train us on CLC now", ((12, 15, "portal"),)), "request_training"))
    new = sorted_out(labelled, {})
    read = read_by_rasa(new.yaml(), tmp_path)
    assert ("request_training", "train us on CLC now", [[12, 15, "portal"]]) in read
    assert {(intent, text) for intent, text, entities in read if not entities} == {
        ("list_orders", "what's (hidden)(portal) in {\"here\"}: orders?"),
        ("list_orders", "- orders, please # now"), ("list_orders", "list_orders"),
        *((intent, text) for intent, text in SAID if intent == "help"),
    }  # fmt: skip


@pytest.mark.timeout(200)
def test_that_a_file_without_examples_is_read_too(tmp_path: Path) -> None:
    assert read_by_rasa(as_yaml({}), tmp_path) == []
