"""A form in a conversation without Rasa: its tracker is kept here, the API is a stand-in.

The operations are the real API's; the stand-in checks a body with the same models.
"""

from functools import cache
from typing import Any, cast

from fastapi import FastAPI
from pydantic import BaseModel, ValidationError
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import Dialogue
from assistant.nlu.spans import find_spans
from assistant.nlu.topics import topic_spans, unknown_portal
from backend.app import api_router
from backend.cases.schemas import OpenCase
from backend.core.client import Answer, Caller, Operation, operations_of
from backend.training.schemas import CreateTrainingEngagement

BODIES: dict[str, type[BaseModel]] = {
    "create_training_engagement": CreateTrainingEngagement,
    "open_case": OpenCase,
}


@cache
def _operations() -> dict[str, Operation]:
    app = FastAPI()
    app.include_router(api_router())
    return operations_of(app.openapi())


class StandInApi:
    """Operations of the real document; dry runs by the body models; scripted other answers."""

    def __init__(self) -> None:
        self.operations = _operations()
        self.answers: dict[str, Any] = {"get_me": {}}
        self.calls: list[tuple[str, dict[str, Any], Caller]] = []

    async def call(
        self,
        operation_id: str,
        arguments: dict[str, Any],
        caller: Caller,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Answer:
        assert dry_run or not self.operations[operation_id].writes, "actions never write"
        self.calls.append((operation_id, arguments, caller))
        if operation_id in self.answers:
            answer = self.answers[operation_id]
            return answer if isinstance(answer, Answer) else Answer(200, answer)
        return self._checked(operation_id, arguments)

    def _checked(self, operation_id: str, arguments: dict[str, Any]) -> Answer:
        model = BODIES.get(operation_id)
        if model is None:
            return Answer(200, {"items": []})
        try:
            body = model.model_validate(arguments)
        except ValidationError as exc:
            return Answer(
                422,
                {
                    "errors": [
                        {
                            "field": ".".join(map(str, e["loc"])),
                            "code": e["type"],
                            "message": e["msg"],
                        }
                        for e in exc.errors()
                    ]
                },
            )
        if isinstance(body, OpenCase) and body.severity <= 2 and not body.phone:
            return Answer(
                422,
                {"errors": [{"field": "phone", "code": "missing", "message": "phone is missing"}]},
            )
        return Answer(200, {})


class Talk:
    """One person filling in one form."""

    def __init__(self, form: Dialogue, api: StandInApi, **metadata: Any) -> None:
        self.form, self.api = form, api
        self.metadata = {"person": "nadia@northwind.example", **metadata}
        self.slots: dict[str, Any] = {}
        self.active: str | None = form.form
        self.follow_up: str | None = None

    async def say(
        self,
        text: str,
        intent: str = "inform",
        confidence: float = 0.95,
        after: str = "",
        **named: Any,
    ) -> list[dict[str, Any]]:
        """Say something that was understood as `intent`; the replies.

        `named` are facts of look-up tables (portal, kind …); dates and numbers are found here.
        `after`: an action that a rule ran before the form got its turn.
        """
        spans = find_spans(text)
        spans += topic_spans(text, spans)
        unknown = None if "portal" in named else unknown_portal(text, spans)
        entities = [
            {"entity": s.entity, "value": s.value, "start": s.start, "end": s.end}
            for s in [*spans, *([unknown] if unknown else [])]
        ] + [{"entity": name, "value": value} for name, value in named.items()]
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
            "metadata": self.metadata,
        }
        events: list[dict[str, Any]] = [{"event": "user", **message}]
        if after:
            events.append({"event": "action", "name": after})
        events.append({"event": "action", "name": self.form.form})
        tracker = Tracker(
            "conversation",
            dict(self.slots),
            message,
            events,
            False,
            None,
            {"name": self.active} if self.active else {},
            "action_listen",
        )
        dispatcher = CollectingDispatcher()
        returned = await self.form.run(dispatcher, tracker, {})
        self.returned = returned
        self.follow_up = None
        for event in returned:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "followup":
                self.follow_up = event["name"]
        return [cast("dict[str, Any]", said["custom"]) for said in dispatcher.messages]

    async def press(self, slot: str, value: str) -> list[dict[str, Any]]:
        """Press an option."""
        return await self.say("/answer", "answer", 1.0, slot=slot, value=value)

    @property
    def asked(self) -> str | None:
        """What is asked for now."""
        return cast("str | None", self.slots.get("requested_slot"))
