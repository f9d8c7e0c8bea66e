"""What people read about the project is true of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from backend.core.settings import DEFAULT_SECRET, ROOT, Settings

README = ROOT / "README.md"
MAKEFILE = ROOT / "Makefile"


def make_targets() -> set[str]:
    """Every target of the Makefile that is no file."""
    declared = re.search(r"^\.PHONY: (.*)$", MAKEFILE.read_text(), re.MULTILINE)
    assert declared is not None
    return set(declared[1].split())


def env_example() -> dict[str, str]:
    """The settings of `.env.example`, each with the line of explanation above it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {
        match[1]: lines[number - 1]
        for number, line in enumerate(lines)
        if (match := re.match(r"#?([A-Z_]+)=", line))
    }


def documents() -> list[Path]:
    return [README, *sorted((ROOT / "docs").rglob("*.md"))]


def test_that_the_env_example_has_every_setting_and_no_other() -> None:
    assert set(env_example()) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(("name", "above"), env_example().items())
def test_that_every_setting_is_explained_in_a_sentence(name: str, above: str) -> None:
    assert re.fullmatch(r"# .+\.", above), f"{name} stands below {above!r}"


def test_that_the_env_example_is_right_about_plain_defaults() -> None:
    text = (ROOT / ".env.example").read_text()
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float | bool):
            plain = type(field.default)(shown[name.upper()].replace("false", ""))
            assert plain == field.default, name


def test_that_no_secret_stands_in_the_env_example() -> None:
    assert DEFAULT_SECRET not in (ROOT / ".env.example").read_text()


def test_that_help_lists_every_target_with_what_it_does() -> None:
    helped = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    described = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", helped, re.MULTILINE))
    assert set(described) == make_targets()


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_that_commands_in_documents_exist(document: Path) -> None:
    text = document.read_text()
    code = "\n".join([*re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL),
                      *re.findall(r"`([^`\n]+)`", text)])  # fmt: skip
    named = set(re.findall(r"\bmake ([a-z-]+)", code))
    assert named <= make_targets()
    commands = set(re.findall(r"ask-licensing ([a-z]+)\b", code))
    assert commands <= cli_commands()


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_that_links_in_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    missing = [
        link for link in links
        if not link.startswith(("http://", "https://")) and not (document.parent / link).exists()
    ]  # fmt: skip
    assert not missing


def test_that_the_readme_names_the_folders_there_are() -> None:
    text = README.read_text()
    for folder in ("assistant/", "actions/", "data/", "backend/", "tests/", "benchmarks/"):
        assert f"`{folder}`" in text


def cli_commands() -> set[str]:
    from assistant.cli import app

    return {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}


@pytest.mark.parametrize("command", ["", *sorted(cli_commands())])
def test_that_every_command_explains_itself(command: str) -> None:
    asked = [sys.executable, "-m", "assistant.cli", *filter(None, [command]), "--help"]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage:" in answer.stdout
    assert not answer.stderr


def test_that_the_readmes_commands_are_the_only_ones_needed() -> None:
    first_block = re.search(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert first_block is not None
    lines = [line.split("#")[0].strip() for line in first_block[1].splitlines() if line.strip()]
    assert lines == ["make run", "make test"]


def test_that_hooks_before_a_commit_call_only_what_lies_here() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        if hook["language"] == "system":
            assert (ROOT / hook["entry"].split()[0]).exists()


@pytest.mark.parametrize("name", ["app", "build", "dev", "rasa"])
def test_that_requirements_are_pinned_with_hashes_and_name_no_registry(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    packages = re.findall(r"^[a-zA-Z0-9].*$", text, re.MULTILINE)
    assert packages
    assert all(re.match(r"[\w.\[\]-]+==\S+", package) for package in packages)
    assert text.count("\\\n    --hash=") >= len(packages)
    assert "://" not in text
    assert "--index-url" not in text


def test_that_tools_and_app_share_their_versions() -> None:
    """So that `make test` tests what `make run` runs."""

    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return set(re.findall(r"^([\w.\[\]-]+==[^\s;]+)", text, re.MULTILINE))

    assert pins("app") <= pins("dev")
    assert pins("build") <= pins("dev")
