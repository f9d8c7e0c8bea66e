"""What the endpoint can do. It only informs: the agent is switched off by errors alone."""

from collections.abc import Awaitable, Callable

import structlog
from langchain_core.messages import AIMessage
from openai import OpenAIError

from assistant.engines.agent.provider import chat_model
from backend.core.settings import settings

log = structlog.get_logger(__name__)
_PING = {
    "type": "function",
    "function": {
        "name": "ping",
        "description": "Answers a ping.",
        "parameters": {"type": "object", "properties": {}},
    },
}
YES = "yes"


async def probe() -> dict[str, str]:
    """`{answers, streams, calls tools}`: `yes`, or what happened instead, in words."""
    return {
        "answers": await _try(_answers),
        "streams": await _try(_streams),
        "calls tools": await _try(_calls_tools),
    }


async def tell() -> None:
    """Write what was found to the log, for whoever started the product."""
    found = await probe()
    say = log.info if set(found.values()) == {YES} else log.warning
    say("model_probed", model=settings().assistant_model, **found)


async def _try(check: Callable[[], Awaitable[str]]) -> str:
    try:
        return await check()
    # A foreign server answers in ways nobody foresaw; each is worth telling.
    except (OpenAIError, ValueError, TypeError, KeyError, AttributeError, OSError) as exc:
        return f"no: {type(exc).__name__}: {exc}"[:200]


async def _answers() -> str:
    told = await chat_model().ainvoke("Say: ok")
    return YES if told.text.strip() else "no: it answered nothing"


async def _streams() -> str:
    parts = [part async for part in chat_model().astream("Say: one two three")]
    finished = any(part.response_metadata.get("finish_reason") for part in parts)
    return YES if finished else "no: the stream ended without a finish reason"


async def _calls_tools() -> str:
    told: AIMessage = await chat_model().bind_tools([_PING]).ainvoke("Call the tool named ping.")
    return YES if told.tool_calls else "no: it was asked to call a tool and did not"
