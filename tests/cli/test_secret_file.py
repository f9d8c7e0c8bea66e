"""Demo mode makes up its own secrets; outside it they have to be set."""

import stat
from pathlib import Path

import pytest

from assistant.cli.secret_file import secrets_of
from backend.core.settings import DEFAULT_SECRET, Settings

LONG = "x" * 40


@pytest.fixture(autouse=True)
def _no_secrets_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "RASA_SECRET", "ACTIONS_SECRET", "DEMO_MODE"):
        monkeypatch.delenv(name, raising=False)


def settings(**given: str | bool) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg, arg-type]


def test_that_made_up_secrets_are_random_kept_and_for_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = secrets_of(settings(), file)
    assert DEFAULT_SECRET not in first.environment().values()
    assert len(set(first.environment().values())) == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secrets_of(settings(), file) == first
    assert secrets_of(settings(), tmp_path / "other.json") != first
    assert {path.name for path in tmp_path.iterdir()} == {"secrets.json", "other.json"}


def test_that_a_secret_that_was_set_wins(tmp_path: Path) -> None:
    chosen = secrets_of(settings(rasa_secret=LONG), tmp_path / "secrets.json")
    assert chosen.rasa_secret == LONG
    assert chosen.actions_secret not in {DEFAULT_SECRET, LONG}


def test_that_outside_demo_mode_nothing_is_made_up(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    with pytest.raises(SystemExit, match="RASA_SECRET"):
        secrets_of(settings(demo_mode=False, secret_key=LONG), file)
    assert not file.exists()


def test_that_all_secrets_set_leave_no_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    secrets_of(
        settings(demo_mode=False, secret_key=LONG, rasa_secret=LONG, actions_secret=LONG), file
    )
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"secret_key": "a"}'])
def test_that_a_damaged_file_is_explained(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(content)
    with pytest.raises(SystemExit, match="Delete it"):
        secrets_of(settings(), file)
