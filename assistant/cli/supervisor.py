"""Rasa and the app as child processes: their configuration, their environment, their start."""

import json
import os
from collections.abc import Callable
from pathlib import Path

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
from assistant.cli.paths import PYTHON, RASA_PYTHON, State
from assistant.cli.secret_file import Secrets
from backend.core.settings import ROOT

__all__ = [
    "Child",
    "ChildDied",
    "NotReady",
    "PortInUse",
    "app_environment",
    "check_port",
    "free_port",
    "rasa_environment",
    "start",
    "start_app",
    "start_rasa",
    "stop",
    "wait_rasa",
    "wait_ready",
    "write_rasa_files",
]

MODEL_UNUSABLE = "Could not load model"
# What Rasa keeps of our environment: enough to run, nothing that is meant for the app. A
# LOG_LEVEL=DEBUG of the app's would have Rasa log what people write.
RASA_INHERITS = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
# Two processes share the cores. A matrix library that starts a thread for each core in both
# spends its time waiting for itself: on a busy machine a sentence took seconds.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# What belongs to one Python and breaks another.
OF_ONE_PYTHON = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX"}


def rasa_environment(secrets: Secrets | None = None) -> dict[str, str]:
    """What Rasa's Python may see of the world: this folder for its components, two secrets."""
    quiet = (
        {name: os.environ[name] for name in RASA_INHERITS if name in os.environ}
        | {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "RASA_TELEMETRY_ENABLED": "false",
            # Training takes seconds; a cached part would not notice a change in its helper modules.
            "RASA_MAX_CACHE_SIZE": "0",
            "LOG_LEVEL": "INFO",
            "LOG_LEVEL_LIBRARIES": "ERROR",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "NO_COLOR": "1",
        }
        | ONE_THREAD
    )
    if secrets is None:
        return quiet
    return quiet | {"RASA_SECRET": secrets.rasa_secret, "ACTIONS_SECRET": secrets.actions_secret}


def write_rasa_files(state: State, actions_url: str, *, rest_channel: bool = False) -> None:
    """Write Rasa's `endpoints.yml` and `credentials.yml`; no secret stands in either.

    Rasa fills `${…}` in from its environment, but only where the scalar has no quotation marks.
    """
    tracker = json.dumps(str(state.rasa / "tracker.db"))
    (state.rasa / "endpoints.yml").write_text(
        "# Written at every start.\n"
        "action_endpoint:\n"
        f"  url: {json.dumps(actions_url)}\n"
        "  headers:\n"
        "    X-Actions-Secret: ${ACTIONS_SECRET}\n"
        # Our actions read their words from data/: the domain need not travel with each call.
        "  enable_selective_domain: true\n"
        "tracker_store:\n"
        "  type: SQL\n"
        "  dialect: sqlite\n"
        f"  db: {tracker}\n"
    )
    rest = "rest:\n" if rest_channel else ""
    (state.rasa / "credentials.yml").write_text(
        "# Written at every start.\n"
        "assistant.nlu.channel.AskLicensingChannel:\n"
        "  secret: ${RASA_SECRET}\n" + rest
    )


def start_rasa(
    state_dir: Path,
    model: Path,
    secrets: Secrets,
    actions_url: str,
    port: int,
    *,
    rest_channel: bool = False,
) -> Child:
    """Start Rasa with a trained model on 127.0.0.1:`port`; wait for it with `wait_rasa`.

    `rest_channel` adds Rasa's own REST channel, which asks nobody who they are: for
    benchmarks that compare with it, never for people.
    """
    state = State.at(state_dir)
    write_rasa_files(state, actions_url, rest_channel=rest_channel)
    command = [
        str(RASA_PYTHON), "-m", "rasa", "run",
        "--interface", "127.0.0.1", "--port", str(port),
        "--model", str(model),
        "--endpoints", str(state.rasa / "endpoints.yml"),
        "--credentials", str(state.rasa / "credentials.yml"),
    ]  # fmt: skip
    log = state.logs / "rasa.log"
    return start("Rasa", command, log=log, environment=rasa_environment(secrets), folder=ROOT)


def wait_rasa(
    rasa: Child, port: int, seconds: float = 120, meanwhile: Callable[[str], None] = lambda _: None
) -> float:
    """Wait until Rasa answers with its model loaded; return the seconds it took.

    Rasa listens even when the model could not be loaded and says so only in its log.
    """
    took = wait_ready(f"http://127.0.0.1:{port}/", seconds, rasa, meanwhile)
    if any(MODEL_UNUSABLE in line for line in rasa.last_lines(60)):
        stop([rasa])
        raise ChildDied(
            f"Rasa could not load its model. Run `ask-licensing train --force`. Its log: {rasa.log}"
        )
    return took


def app_environment(state: State, secrets: Secrets) -> dict[str, str]:
    """What the app's Python sees: all that was set, our secrets, and where to write."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_ONE_PYTHON}
    ours = {"STATE_DIR": str(state.folder), "PYTHONUNBUFFERED": "1"}
    return ONE_THREAD | kept | secrets.environment() | ours


def start_app(state: State, secrets: Secrets, *, rasa_url: str, host: str, port: int) -> Child:
    """Start the app; whatever else it is to know, it reads from the environment and `.env`."""
    where = {"HOST": host, "PORT": str(port), "RASA_URL": rasa_url}
    command = [str(PYTHON), "-m", "assistant.serve"]
    environment = app_environment(state, secrets) | where
    log = state.logs / "app.log"
    return start("The app", command, log=log, environment=environment, folder=ROOT)
