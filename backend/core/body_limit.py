"""Bodies are read into memory before they are checked, so they may only be so large."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The largest file that may be attached has 10 MB; its form adds little.
LARGEST_BODY = 12 * 1024 * 1024


class BodyLimit:
    """Refuses the rest of a body that is too large (413), whatever length it announced."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in; the endpoint that reads it meets the refusal."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(413, f"A request has at most {self._largest:,} bytes.")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
