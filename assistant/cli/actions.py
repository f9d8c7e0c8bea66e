"""`ask-licensing actions`: Rasa's custom actions in a process of their own."""

import uvicorn

from assistant.cli.paths import State
from assistant.cli.secret_file import use_secrets
from backend.core.settings import settings


def serve(host: str, port: int) -> None:
    """Serve `POST /actions/webhook` until interrupted; the backend is at BACKEND_URL."""
    use_secrets(State.at(settings().state_dir).secrets)
    uvicorn.run("actions.server:create_app", factory=True, host=host, port=port, access_log=False)
