"""Hard limits of a turn, with our own wording when they are reached."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage
from langgraph.prebuilt.tool_node import ToolCallRequest

from assistant.engines.agent.turn import AgentTurn, TurnLimit
from backend.core.settings import settings


class Limits(AgentMiddleware[Any, Any, Any]):
    """Counts model calls, tool calls and tokens; raises `TurnLimit` past any of them."""

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """One more call of the model, if there is one left."""
        turn = AgentTurn.of(request.runtime)
        turn.model_calls += 1
        if turn.model_calls > settings().agent_model_calls:
            raise TurnLimit("model calls")
        response = await handler(request)
        for message in response.result:
            if isinstance(message, AIMessage) and message.usage_metadata:
                turn.input_tokens += message.usage_metadata["input_tokens"]
                turn.output_tokens += message.usage_metadata["output_tokens"]
        if turn.input_tokens + turn.output_tokens > settings().agent_tokens:
            raise TurnLimit("tokens")
        return response

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[Any]],
    ) -> Any:
        """One more call of a tool, if there is one left."""
        turn = AgentTurn.of(request.runtime)
        turn.tool_calls += 1
        if turn.tool_calls > settings().agent_tool_calls:
            raise TurnLimit("tool calls")
        return await handler(request)
