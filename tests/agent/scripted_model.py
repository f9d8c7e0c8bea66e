"""A scripted OpenAI-compatible server: the real protocol, the answers told beforehand.

A script is a function of the request (a dict as the client sent it) that returns what the model
says next: `text("…")`, `call("open_case", {…})`, several calls, or a fault of the wire. The
server runs on a port of its own, streams or not as it is asked, and keeps every request.
"""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from assistant.cli.children import free_port

SILENCE_SECONDS = 3600


@dataclass
class Says:
    """What the model answers: words, calls, and how the wire behaves."""

    text: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    cut_after: int | None = None
    silent: bool = False
    garbage: bool = False
    finish: str | None = None


def text(words: str) -> Says:
    """Words."""
    return Says(text=words)


def call(name: str, arguments: dict[str, Any] | str, words: str = "") -> Says:
    """A call of one tool; a string is sent as it is, valid JSON or not."""
    sent = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Says(text=words, calls=[(name, sent)])


def calls(*several: tuple[str, dict[str, Any]], words: str = "") -> Says:
    """Several calls in one step."""
    return Says(text=words, calls=[(name, json.dumps(given)) for name, given in several])


Script = Callable[[dict[str, Any]], Says]


class ScriptedModel:
    """The server. Set `script`; read `requests`."""

    def __init__(self) -> None:
        self.script: Script = lambda _: text("Hello.")
        self.requests: list[dict[str, Any]] = []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=self.port, log_level="critical",
            timeout_graceful_shutdown=1, lifespan="off",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.force_exit = True
        self._server.should_exit = True
        self._thread.join(5)

    def steps(self, *several: Says) -> None:
        """Answer these one after the other, the last one for ever."""
        left = list(several)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/chat/completions")
        async def complete(request: Request) -> Response:
            body = await request.json()
            self.requests.append(body)
            said = self.script(body)
            if said.status != 200:
                return JSONResponse({"error": {"message": "scripted"}}, said.status)
            if said.silent:
                await asyncio.sleep(SILENCE_SECONDS)
            if said.garbage:
                return Response("<html>not json</html>", media_type="application/json")
            if body.get("stream"):
                return StreamingResponse(_stream(said), media_type="text/event-stream")
            return JSONResponse(_whole(said))

        return app


def _finish(said: Says) -> str:
    return said.finish or ("tool_calls" if said.calls else "stop")


def _tool_calls(said: Says) -> list[dict[str, Any]]:
    return [
        {
            "index": index, "id": f"call_{uuid.uuid4().hex[:8]}", "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for index, (name, arguments) in enumerate(said.calls)
    ]  # fmt: skip


def _whole(said: Says) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.calls:
        message["tool_calls"] = _tool_calls(said)
    return {
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(said)}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }  # fmt: skip


async def _stream(said: Says) -> AsyncIterator[str]:
    words = [w for w in said.text.split(" ") if w]
    for number, word in enumerate(words):
        if said.cut_after is not None and number >= said.cut_after:
            return
        yield _chunk({"role": "assistant", "content": word + " "})
    if said.cut_after is not None:
        return
    for made in _tool_calls(said):
        yield _chunk({"tool_calls": [made]})
    yield _chunk({}, finish=_finish(said))
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    yield _data({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0,
                 "model": "scripted", "choices": [], "usage": usage})  # fmt: skip
    yield "data: [DONE]\n\n"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    return _data({
        "id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    })  # fmt: skip


def _data(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body)}\n\n"
