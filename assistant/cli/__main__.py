"""`python -m assistant.cli` is the same as `ask-licensing`."""

from assistant.cli import app

app()
