"""Imports every table of the assistant, so that migrations see the whole schema."""

from assistant.conversations import models as conversations

__all__ = ["conversations"]
