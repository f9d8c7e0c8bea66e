"""Rasa's input channel for the assistant: one request, one whole turn, exactly once.

Rasa's own REST channel asks nobody who they are. This one wants a secret in a header, answers
with what was said *and* with what was understood, and gives the first answer again when a
message comes twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.nlu.wishes import two_wishes

# Rasa reads all events of a session in each turn: beyond this many, what is known moves to a
# new session, so that the 200th turn costs what the first did.
EVENTS_A_SESSION = 60
RANKED = 5
TITLE = 40  # characters of a wish on its button
# What a conversation was about also counts after a task: "and for Oslo?"
OUTLIVES = "recall"
NOT_FACTS = {"requested_slot", "form_memory", "session_started_metadata", OUTLIVES}


class AskLicensingChannel(InputChannel):
    """POST /webhooks/ask_licensing/webhook with `X-Rasa-Secret`.

    Body: {sender, message_id, text | payload, reset?, metadata?}. `text` is what a person
    wrote and never an intent; `payload` is "/intent{json}", of a button that we offered.
    Answer: {messages, intent, ranking, entities, active_form, requested_slot, slots}. No
    messages means that an action failed: then nothing of the turn was kept.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @classmethod
    def name(cls) -> str:
        """The channel's name, and its part of the address."""
        return "ask_licensing"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> AskLicensingChannel:
        """Read `secret` from credentials.yml; raises when it is missing or empty."""
        if not credentials or not credentials.get("secret"):
            cls.raise_missing_credentials_exception()
        return cls(str(credentials["secret"]))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's routes. Turns run on the agent itself, not through `on_new_message`."""
        routes = Blueprint("ask_licensing", "ask_licensing")

        @routes.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            given = request.headers.get("X-Rasa-Secret", "").encode()
            if not hmac.compare_digest(given, self._secret):
                return response.json({"error": "wrong or missing secret"}, status=401)
            message = _message(request.json)
            if isinstance(message, str):
                return response.json({"error": message}, status=422)
            agent: Agent = request.app.ctx.agent
            if not agent.is_ready():
                return response.json({"error": "no model is loaded"}, status=503)
            reset = bool(request.json.get("reset"))
            return response.json(await answer(agent, message, reset))

        return routes


def _message(body: Any) -> UserMessage | str:
    """The message of a request's body, or what is wrong with it."""
    if not isinstance(body, dict) or not body.get("sender") or not body.get("message_id"):
        return "sender and message_id are needed"
    if body.get("payload"):
        text = "/" + str(body["payload"]).lstrip("/")
    else:
        # A leading "/" would make Rasa read the words as an intent of the person's choice.
        text = str(body.get("text") or "").strip().lstrip("/ ").strip() or "?"
    metadata = body.get("metadata")
    return UserMessage(
        text,
        output_channel=CollectingOutputChannel(),
        sender_id=body["sender"],
        input_channel=AskLicensingChannel.name(),
        message_id=body["message_id"],
        metadata=metadata if isinstance(metadata, dict) else {},
    )


async def answer(agent: Agent, message: UserMessage, reset: bool) -> dict[str, Any]:
    """Run a turn and say what came of it; a message that was answered before runs no turn."""
    processor = agent.processor
    if processor is None:
        raise RuntimeError("the agent has no model")
    async with agent.lock_store.lock(message.sender_id, wait_time_in_seconds=0.1):
        tracker = await processor.fetch_tracker_and_update_session(
            message.sender_id, message.output_channel, message.metadata
        )
        if not _turn(tracker, message.message_id):
            if reset:
                begin_session(processor, tracker, keep=False)
            elif len(tracker.events) > EVENTS_A_SESSION:
                begin_session(processor, tracker, keep=True)
            await _run(processor, tracker, message)
            if _said(_turn(tracker, message.message_id)):
                await processor.save_tracker(tracker)
    return _report(tracker, message.message_id)


async def _run(
    processor: MessageProcessor, tracker: DialogueStateTracker, message: UserMessage
) -> None:
    """One turn on `tracker`, without saving it: the caller keeps all of it or nothing.

    Of two wishes, the first is the turn; the second is said to come next, with a button.
    """
    comes_next = await _comes_next(processor, tracker, message)
    await processor._handle_message_with_tracker(message, tracker)
    tracker.update_with_events(comes_next, processor.domain)
    await processor.run_action_extract_slots(message.output_channel, tracker)
    await processor._run_prediction_loop(message.output_channel, tracker)


async def _comes_next(
    processor: MessageProcessor, tracker: DialogueStateTracker, message: UserMessage
) -> list[Any]:
    """Leave the first of two wishes in `message`; the reply that announces the second."""

    async def parse(words: str) -> dict[str, Any]:
        return dict(await processor.parse_message(UserMessage(words), tracker=tracker))

    text = message.text or ""
    if text.startswith("/") or tracker.active_loop_name:  # in a form, words may be an answer
        return []
    wishes = await two_wishes(text, parse)
    if wishes is None:
        return []
    message.text = wishes.first
    said = processor.domain.responses["utter_next_wish"][0]
    reply = {
        "text": said["text"].format(wish=wishes.second),
        "buttons": [
            {
                "title": said["metadata"]["title"].format(wish=wishes.second[:TITLE]),
                "payload": wishes.payload,
            }
        ],
    }
    return [BotUttered(data={"custom": reply})]


def begin_session(
    processor: MessageProcessor, tracker: DialogueStateTracker, *, keep: bool
) -> None:
    """Start a session on `tracker`: empty but for what outlives a task, or (`keep`) with all that
    is known and asked.
    """
    known: list[Any] = [
        SlotSet(name, value)
        for name, value in tracker.current_slot_values().items()
        if value is not None and (keep or name == OUTLIVES)
    ]
    if keep and tracker.active_loop_name:
        known.append(ActiveLoop(tracker.active_loop_name))
    events = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        *known,
        ActionExecuted("action_listen"),
    ]
    tracker.update_with_events(events, processor.domain)


def _turn(tracker: DialogueStateTracker, message_id: str) -> list[Any]:
    """The events of one message's turn, the person's words first; empty if there was none."""
    turn: list[Any] = []
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if turn:
                return turn
            if event.message_id == message_id:
                turn = [event]
        elif turn:
            turn.append(event)
    return turn


def _said(turn: list[Any]) -> list[dict[str, Any]]:
    """The bot's messages of a turn, as `{text?, buttons?, custom?}`."""
    messages = []
    for event in turn:
        if isinstance(event, BotUttered):
            parts = {"text": event.text, **event.data}
            kept = {key: parts.get(key) for key in ("text", "buttons", "custom")}
            messages.append({key: value for key, value in kept.items() if value})
    return [message for message in messages if message]


def _report(tracker: DialogueStateTracker, message_id: str) -> dict[str, Any]:
    turn = _turn(tracker, message_id)
    understood = turn[0].parse_data if turn else {}
    return {
        "messages": _said(turn),
        "intent": understood.get("intent") or {},
        "ranking": (understood.get("intent_ranking") or [])[:RANKED],
        "entities": understood.get("entities") or [],
        "active_form": tracker.active_loop_name,
        "requested_slot": tracker.get_slot("requested_slot"),
        "slots": {
            name: value
            for name, value in tracker.current_slot_values().items()
            if value is not None and name not in NOT_FACTS
        },
    }
