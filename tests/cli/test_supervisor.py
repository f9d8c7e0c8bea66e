"""Rasa gets its secrets from its environment, and nothing else of ours."""

from pathlib import Path

import pytest
import yaml

from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets
from assistant.cli.supervisor import app_environment, rasa_environment, write_rasa_files
from backend.core.settings import ROOT

SECRETS = Secrets("key-of-sessions", "between-app-and-rasa", "between-rasa-and-actions")


def test_that_no_secret_stands_in_rasas_files(tmp_path: Path) -> None:
    state = State.at(tmp_path)
    write_rasa_files(state, "http://127.0.0.1:8000/actions/webhook")
    written = "".join(path.read_text() for path in state.rasa.iterdir())
    assert not any(secret in written for secret in SECRETS.environment().values())


def test_that_rasa_fills_the_secrets_in(tmp_path: Path) -> None:
    """It does so only in a scalar without quotation marks."""
    state = State.at(tmp_path)
    write_rasa_files(state, "http://127.0.0.1:8000/actions/webhook")
    assert "X-Actions-Secret: ${ACTIONS_SECRET}\n" in (state.rasa / "endpoints.yml").read_text()
    assert "secret: ${RASA_SECRET}\n" in (state.rasa / "credentials.yml").read_text()


@pytest.mark.parametrize("name", ["plain", "with space", 'o\'brien "quoted" #1: x'])
def test_that_the_files_are_right_for_any_folder(tmp_path: Path, name: str) -> None:
    state = State.at(tmp_path / name)
    write_rasa_files(state, "http://actions.example/webhook?a=1&b=%20")
    endpoints = yaml.safe_load((state.rasa / "endpoints.yml").read_text())
    assert endpoints["action_endpoint"]["url"] == "http://actions.example/webhook?a=1&b=%20"
    assert endpoints["tracker_store"] == {
        "type": "SQL",
        "dialect": "sqlite",
        "db": str(tmp_path / name / "rasa" / "tracker.db"),
    }


def test_that_the_only_channel_is_our_own_unless_a_benchmark_asks(tmp_path: Path) -> None:
    state = State.at(tmp_path)
    write_rasa_files(state, "http://127.0.0.1:8000/actions/webhook")
    credentials = yaml.safe_load((state.rasa / "credentials.yml").read_text())
    assert list(credentials) == ["assistant.nlu.channel.AskLicensingChannel"]
    write_rasa_files(state, "http://127.0.0.1:8000/actions/webhook", rest_channel=True)
    credentials = yaml.safe_load((state.rasa / "credentials.yml").read_text())
    assert list(credentials) == ["assistant.nlu.channel.AskLicensingChannel", "rest"]


def test_that_rasa_sees_neither_our_settings_nor_our_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "DATABASE_URL", "SECRET_KEY", "PYTHONHOME", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "ours")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    seen = rasa_environment(SECRETS)
    assert "ours" not in seen.values()
    assert SECRETS.secret_key not in seen.values()
    assert seen["LOG_LEVEL"] == "INFO"
    assert seen["PYTHONPATH"] == str(ROOT)
    assert seen["RASA_TELEMETRY_ENABLED"] == "false"


def test_that_the_app_sees_what_was_set_but_not_another_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ours")
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setenv("STATE_DIR", "elsewhere")
    seen = app_environment(State.at(tmp_path), SECRETS)
    assert seen["OPENAI_API_KEY"] == "ours"
    assert seen["SECRET_KEY"] == SECRETS.secret_key
    assert seen["STATE_DIR"] == str(tmp_path)
    assert "PYTHONPATH" not in seen
