"""Child processes: started with a log of their own, watched, explained when they die, stopped."""

import contextlib
import ctypes
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

STOP_SECONDS = 1.8
LOG_BYTES = 5_000_000
LOOK_BACK_BYTES = 65_536
_AN_ERROR = re.compile(r"(\w+\.)*[A-Z]\w*(Error|Exception)\b")
# What a child's last words mean, and what to do about it.
KNOWN_ENDS = (
    ("Address already in use", "Its port is taken. Stop what uses it, or set another PORT."),
    ("ModuleNotFoundError", "Something is not installed. Run `make setup`."),
    ("No space left on device", "The disk is full. Make room and start again."),
    ("database is locked", "Another process writes to the same database. Stop it first."),
    ("Permission denied", "A file cannot be read or written. Check who owns STATE_DIR."),
)


class ChildDied(RuntimeError):
    """A process ended that should have gone on; the text says so, and what to do."""


class NotReady(RuntimeError):
    """A process lives but did not answer in time; the text says so, and what to do."""


class PortInUse(RuntimeError):
    """Something else listens where we want to; the text says so, and what to do."""


@dataclass
class Child:
    """A running process and its log; what an earlier one wrote there is not its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_begins: int = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def last_lines(self, count: int = 12) -> list[str]:
        """The end of its log."""
        with contextlib.suppress(OSError), self.log.open("rb") as handle:
            handle.seek(max(self.log_begins, self.log.stat().st_size - LOOK_BACK_BYTES))
            lines = handle.read().decode(errors="replace").splitlines()
            return [line for line in lines if line.strip()][-count:]
        return []

    def first_error(self, count: int = 400) -> str | None:
        """The exception that others followed from: tracebacks name it first, far from the end."""
        return next((line for line in self.last_lines(count) if _AN_ERROR.match(line)), None)

    def obituary(self) -> str:
        """How it ended, its last words, and the next step, for whoever started it."""
        code = self.process.returncode
        lines = self.last_lines()
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"stopped with code {code}"
        advice = next((hint for sign, hint in KNOWN_ENDS if any(sign in ln for ln in lines)), None)
        if advice is None and code == -signal.SIGKILL:
            advice = "If nobody ended it, the machine ran out of memory: about 1.5 GB are needed."
        said = "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"
        error = self.first_error()
        began = f"It began with\n    {error}\n" if error and error not in lines else ""
        return (
            f"{self.name} {how}. {began}Its last lines:\n{said}\n"
            f"{advice or 'The reason is most likely in these lines.'} The whole log: {self.log}"
        )


def start(
    name: str, command: list[str], *, log: Path, environment: dict[str, str], folder: Path
) -> Child:
    """Start a process that writes to `log`, sees only `environment`, and ends when we do."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        begins = output.tell()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            preexec_fn=_end_with_parent(),
        )
    return Child(name, process, log, begins)


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux, have the kernel end a child whose parent was killed without a chance to."""
    if sys.platform != "linux":
        return None
    prctl, set_parent_death_signal = ctypes.CDLL(None).prctl, 1
    return lambda: prctl(set_parent_death_signal, signal.SIGTERM)


def stop(children: Iterable[Child], seconds: float = STOP_SECONDS) -> None:
    """End all of them at once: asked first, forced when `seconds` have passed."""
    living = [child for child in children if child.alive]
    for child in living:
        child.process.terminate()
    deadline = time.monotonic() + seconds
    for child in living:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def wait_ready(
    url: str,
    seconds: float,
    child: Child | None = None,
    meanwhile: Callable[[str], None] = lambda _: None,
) -> float:
    """Wait until `url` answers 200; return the seconds it took.

    `meanwhile` is called with what it answered last ("" for nothing), ten times a second.

    Raises `ChildDied` as soon as the child has, and `NotReady` after `seconds`.
    """
    begun = time.monotonic()
    answer = ""
    # Proxies of the environment must not be asked for what runs on this machine.
    with httpx.Client(timeout=2, trust_env=False) as http:
        while True:
            if child is not None and not child.alive:
                raise ChildDied(child.obituary())
            with contextlib.suppress(httpx.HTTPError):
                response = http.get(url)
                if response.status_code == 200:
                    return time.monotonic() - begun
                answer = response.text[:300] or f"status {response.status_code}"
            if time.monotonic() - begun > seconds:
                where = f" Its log: {child.log}" if child else ""
                raise NotReady(
                    f"{url} was not ready after {seconds:.0f} s; its last answer was "
                    f"{answer or 'none'}. Perhaps the machine is only busy: start it again.{where}"
                )
            meanwhile(answer)
            time.sleep(0.1)


def free_port() -> int:
    """A port on this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(host: str, port: int) -> None:
    """Raise `PortInUse` when nothing of ours could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise PortInUse(
                f"Port {port} on {host} is in use ({exc.strerror or exc}). Perhaps it runs "
                f"already: look at http://{host}:{port}. Otherwise start it on another port: "
                f"PORT={port + 1} make run"
            ) from exc


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
