"""Setting up again is quick and does nothing."""

import os
import subprocess
import time

from backend.core.settings import ROOT


def test_that_a_second_setup_rebuilds_nothing() -> None:
    set_up()
    bundle = ROOT / "assistant" / "widget" / "dist" / "ask-licensing.js"
    built = bundle.stat().st_mtime_ns
    begun = time.monotonic()
    said = set_up(UV_OFFLINE="1", NPM_CONFIG_OFFLINE="true")
    assert (said.stdout, said.stderr) == ("", "")
    assert time.monotonic() - begun < 5
    assert bundle.stat().st_mtime_ns == built


def set_up(**more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", ".ci/setup", "dev"],
        cwd=ROOT,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=True,
    )


def test_that_an_unknown_kind_of_setup_is_refused() -> None:
    said = subprocess.run(
        ["sh", ".ci/setup", "everything"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "usage: sh .ci/setup run|dev" in said.stderr


def test_that_the_environments_stay_out_of_each_others_way() -> None:
    """Whatever the shell that called has in its PYTHONPATH, each Python finds its own packages."""
    for folder, package in ((".venv", "sqlmodel"), (".venv-rasa", "rasa")):
        found = subprocess.run(
            [
                ROOT / folder / "bin" / "python",
                "-c",
                f"import {package}; print({package}.__file__)",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"/{folder}/" in found
