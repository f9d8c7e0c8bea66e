"""Imports every table of the assistant, so that migrations see the whole schema."""

from assistant.conversations import models as conversations
from assistant.review import models as review

__all__ = ["conversations", "review"]
