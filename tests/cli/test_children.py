"""Child processes are explained when they die, and gone when they should be."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from assistant.cli.children import (
    Child,
    ChildDied,
    NotReady,
    PortInUse,
    check_port,
    free_port,
    start,
    stop,
    wait_ready,
)

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


def run(tmp_path: Path, program: str) -> Child:
    command = [sys.executable, "-c", textwrap.dedent(program)]
    log = tmp_path / "log" / "child.log"
    return start("The child", command, log=log, environment=ENVIRONMENT, folder=tmp_path)


def lines_appear(child: Child) -> None:
    deadline = time.monotonic() + 10
    while not child.last_lines():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_that_a_dead_child_is_explained_with_its_last_words_and_the_next_step(
    tmp_path: Path,
) -> None:
    child = run(tmp_path, "print('all is well'); import no_such_package")
    with pytest.raises(ChildDied) as died:
        wait_ready("http://127.0.0.1:9/", 10, child)
    said = str(died.value)
    assert "The child stopped with code 1" in said
    assert "all is well" in said
    assert "No module named 'no_such_package'" in said
    assert "make setup" in said
    assert str(child.log) in said


def test_that_the_first_of_many_errors_is_quoted_however_far_up_it_stands(tmp_path: Path) -> None:
    child = run(
        tmp_path,
        """
        print("Traceback (most recent call last):\\n  a line\\nKeyError: 'alias'")
        print("  and so on\\n" * 30)
        raise RuntimeError("could not begin")
        """,
    )
    child.process.wait()
    said = child.obituary()
    assert "It began with\n    KeyError: 'alias'" in said
    assert "RuntimeError: could not begin" in said


def test_that_a_killed_child_is_named_with_the_signal_and_a_guess(tmp_path: Path) -> None:
    child = run(tmp_path, "import time; time.sleep(60)")
    child.process.kill()
    child.process.wait()
    assert "ended by SIGKILL" in child.obituary()
    assert "memory" in child.obituary()


def test_that_an_earlier_process_in_the_same_log_is_not_quoted(tmp_path: Path) -> None:
    run(tmp_path, "print('the first one')").process.wait()
    second = run(tmp_path, "print('the second one')")
    second.process.wait()
    assert second.last_lines() == ["the second one"]


def test_that_a_log_is_put_aside_when_it_is_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.cli.children.LOG_BYTES", 10)
    run(tmp_path, "print('long enough to be put aside')").process.wait()
    second = run(tmp_path, "print('new')")
    second.process.wait()
    assert second.log.read_text() == "new\n"
    assert "long enough" in second.log.with_suffix(".old.log").read_text()


def test_that_a_child_sees_only_the_environment_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    child = run(tmp_path, "import os; print(sorted(os.environ))")
    child.process.wait()
    assert "PYTHONPATH" not in child.last_lines()[0]


def test_that_stopping_takes_less_than_three_seconds_even_from_deaf_children(
    tmp_path: Path,
) -> None:
    (tmp_path / "deaf").mkdir()
    (tmp_path / "polite").mkdir()
    deaf = run(
        tmp_path / "deaf",
        """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf now")
        time.sleep(60)
        """,
    )
    polite = run(tmp_path / "polite", "print('here'); import time; time.sleep(60)")
    lines_appear(deaf)
    lines_appear(polite)
    begun = time.monotonic()
    stop([deaf, polite])
    assert time.monotonic() - begun < 3
    assert deaf.process.returncode == -signal.SIGKILL
    assert polite.process.returncode == -signal.SIGTERM


def test_that_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":  # elsewhere there is no such signal, and nothing to look at
        return
    parent = f"""
        import pathlib, sys, time
        from assistant.cli.children import start
        child = start("x", [sys.executable, "-c", "import time; time.sleep(60)"],
                      log=pathlib.Path({str(tmp_path / "x.log")!r}), environment={{}},
                      folder=pathlib.Path({str(tmp_path)!r}))
        print(child.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Alive and no zombie that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_that_a_port_in_use_is_explained_with_another_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"Port {port} .* is in use") as refused:
            check_port("127.0.0.1", port)
    assert f"PORT={port + 1} make run" in str(refused.value)


def test_that_a_free_port_passes() -> None:
    check_port("127.0.0.1", free_port())


def test_that_a_child_that_never_answers_is_given_up_with_what_was_heard_last(
    tmp_path: Path,
) -> None:
    port = free_port()
    child = run(
        tmp_path,
        f"""
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Busy(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(503); self.end_headers(); self.wfile.write(b"no database")
        HTTPServer(("127.0.0.1", {port}), Busy).serve_forever()
        """,
    )
    try:
        with pytest.raises(NotReady, match="no database"):
            wait_ready(f"http://127.0.0.1:{port}/", 1.5, child)
    finally:
        stop([child])
