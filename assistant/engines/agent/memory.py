"""The agent's memory is our message table: nothing of it can be lost, repaired or migrated."""

import json
from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from assistant.conversations.files import words_of
from assistant.conversations.models import Message

# Of what tools were asked and answered in earlier turns: about 10,000 tokens.
MOST_CHARACTERS = 40_000
# The engines' own apologies are no part of the conversation's sense.
_SAID = {"bot", "system", "person"}


def remembered(messages: Sequence[Message]) -> list[AnyMessage]:
    """Stored messages, oldest first, as a model reads them; it begins with the person's words."""
    found: list[AnyMessage] = []
    affordable = _affordable(messages)
    for message in messages:
        if message.role == "user":
            found.append(HumanMessage(words_of(message)))
            found += _calls(message) if message.seq in affordable else []
        elif message.role in _SAID and message.text:
            found.append(AIMessage(_shown(message)))
    while found and not isinstance(found[0], HumanMessage):
        found.pop(0)
    return found


def _affordable(messages: Sequence[Message]) -> set[int]:
    """The newest turns whose tool calls fit: one long turn must not cost all later ones."""
    left, kept = MOST_CHARACTERS, set[int]()
    for message in reversed(messages):
        calls = (message.why or {}).get("tools") or []
        left -= len(json.dumps(calls, ensure_ascii=False)) if calls else 0
        if left < 0:
            break
        kept.add(message.seq)
    return kept


def _calls(message: Message) -> list[AnyMessage]:
    """What the agent called in this turn, from the turn's *why*."""
    calls = (message.why or {}).get("tools") or []
    if not calls:
        return []
    ids = [f"call_{message.seq}_{index}" for index in range(len(calls))]
    asked = AIMessage(
        content="",
        tool_calls=[
            {"name": call["name"], "args": call["arguments"], "id": call_id}
            for call, call_id in zip(calls, ids, strict=True)
        ],
    )
    answers = [
        ToolMessage(call["result"], tool_call_id=call_id, name=call["name"])
        for call, call_id in zip(calls, ids, strict=True)
    ]
    return [asked, *answers]


def _shown(message: Message) -> str:
    """The words, and what the card beside them showed."""
    card = message.card or {}
    if message.role == "person":
        return f"[A support agent wrote:] {message.text}"
    if settled := (message.why or {}).get("settled"):
        return f"{message.text} [What the person and the support agent settled: {settled}]"
    if card.get("kind") in {"receipt", "case"}:
        facts = {key: card[key] for key in ("title", "reference", "number") if card.get(key)}
        return f"{message.text} [card: {json.dumps(facts, ensure_ascii=False)}]"
    if message.proposal_id:
        return f"{message.text} [a card with the details and a Confirm button]"
    return message.text
