"""The agentic engine: a language model with the API's operations as tools."""

from assistant.engines.agent.engine import AgentFailed, answer, probe
from assistant.engines.agent.provider import available, reason

__all__ = ["AgentFailed", "answer", "available", "probe", "reason"]
