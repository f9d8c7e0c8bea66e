"""`ask-licensing up` starts the real thing, ends it quickly, and says what stands in its way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from assistant.cli.children import free_port
from assistant.cli.up import waiting_for
from backend.core.settings import ROOT

READY = "Ask Licensing is ready: "


@contextmanager
def up(state: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The command, without a terminal and without input; killed if a test leaves it running."""
    environment = {k: v for k, v in os.environ.items() if k not in {"RASA_URL", "DATABASE_URL"}}
    with subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "up"],
        cwd=ROOT,
        env=environment | {"PORT": str(port), "STATE_DIR": str(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it prints up to a line with these words; fails if it ends before."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without {words!r}:\n{said}")


def everything(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


def processes_of(state: Path, words: str = "") -> list[psutil.Process]:
    """What still works on this folder, as its environment or its command line says."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            ours = str(state) in line or process.environ().get("STATE_DIR") == str(state)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if ours and words in line:
            found.append(process)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_it_starts_and_ends_within_three_seconds_with_a_widget_connected(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    with up(tmp_path, port) as process:
        said = read_until(process, READY)
        assert len(processes_of(tmp_path)) == 3
        assert f"{READY}http://127.0.0.1:{port}\n" in said
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as http:
            sign_in = http.post("/auth/demo", json={"email": "nadia@northwind.example"})
            http.headers["Authorization"] = f"Bearer {sign_in.json()['access_token']}"
            talk = http.post("/conversations", json={"portal": "clc"}).json()
            assert talk["replies"][0]["text"]
            with http.stream("GET", f"/conversations/{talk['id']}/stream", timeout=30) as stream:
                assert stream.status_code == 200
                begun = time.monotonic()
                process.send_signal(number)
                assert process.wait(10) == 0
                took = time.monotonic() - begun
        assert took < 3
        assert "Stopping." in everything(process)
    assert processes_of(tmp_path) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.timeout(300)
def test_that_rasa_comes_back_and_that_a_dead_app_ends_everything(tmp_path: Path) -> None:
    port = free_port()
    with up(tmp_path, port) as process:
        read_until(process, READY)
        kill(tmp_path, "rasa run")
        said = read_until(process, "started again")
        assert "Rasa was ended by SIGKILL" in said
        deadline = time.monotonic() + 120
        ready = f"http://127.0.0.1:{port}/readyz"
        assert httpx.get(ready, trust_env=False).status_code == 503
        while httpx.get(ready, trust_env=False).status_code != 200:
            assert time.monotonic() < deadline, "Rasa did not come back"
            time.sleep(0.5)
        kill(tmp_path, "assistant.serve")
        assert process.wait(10) == 1
        assert "The app was ended by SIGKILL" in everything(process)
    assert processes_of(tmp_path) == []


def kill(state: Path, words: str) -> None:
    """Kill the one process of this folder whose command line has these words."""
    (found,) = processes_of(state, words)
    found.kill()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            '{"status": "waiting", "missing": ["rasa", "knowledge"]}',
            "waiting for rasa and knowledge",
        ),
        ("", "preparing the database, starting"),
        ("Internal Server Error", "preparing the database, starting"),
        ("[]", "preparing the database, starting"),
    ],
)
def test_that_waiting_says_for_what(answer: str, words: str) -> None:
    assert waiting_for(answer) == words


def test_that_a_port_in_use_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with up(tmp_path, port) as process:
            assert process.wait(30) == 1
            said = everything(process)
    assert f"Port {port} on 127.0.0.1 is in use" in said
    assert f"PORT={port + 1} make run" in said
    assert list((tmp_path / "log").iterdir()) == []


def test_that_a_second_one_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    holder = (
        "import fcntl, sys, time\n"
        f"handle = open({str(tmp_path / 'up.lock')!r}, 'w')\n"
        "fcntl.flock(handle, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with up(tmp_path, free_port()) as second:
            assert second.wait(30) == 1
            said = everything(second)
        first.kill()
    assert f"already runs with {tmp_path}" in said
    assert "STATE_DIR=" in said


def test_that_outside_demo_mode_secrets_have_to_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_MODE", "false")
    with up(tmp_path, free_port()) as process:
        assert process.wait(30) == 1
        assert "SECRET_KEY" in everything(process)
    assert not (tmp_path / "secrets.json").exists()
