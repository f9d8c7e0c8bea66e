"""What a step of the model is told: instructions and tools, chosen anew when more were found."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import SystemMessage

from assistant.conversations.models import Message
from assistant.engines.agent.prompt import system_prompt
from assistant.engines.agent.provider import chat_model
from assistant.engines.agent.toolbox import Need, room_beside, toolbox
from assistant.engines.agent.turn import AgentTurn
from backend.core.client import LicensingApi


class Offering(AgentMiddleware[Any, Any, Any]):
    """Puts the person's instructions and tools into each request, for the model of the settings.
    That tools may be used is said, too: some servers leave them out of a request that does not.
    """

    def __init__(self, api: LicensingApi) -> None:
        super().__init__()
        self._box = toolbox(api)

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """The model's request with what it is told."""
        turn = AgentTurn.of(request.runtime)
        prompt = system_prompt(turn.situation)
        found = tuple(turn.found)
        if turn.told is None or turn.told[0] != found:
            turn.told = found, self._tools(turn, room_beside(prompt))
        told = request.override(
            model=chat_model(), system_message=SystemMessage(prompt),
            tools=turn.told[1], tool_choice="auto",
        )  # fmt: skip
        return await handler(told)

    def _tools(self, turn: AgentTurn, room: int) -> list[Any]:
        situation = turn.situation
        own = [m for m in situation.recent if m.role == "user"]
        need = Need(
            words=[situation.message.text, *(m.text for m in reversed(own))],
            called=_called(own),
            found=turn.found,
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
