"""An ideal model for replaying a scenario on the agent: it understands what Rasa understood.

It has been told how the scenario went with Rasa, turn by turn, and acts on that as a model that
understands people would: where Rasa showed links it looks for articles and webinars, where Rasa
asked it asks, where Rasa proposed it calls the write tool with the same arguments. So what the
two runs may differ in is our layer alone: tools, dry runs, cards, refusals, duplicates, the
database.
"""

from dataclasses import dataclass, field
from typing import Any

from backend.core.files import reference, referred
from tests.agent.scripted_model import Says, ScriptedModel, call, calls, text

Reply = dict[str, Any]
CREATE = "create_training_engagement"


@dataclass
class Told:
    """How a run went: the replies of each turn, and what is in the database afterwards.

    `numbers` are what another run has others for: case numbers, identifiers, files; `changes` the
    rows won and lost by table; `done` whether anything was done at all.
    """

    turns: list[list[Reply]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, tuple[int, int]] = field(default_factory=dict)
    done: bool = False
    profile: dict[str, Any] = field(default_factory=dict)


class IdealModel:
    """Plays its part in one run at a time, on a scripted server."""

    def __init__(self, server: ScriptedModel) -> None:
        self._server = server
        self._told = Told()

    def begin(self, told: Told, before: list[dict[str, Any]]) -> None:
        """Learn how it went with Rasa, and what was requested by REST before."""
        self._told, self._before = told, before

    def listen(self, number: int, numbers: list[str], *, more_to_come: bool = False) -> None:
        """Prepare what to do in this turn; `numbers` are this run's, oldest first."""
        if more_to_come:
            self._server.steps(text("And what else?"))
            return
        replies = self._told.turns[number - 1]
        self._server.steps(
            *self._steps(replies, dict(zip(self._told.numbers, numbers, strict=False)))
        )

    def _steps(self, replies: list[Reply], numbers: dict[str, str]) -> list[Says]:
        proposal = next((r["proposal"] for r in replies if r["proposal"]), None)
        if proposal is not None:
            return [call(proposal["operation"], _renamed(proposal["arguments"], numbers))]
        if any(button["title"] == "Open another" for r in replies for button in r["buttons"]):
            return [call(CREATE, self._before[-1])]
        asked = next((r["ask"]["slot"] for r in replies if r["ask"]), None)
        last = text(f"What about {asked.replace('_', ' ')}?" if asked else "What do you need?")
        cards = {r["card"]["kind"] for r in replies if r["card"]}
        if "links" in cards:
            searched = ("search_knowledge", {"q": "training"})
            return [calls(searched, ("list_webinars", {})), text("This may help at once.")]
        if any(r["sources"] for r in replies):
            return [call("search_knowledge", {"q": "what is a virtual account"}), last]
        if {"cases", "case"} & cards:
            return [call("list_cases", {"mine": True}), last]
        if {"order", "orders", "orders_summary"} & cards:
            return [_about_orders(replies), last]
        return [last]


def _about_orders(replies: list[Reply]) -> Says:
    """The call that shows what Rasa's action showed."""
    card = next(r["card"] for r in replies if r["card"])
    if card["kind"] == "order":
        return call("get_order", {"order_number": card["order"]["number"]})
    return call("list_orders" if card["kind"] == "orders" else "get_orders_summary", {})


def _renamed(value: Any, numbers: dict[str, str]) -> Any:
    """Arguments that name a case of Rasa's run name the same one of this run."""
    if isinstance(value, dict):
        return {key: _renamed(one, numbers) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, numbers) for one in value]
    if file := referred(value):
        return reference(numbers.get(file[0], file[0]), file[1])
    return numbers.get(value, value) if isinstance(value, str) else value
