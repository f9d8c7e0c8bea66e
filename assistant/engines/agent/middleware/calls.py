"""Where tools would run: reads are called over HTTP as the person; writes become proposals."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.runtime import Runtime

from assistant.engines.agent.leaks import without_secrets
from assistant.engines.agent.markup import readable_text
from assistant.engines.agent.toolbox import FIND, toolbox
from assistant.engines.agent.turn import LONGEST_NAME, AgentTurn
from assistant.proposals.service import prepare
from assistant.tools import described, is_tool, readable
from backend.core.cards import card_of
from backend.core.client import Answer, LicensingApi, Operation

MOST_CHARACTERS = 50_000
MOST_WORDS = 300
SHOWN = "A card with this was shown to the person, who decides. Nothing has been done."


class Calls(AgentMiddleware[Any, Any, Any]):
    """Carries out reads, dry-runs writes, and ends the turn once there is a card."""

    def __init__(self, api: LicensingApi) -> None:
        super().__init__()
        self._api = api

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """With a card there is nothing left to say."""
        turn = AgentTurn.of(runtime)
        return {"jump_to": "end"} if turn.draft is not None else None

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[Any]],  # noqa: ARG002 - tools never run
    ) -> ToolMessage:
        """Whatever the model called, offered or not, under the same rules."""
        turn = AgentTurn.of(request.runtime)
        name, arguments = request.tool_call["name"], dict(request.tool_call["args"])
        operation = self._api.operations.get(name)
        unfit = _unfit(arguments)
        try:
            if unfit:
                text, ok, arguments = unfit, False, {}
            elif name == FIND:
                text, ok = self._find(turn, arguments), True
            elif operation is None or not is_tool(operation):
                text, ok = _no_tool(name), False
            elif operation.writes:
                text, ok = await self._propose(turn, operation, arguments)
            else:
                text, ok = await self._read(turn, operation, arguments)
        except httpx.HTTPError as exc:
            text, ok = f"The licensing system did not answer ({type(exc).__name__}).", False
        turn.note(name, arguments, text, ok=ok)
        return ToolMessage(
            text, tool_call_id=request.tool_call["id"] or "", name=name,
            status="success" if ok else "error",
        )  # fmt: skip

    async def _read(
        self, turn: AgentTurn, operation: Operation, arguments: dict[str, Any]
    ) -> tuple[str, bool]:
        answer = await self._api.call(operation.id, arguments, turn.caller)
        if answer.ok:
            _note_sources(turn, answer)
            turn.card = _card(turn, operation, answer) or turn.card
        else:
            turn.refused.append(f"{operation.id}: {answer.body.get('title')}")
        return readable(answer), answer.ok

    def _find(self, turn: AgentTurn, arguments: dict[str, Any]) -> str:
        """Name the tools nearest to the model's words; the next step is told of them."""
        person, words = turn.situation.person, str(arguments.get("words") or "")
        found = toolbox(self._api).find(person, words[:MOST_WORDS])
        turn.found = list(dict.fromkeys([*found, *turn.found]))
        return json.dumps(
            [{"name": name, "does": described(self._api.operations[name])} for name in found]
        )

    async def _propose(
        self, turn: AgentTurn, operation: Operation, arguments: dict[str, Any]
    ) -> tuple[str, bool]:
        prepared = await prepare(turn.caller, operation.id, arguments)
        if isinstance(prepared, Answer):
            turn.refused.append(f"{operation.id}: {prepared.body.get('title')}")
            return readable(prepared), False
        turn.draft = prepared
        return SHOWN, True


def _note_sources(turn: AgentTurn, answer: Answer) -> None:
    items = answer.body.get("items")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and {"title", "url", "excerpt"} <= item.keys():
            turn.sources.append({"title": item["title"], "url": item["url"]})


def _card(turn: AgentTurn, operation: Operation, answer: Answer) -> dict[str, Any] | None:
    """The card of what was read: the last one counts. Why an order waits is part of the order."""
    card = card_of(operation.id, answer.body)
    if card is None or turn.card is None or {card["kind"], turn.card["kind"]} != {"order"}:
        return card
    if turn.card["order"].get("number") != card["order"].get("number"):
        return card
    return {"kind": "order", "order": turn.card["order"] | card["order"]}


def _unfit(arguments: dict[str, Any]) -> str | None:
    """Why arguments can't be sent at all, before anybody reads or keeps them."""
    try:
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return "The arguments hold what JSON or Unicode does not allow."
    if len(text) > MOST_CHARACTERS:
        return f"The arguments are longer than {MOST_CHARACTERS} characters."
    if "\\u0000" in text:
        return "The arguments hold characters that no text has."
    if without_secrets(text) != text:
        return "The arguments hold a secret of this system, which goes nowhere."
    return None


def _no_tool(name: str) -> str:
    shown = readable_text(name)[:LONGEST_NAME]
    return f"There is no tool {shown}. Use one of those that you have."
