"""The base of every action here."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn


class CustomAction(Action):  # type: ignore[misc]  # rasa-sdk is published without types
    """An action of ours: `act` replies to a turn and says what Rasa is to remember.

    `action` is its name in Rasa's domain. The domain that Rasa may send is not looked at:
    wording and options are read from `data/`.
    """

    action: str

    def name(self) -> str:
        """Its name in Rasa's domain."""
        return self.action

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """What rasa-sdk calls."""
        turn = Turn(dispatcher, tracker)
        events = await self.act(turn)
        return [*events, SlotSet("recall", turn.recall)] if turn.remembered else events

    async def act(self, turn: Turn) -> list[EventType]:  # noqa: ARG002
        """Reply to one message; nothing by default."""
        return []
