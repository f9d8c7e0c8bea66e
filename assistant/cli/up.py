"""`ask-licensing up`: the whole product in the foreground, from an empty folder to an address."""

import fcntl
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, NoReturn

from rich.panel import Panel

from assistant.cli.children import Child, ChildDied, NotReady, PortInUse, stop
from assistant.cli.display import Display, console, display, say
from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets, use_secrets
from assistant.cli.supervisor import (
    check_port,
    free_port,
    start_app,
    start_rasa,
    wait_rasa,
    wait_ready,
)
from assistant.cli.training import Trained, TrainingFailed, last_model, train
from backend.core.settings import Settings, settings

# The first start also reads all articles once, which takes a slow machine minutes.
READY_SECONDS = 600.0
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0


class InUse(RuntimeError):
    """Another `up` works in the same STATE_DIR."""


def up() -> int:
    """Run the product until it is told to stop; return the process's exit code."""
    product = None
    try:
        with _interruptible():
            state = State.at(settings().state_dir)
            secrets = use_secrets(state.secrets)
            configured = settings()
            with _alone(state):
                check_port(configured.host, configured.port)
                product = Product(state, secrets, configured)
                with display() as shown:
                    product.start(shown)
                console.print(_welcome(configured))
                return product.watch()
    except KeyboardInterrupt:
        say("Stopping.")
        return 0
    except (ChildDied, InUse, NotReady, PortInUse, TrainingFailed) as exc:
        say(f"\n{exc}", "red")
        return 1
    finally:
        if product is not None:
            _unhurried(product.stop)


class Product:
    """Rasa and the app, started in the order that wastes no time, and kept running."""

    def __init__(self, state: State, secrets: Secrets, configured: Settings) -> None:
        self._state, self._secrets, self._configured = state, secrets, configured
        # Whoever sets RASA_URL runs Rasa elsewhere.
        self._own_rasa = "rasa_url" not in configured.model_fields_set
        self._rasa_port = free_port() if self._own_rasa else 0
        self._rasa: _Rasa | None = None
        self._app: Child | None = None

    @property
    def _children(self) -> list[Child]:
        rasa = self._rasa.child if self._rasa else None
        return [child for child in (self._app, rasa) if child is not None]

    def start(self, shown: Display) -> None:
        """Train if needed, then start both at once: the app prepares its database by itself."""
        rasa_url, loading = self._configured.rasa_url, None
        if self._own_rasa:
            trained = _train(self._state, shown)
            rasa_url = f"http://127.0.0.1:{self._rasa_port}"
            self._rasa = _Rasa(lambda: self._start_rasa(trained))
            loading = shown.step("Rasa")
            loading.update("loading the model")
        app = shown.step("App")
        app.update("preparing the database, starting")
        self._app = start_app(
            self._state,
            self._secrets,
            rasa_url=rasa_url,
            host=self._configured.host,
            port=self._configured.port,
        )
        if self._rasa is not None and loading is not None:
            took = wait_rasa(
                self._rasa.child, self._rasa_port, READY_SECONDS, lambda _: self._check_app()
            )
            loading.done(f"ready after {took:.0f} s")
        where = f"http://{_local(self._configured.host)}:{self._configured.port}/readyz"

        def meanwhile(answer: str) -> None:
            self._check_rasa()
            app.update(waiting_for(answer))

        wait_ready(where, READY_SECONDS, self._app, meanwhile)
        app.done("ready")

    def watch(self) -> NoReturn:
        """Until interrupted: bring Rasa back when it dies; raise `ChildDied` when the app does."""
        while True:
            time.sleep(0.2)
            self._check_app()
            if self._rasa is not None:
                self._rasa.tend()

    def stop(self) -> None:
        """End everything, within three seconds."""
        stop(self._children)

    def _start_rasa(self, trained: Trained) -> Child:
        return start_rasa(
            self._state.folder,
            trained.model,
            self._secrets,
            self._configured.actions_webhook,
            self._rasa_port,
        )

    def _check_rasa(self) -> None:
        if self._rasa is not None and not self._rasa.child.alive:
            raise ChildDied(self._rasa.child.obituary())

    def _check_app(self) -> None:
        if self._app is not None and not self._app.alive:
            raise ChildDied(self._app.obituary())


class _Rasa:
    """Rasa's process, started again when it dies: the app goes on without it and says so."""

    def __init__(self, start_it: Callable[[], Child]) -> None:
        self._start = start_it
        self._pause = 1.0
        self._due: float | None = None
        self._begun = time.monotonic()
        self.child = start_it()

    def tend(self) -> None:
        """Notice a death, and start it again when the pause is over."""
        now = time.monotonic()
        if self._due is None and not self.child.alive:
            if now - self._begun > HEALTHY_SECONDS:
                self._pause = 1.0
            self._due = now + self._pause
            say(
                f"{self.child.obituary()}\nIt is started again in {self._pause:.0f} s; "
                "until then the assistant offers to open a case."
            )
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        elif self._due is not None and now >= self._due:
            self._due, self._begun = None, now
            self.child = self._start()


def _train(state: State, shown: Display) -> Trained:
    """A model of the present sources, or with a warning the last good one."""
    step = shown.step("Rasa's model")
    try:
        trained = train(state, progress=step.update)
    except TrainingFailed as exc:
        last = last_model(state)
        if last is None:
            raise
        shown.say(f"{exc}\nUntil it is corrected, the last good model serves: {last.name}")
        trained = Trained(last, fresh=False)
    step.done(f"trained in {trained.seconds:.0f} s" if trained.fresh else "up to date")
    return trained


@contextmanager
def _alone(state: State) -> Iterator[None]:
    """Hold this STATE_DIR, or raise `InUse`: two would write to the same files."""
    with state.lock.open("w") as handle:
        _lock(handle, state)
        yield


def _lock(handle: IO[str], state: State) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InUse(
            f"Ask Licensing already runs with {state.folder}. Stop it first, or give this one a "
            "folder and a port of its own: STATE_DIR=var/second PORT=8001 make run"
        ) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have a closed terminal or SIGTERM end this like Ctrl-C does (not under `nohup`)."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # the shell's `&` ignores it for us
        signal.signal(signal.SIGINT, interrupt)
    yield


def _unhurried(action: Callable[[], None]) -> None:
    """Do it to the end, even when somebody presses Ctrl-C a second time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    action()


def waiting_for(answer: str) -> str:
    """What `/readyz` misses, in words."""
    try:
        missing = json.loads(answer)["missing"]
    except (ValueError, KeyError, TypeError):
        return "preparing the database, starting"
    return f"waiting for {' and '.join(missing)}"


def _local(host: str) -> str:
    """Where this machine reaches what listens on `host`."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)


def _welcome(configured: Settings) -> Panel | str:
    address = configured.public_url or f"http://{_local(configured.host)}:{configured.port}"
    lines = [
        f"Ask Licensing is ready: {address}",
        f"The support desk:       {address}/console",
        f"The API:                {address}/api/v1/openapi.json",
    ]
    if configured.demo_mode:
        lines.append("Demo mode: anybody may sign in as anybody. Not for the open network.")
    lines.append("Ctrl-C ends it.")
    text = "\n".join(lines)
    return Panel(text, expand=False, border_style="green") if console.is_terminal else text
