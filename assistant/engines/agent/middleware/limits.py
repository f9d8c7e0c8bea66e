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

    def __init__(self, turn: AgentTurn) -> None:
        super().__init__()
        self._turn = turn
        self._tool_calls = 0

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """One more call of the model, if there is one left."""
        self._turn.model_calls += 1
        if self._turn.model_calls > settings().agent_model_calls:
            raise TurnLimit("model calls")
        response = await handler(request)
        for message in response.result:
            if isinstance(message, AIMessage) and message.usage_metadata:
                self._turn.input_tokens += message.usage_metadata["input_tokens"]
                self._turn.output_tokens += message.usage_metadata["output_tokens"]
        if self._turn.input_tokens + self._turn.output_tokens > settings().agent_tokens:
            raise TurnLimit("tokens")
        return response

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[Any]],
    ) -> Any:
        """One more call of a tool, if there is one left."""
        self._tool_calls += 1
        if self._tool_calls > settings().agent_tool_calls:
            raise TurnLimit("tool calls")
        return await handler(request)
