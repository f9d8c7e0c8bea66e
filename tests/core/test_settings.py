from pathlib import Path

import pytest

from backend.core.settings import DEFAULT_SECRET, ROOT, Settings

LONG = "a-random-value-with-more-than-32-characters"
SECRETS = ("secret_key", "rasa_secret", "actions_secret")


def test_that_the_demo_starts_with_default_secrets() -> None:
    Settings(demo_mode=True).refuse_default_secrets()


def test_that_outside_the_demo_good_secrets_are_taken() -> None:
    Settings(demo_mode=False, **dict.fromkeys(SECRETS, LONG)).refuse_default_secrets()


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("weak", [DEFAULT_SECRET, "short", "", "x" * 31])
def test_that_outside_the_demo_a_weak_secret_stops_the_start(name: str, weak: str) -> None:
    given = dict.fromkeys(SECRETS, LONG) | {name: weak}
    with pytest.raises(SystemExit) as refused:
        Settings(demo_mode=False, **given).refuse_default_secrets()
    said = str(refused.value)
    assert name.upper() in said
    assert [other for other in SECRETS if other.upper() in said] == [name]


def test_that_outside_the_demo_the_token_of_commerce_is_long_or_there_is_none() -> None:
    given = dict.fromkeys(SECRETS, LONG)
    Settings(demo_mode=False, **given).refuse_default_secrets()
    Settings(demo_mode=False, **given, commerce_token=LONG).refuse_default_secrets()
    Settings(demo_mode=True, commerce_token="short").refuse_default_secrets()
    for weak in (DEFAULT_SECRET, "short", "", "x" * 31):
        with pytest.raises(SystemExit, match="COMMERCE_TOKEN"):
            Settings(demo_mode=False, **given, commerce_token=weak).refuse_default_secrets()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@h:5432/d", "postgresql+psycopg://u:p@h:5432/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////var/x.db", "sqlite+aiosqlite:////var/x.db"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_that_plain_database_addresses_get_the_async_driver(url: str, driver: str) -> None:
    assert Settings(database_url=url).database == driver


def test_that_the_default_database_is_a_file_among_the_state(tmp_path: Path) -> None:
    default = Settings(state_dir=tmp_path)
    assert default.database == f"sqlite+aiosqlite:///{tmp_path}/ask-licensing.db"
    assert default.on_sqlite


def test_that_origins_are_given_as_a_list_with_commas() -> None:
    assert Settings(widget_origins="https://a.example, https://b.example,").widget_origins == [
        "https://a.example", "https://b.example",
    ]  # fmt: skip


def test_that_secrets_are_not_shown_when_settings_are_printed() -> None:
    assert LONG not in repr(Settings(secret_key=LONG))


def test_that_the_example_file_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    missing = [n for n in Settings.model_fields if f"{n.upper()}=" not in example]
    assert missing == []
