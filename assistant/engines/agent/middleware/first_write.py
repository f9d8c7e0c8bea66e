"""One write a step: the person confirms one card at a time, and nothing said beside it counts."""

from typing import Any

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, RemoveMessage, ToolMessage
from langgraph.runtime import Runtime

from backend.core.client import LicensingApi


class FirstWrite(AgentMiddleware[Any, Any, Any]):
    """Drops later writes and the text beside calls; sends unreadable calls back."""

    def __init__(self, api: LicensingApi) -> None:
        super().__init__()
        self._api = api

    @hook_config(can_jump_to=["model"])
    async def aafter_model(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """Look at what the model wants to call."""
        message = state["messages"][-1]
        if not isinstance(message, AIMessage):
            return None
        if message.invalid_tool_calls:
            return self._send_back(message)
        kept = self._kept(message.tool_calls)
        if kept == message.tool_calls and not (kept and message.text):
            return None
        changed = message.model_copy(
            update={"tool_calls": kept, "content": "" if kept else message.content}
        )
        return {"messages": [changed]}

    def _kept(self, calls: list[Any]) -> list[Any]:
        """Every read, and the first write with nothing after it."""
        kept = []
        for call in calls:
            kept.append(call)
            operation = self._api.operations.get(call["name"])
            if operation is not None and operation.writes:
                return [call]
        return kept

    def _send_back(self, message: AIMessage) -> dict[str, Any]:
        """Answer calls whose arguments are not JSON, so that the model repeats them."""
        calls = [
            {"name": call["name"] or "unknown", "args": {}, "id": call["id"] or f"bad_{index}"}
            for index, call in enumerate(message.invalid_tool_calls)
        ]
        asked = AIMessage(content="", tool_calls=calls, id=message.id)
        answers = [
            ToolMessage(
                "The arguments are not valid JSON. Call the tool again with a JSON object.",
                tool_call_id=call["id"], name=call["name"], status="error",
            )
            for call in calls
        ]  # fmt: skip
        removed = [RemoveMessage(id=message.id)] if message.id else []
        return {"messages": [*removed, asked.model_copy(update={"id": None}), *answers],
                "jump_to": "model"}  # fmt: skip
