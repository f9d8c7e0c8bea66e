"""Which tools a step of the model is told of: chosen anew when more were found."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse

from assistant.conversations.models import Message
from assistant.engines.agent.toolbox import Need, room_beside, toolbox
from assistant.engines.agent.turn import AgentTurn
from backend.core.client import LicensingApi


class Offering(AgentMiddleware[Any, Any, Any]):
    """Puts the tools into each request. That they may be used is said, too: some servers leave
    tools out of a request that does not.
    """

    def __init__(self, turn: AgentTurn, api: LicensingApi) -> None:
        super().__init__()
        self._turn, self._box = turn, toolbox(api)
        self._told: tuple[tuple[str, ...], list[Any]] | None = None

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """The model's request with tools."""
        found = tuple(self._turn.found)
        if self._told is None or self._told[0] != found:
            prompt = request.system_message.text if request.system_message else ""
            self._told = found, self._tools(room_beside(prompt))
        return await handler(request.override(tools=self._told[1], tool_choice="auto"))

    def _tools(self, room: int) -> list[Any]:
        situation = self._turn.situation
        own = [m for m in situation.recent if m.role == "user"]
        need = Need(
            words=[situation.message.text, *(m.text for m in reversed(own))],
            called=_called(own),
            found=self._turn.found,
            portal=situation.conversation.portal,
        )
        return self._box.offer(situation.person, need, room)


def _called(own: list[Message]) -> list[str]:
    """Operations that earlier turns called or proposed, newest first."""
    names: list[str] = []
    for message in reversed(own):
        why = message.why or {}
        names += [call["name"] for call in reversed(why.get("tools") or [])]
        names += [why["proposed"]] if "proposed" in why else []
    return names
