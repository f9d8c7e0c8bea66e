"""What one turn of the agent gathers on its way: its caller, what it called, what it proposes."""

import re
from dataclasses import dataclass, field
from typing import Any

from assistant.conversations.drafts import Draft
from assistant.situation import Situation
from backend.core.client import Caller

# An endpoint refuses a conversation in which a tool has another kind of name.
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME = 64


class AgentFailed(RuntimeError):
    """The model could not be reached, broke off or took too long."""


class TurnLimit(RuntimeError):
    """The turn used up what it may use; the text says what."""


class BrokenAnswer(RuntimeError):
    """The model's answer was cut off or empty, which no exception of the client says."""


@dataclass
class AgentTurn:
    """Shared by the middleware of one turn: made new for each, and the context of its run."""

    situation: Situation
    draft: Draft | None = None
    card: dict[str, Any] | None = None
    tools: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    speaking: str | None = None
    spoken: str = ""
    whole: int = 0
    told: tuple[tuple[str, ...], list[Any]] | None = None
    grounds: tuple[int, Any] | None = None
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @staticmethod
    def of(runtime: Any) -> "AgentTurn":
        """The turn that a run of the agent belongs to, typed."""
        turn: AgentTurn = runtime.context
        return turn

    @property
    def caller(self) -> Caller:
        """Every call of the turn uses the rights of the person who chats."""
        return self.situation.caller("agent")

    def note(self, name: str, arguments: dict[str, Any], result: str, *, ok: bool) -> None:
        """Remember a tool call for the *why* and for the model's memory of later turns."""
        kept = _NO_NAME.sub("_", name)[:LONGEST_NAME] or "unknown"
        self.tools.append({"name": kept, "arguments": arguments, "result": result, "ok": ok})
