"""The `ask-licensing` command: start the product, train it, talk to it, look into it."""

from assistant.cli.main import app

__all__ = ["app"]
