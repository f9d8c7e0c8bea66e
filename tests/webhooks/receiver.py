"""A real receiver on a port: verifies what comes in with the specification's own library."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Behaviour = Callable[[dict[str, Any]], Awaitable[Response]]


@dataclass
class Receiver:
    """`got` are the verified messages; `script` are answers to give before all is well."""

    address: str = ""
    secrets: list[str] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    script: list[Response] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    slow: float = 0
    gate: asyncio.Event | None = None
    behaviour: Behaviour | None = None
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        finally:
            self.at_once -= 1

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        self.headers.append(headers)
        self.tried.append(headers["webhook-id"])
        if not any(_verifies(secret, body, headers) for secret in self.secrets):
            self.refused.append(headers["webhook-id"])
            return PlainTextResponse("This signature is wrong.", 401)
        await asyncio.sleep(self.slow)
        if self.gate:
            await self.gate.wait()
        if self.script:
            return self.script.pop(0)
        message = json.loads(body) | {"id": headers["webhook-id"]}
        self.got.append(message)
        return await self.behaviour(message) if self.behaviour else PlainTextResponse("Thanks.")

    @property
    def types(self) -> list[str]:
        """What the messages were about, as they came."""
        return [one["type"] for one in self.got]


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True
