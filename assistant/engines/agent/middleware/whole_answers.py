"""A stream that ends in the middle raises nothing; the only sign is a missing finish reason."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage

from assistant.engines.agent.turn import BrokenAnswer


class WholeAnswers(AgentMiddleware[Any, Any, Any]):
    """Raises `BrokenAnswer` for a cut-off answer and for one that says nothing at all."""

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Pass whole answers on."""
        response = await handler(request)
        for message in response.result:
            if isinstance(message, AIMessage):
                _check(message)
        return response


def _check(message: AIMessage) -> None:
    if message.response_metadata.get("finish_reason") in {None, "", "length"}:
        raise BrokenAnswer("the answer was cut off")
    if not (message.text.strip() or message.tool_calls or message.invalid_tool_calls):
        raise BrokenAnswer("the answer was empty")
