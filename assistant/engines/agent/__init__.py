"""The agentic engine: a language model with the API's operations as tools.

Its libraries are large and are loaded when a model is configured and first asked.
"""

import asyncio

from assistant.conversations.drafts import Outcome
from assistant.engines.agent import toolbox
from assistant.engines.agent.breaker import available, reason
from assistant.engines.agent.turn import AgentFailed
from assistant.situation import Situation
from backend.core.client import licensing_api
from backend.core.settings import settings

__all__ = ["AgentFailed", "answer", "available", "reason", "tell_what_it_can"]


async def answer(situation: Situation) -> Outcome:
    """Let the agent answer; raises `AgentFailed` when the model does not."""
    from assistant.engines.agent import engine

    return await engine.answer(situation)


async def tell_what_it_can() -> None:
    """Learn what the tools are about, and write to the log what a configured model can do."""
    if settings().has_model:
        from assistant.engines.agent import probe

        await asyncio.to_thread(toolbox.prepare, licensing_api())
        await probe.tell()
