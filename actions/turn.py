"""One message of a person, as actions see it, and the replies to it."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.wording import Button
from backend.core.client import Answer, Caller, Upload, licensing_api
from backend.core.files import referred

# The shape of a question: what interrupts a form even where free text is asked for.
_QUESTION = re.compile(
    r"^\W*(?:(?:but|and|sorry|wait|hm+|ok|so)\b[, ]*)*"
    r"(?:what(?:'?s| is| are| does| do| will| can| have| has| if| happens| kind)"
    r"|who(?:'?s| is| can| may| has| are)"
    r"|where(?:'?s| is| do| can| are)|when(?:'?s| is| do| does| will)|why|which|whats"
    r"|how (?:do|does|did|can|could|is|are|much|many|long|often|should|will)"
    r"|(?:can|could|would|will) (?:you|i|we|someone|somebody)|is (?:there|it|this|that)|are there"
    r"|do (?:i|we|you)|does|should i|tell me|explain|difference between)\b",
    re.IGNORECASE,
)
_FORM_EVENTS = {"action_listen", "action_extract_slots"}


@dataclass(frozen=True)
class Fact:
    """An entity: what was named, where in the text, and its value."""

    entity: str
    value: Any
    start: int = 0
    end: int = 0


class Turn:
    """The latest message with what was understood, who sent it, and a place for replies."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        self.tracker = tracker
        message = tracker.latest_message or {}
        self.metadata: dict[str, Any] = message.get("metadata") or {}
        self.ranking = [str(each["name"]) for each in message.get("intent_ranking") or []]
        self._recall: dict[str, Any] = dict(tracker.get_slot("recall") or {})
        self.read: dict[str, Any] = {}  # what was read from the API in this turn, by name
        self._understand(message)

    def _understand(self, message: dict[str, Any]) -> None:
        intent = message.get("intent") or {}
        self.text = str(message.get("text") or "")
        self.intent = str(intent.get("name") or "")
        self.confidence = float(intent.get("confidence") or 0.0)
        self.facts = [
            Fact(e["entity"], e["value"], e.get("start") or 0, e.get("end") or 0)
            for e in message.get("entities") or []
        ]

    @property
    def message(self) -> dict[str, Any]:
        """The message with what was understood, to go back to in a later turn."""
        return {
            "text": self.text,
            "intent": {"name": self.intent, "confidence": self.confidence},
            "entities": [vars(fact) for fact in self.facts],
        }

    def go_back_to(self, message: dict[str, Any]) -> None:
        """Take an earlier message for the one that is answered."""
        self._understand(message)

    @property
    def is_payload(self) -> bool:
        """Whether a button was pressed rather than something written."""
        return self.text.startswith("/")

    @property
    def recall(self) -> dict[str, Any]:
        """What earlier tasks of this conversation were about; it outlives the end of a task."""
        return self._recall

    def remember(self, **what: Any) -> None:
        """Keep something for later messages, also for those after this task; None forgets."""
        self._recall = {k: v for k, v in {**self._recall, **what}.items() if v is not None}

    @property
    def remembered(self) -> bool:
        """Whether something was kept or forgotten in this turn."""
        return self._recall != (self.tracker.get_slot("recall") or {})

    @property
    def words(self) -> str:
        """What the person said: the text, or the wish that a button repeats, else nothing."""
        return str(self.value("wish") or "") if self.is_payload else self.text

    @property
    def asks_something(self) -> bool:
        """Whether the message has the shape of a question."""
        ends = self.text.rstrip(" !").endswith("?")
        return not self.is_payload and (ends or self.begins_as_question)

    @property
    def begins_as_question(self) -> bool:
        """Whether the first words are those of a question, mark or not."""
        return _QUESTION.match(self.text) is not None

    @property
    def caller(self) -> Caller:
        """Whose rights the actions use: the person of the channel's metadata, never the text."""
        return Caller(
            person=str(self.metadata["person"]), conversation=self.tracker.sender_id, via="rasa"
        )

    def values(self, entity: str) -> list[Any]:
        """The values of all facts of one kind, in the order said."""
        return [fact.value for fact in self.facts if fact.entity == entity]

    def value(self, entity: str) -> Any:
        """The last value said of one kind, or None: who corrects himself is right at the end."""
        return next(iter(reversed(self.values(entity))), None)

    @cached_property
    def other_action_ran(self) -> bool:
        """Whether a rule has answered this message already, so that a form only returns."""
        form = self.tracker.active_loop_name
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and event["name"] not in {form, *_FORM_EVENTS}:
                return True
        return False

    @property
    def said_again(self) -> bool:
        """Whether the message before had the very same words."""
        said = [e.get("text") for e in self.tracker.events if e.get("event") == "user"]
        return len(said) > 1 and said[-1] == said[-2]

    async def call(self, operation: str, dry_run: bool = False, **arguments: Any) -> Answer:
        """Call the API as this person; a file that an argument stands for goes with the call."""
        named = next((name for name, value in arguments.items() if referred(value)), None)
        if named is None:
            return await licensing_api().call(operation, arguments, self.caller, dry_run=dry_run)
        file = await self._file(arguments.pop(named))
        if file.body.get("text") is None:
            why = str(file.body.get("problem") or file.body.get("detail") or "")
            return Answer(422, {"errors": [{"field": named, "code": "file", "message": why}]})
        upload = Upload(file.body["filename"], "text/csv", file.body["text"].encode())
        return await licensing_api().call(
            operation, arguments, self.caller, dry_run=dry_run, upload=upload
        )

    async def _file(self, value: str) -> Answer:
        """The file of this conversation that a slot's value stands for."""
        file_id, _ = referred(value) or ("", "")
        where = {"conversation_id": self.tracker.sender_id, "file_id": file_id}
        return await licensing_api().call("read_file", where, self.caller)

    def reply(self, text: str = "", **parts: Any) -> None:
        """Send one reply; `parts` are buttons, ask, card, sources, case, propose. Empty ones go."""
        custom = {"text": text, **parts}
        self._dispatcher.utter_message(
            json_message={key: value for key, value in custom.items() if value}
        )


def payload(intent: str, **facts: Any) -> str:
    """What a button sends: an intent with facts."""
    return f"/{intent}{json.dumps(facts, separators=(',', ':')) if facts else ''}"


def button(title: str, intent: str, **facts: Any) -> Button:
    """A button that sends an intent."""
    return {"title": title, "payload": payload(intent, **facts)}
