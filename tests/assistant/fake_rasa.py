"""Rasa as the assistant sees it: our channel's protocol on a port, with answers from the test.

Only understanding is faked. The secret, the HTTP, the answers' form and what goes wrong on a
network are real.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from backend.core.settings import settings

Turn = dict[str, Any]
SILENCE_SECONDS = 2.0


class FakeRasa:
    """What it was asked (`turns`), what it answers (`answers`), and whether it is well: for all
    (`status`), or for each message (`fails`: "silence", "an empty answer", "an error").
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.answers: Callable[[Turn], Any] = echo
        self.status = 200
        self.fails: Callable[[Turn], str | None] = lambda _: None
        self.intent = ""
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()

    def reset(self) -> None:
        """As it was at first."""
        self.__init__()  # type: ignore[misc]

    def says(self, *customs: Turn) -> None:
        """Answer every message with these."""
        self.answers = lambda _: answer(*customs)

    def understands(self, intent: str) -> None:
        """Whatever is said, understand this by it."""
        self.intent = intent

    def proposes(self, operation: str, **arguments: Any) -> None:
        """Answer every message with a write to confirm."""
        self.says({"propose": {"operation": operation, "arguments": arguments}})

    def hold(self) -> None:
        """Answer nothing until `go_on`; `arrived` is set when a message is here."""
        self.gate.clear()
        self.arrived.clear()

    def go_on(self) -> None:
        """Answer."""
        self.gate.set()


def answer(*customs: Turn, intent: str = "inform") -> Turn:
    """An answer of our channel, with the why that comes with it."""
    named = {"name": intent, "confidence": 0.97}
    return {
        "messages": [{"custom": custom} for custom in customs], "intent": named,
        "ranking": [named, {"name": "other", "confidence": 0.02}], "entities": [],
        "active_form": None, "requested_slot": None, "slots": {},
    }  # fmt: skip


def echo(turn: Turn) -> Turn:
    """Say back what was said."""
    return answer({"text": f"You said {turn.get('text') or turn.get('payload')}"})


def channel(rasa: FakeRasa) -> FastAPI:
    """The application that speaks the protocol."""
    app = FastAPI()

    @app.get("/")
    async def alive() -> Response:
        return Response("Hello from Rasa", status_code=rasa.status)

    @app.post("/webhooks/ask_licensing/webhook")
    async def webhook(request: Request) -> Response:
        if request.headers.get("X-Rasa-Secret") != settings().rasa_secret.get_secret_value():
            return Response(status_code=401)
        turn = await request.json()
        rasa.turns.append(turn)
        rasa.arrived.set()
        await rasa.gate.wait()
        failure = rasa.fails(turn)
        if failure == "silence":
            await asyncio.sleep(SILENCE_SECONDS)
        if failure == "an empty answer":
            return JSONResponse(answer())
        if rasa.status != 200 or failure:
            return Response("broken", status_code=max(rasa.status, 500))
        told = rasa.answers(turn)
        if rasa.intent:
            told["intent"] = {"name": rasa.intent, "confidence": 0.97}
        return JSONResponse(told)

    return app
