"""Who may tell us of orders: Commerce, with a token of its own; and how much at once."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.security import HTTPBearer

from backend.core.problems import Problem
from backend.core.settings import settings
from backend.core.unit_of_work import UnitOfWorkRoute

LARGEST_MESSAGE = 1024 * 1024
commerce_token = HTTPBearer(
    auto_error=False, scheme_name="CommerceToken",
    description="COMMERCE_TOKEN: what Commerce shows; no person's token will do",
)  # fmt: skip


class FeedRoute(UnitOfWorkRoute):
    """Looks at the token before anything is read, and reads no more than a message may have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the transaction's handler: who is refused begins none."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            _require_token(request)
            await _read(request)
            return await endpoint(request)

        return handle


def _require_token(request: Request) -> None:
    """401 without the very token; in a time that tells nothing of how near it was."""
    configured = settings().commerce_token
    wanted = configured.get_secret_value() if configured else ""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(shown.strip().encode(), wanted.encode())
    if not (wanted and same and scheme.lower() == "bearer"):
        raise Problem(
            401, "commerce-token", "Only Commerce can do this",
            "There is no valid token of Commerce with this request.",
            "Send COMMERCE_TOKEN as a bearer token; a person’s token is none.",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip


async def _read(request: Request) -> None:
    """413 as soon as it is too much, whatever length was announced."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > LARGEST_MESSAGE:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_MESSAGE:
            raise _too_large()
    # Where Starlette keeps a body that was read: whoever reads it next finds it there.
    request._body = bytes(body)


def _too_large() -> Problem:
    return Problem(
        413, "too-large", "Too large",
        f"A message about an order has at most {LARGEST_MESSAGE:,} bytes.",
        "Leave out what is not part of the format; an order has at most 500 lines.",
    )  # fmt: skip
