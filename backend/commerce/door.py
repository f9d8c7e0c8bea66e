"""Who may tell us of orders: Commerce, with a token of its own; and how much at once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.security import HTTPBearer

from backend.core.machines import read_at_most, require_token
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
            require_token(request, settings().commerce_token, of="Commerce", named="COMMERCE_TOKEN")
            await read_at_most(
                request, LARGEST_MESSAGE, what="A message about an order",
                hint="Leave out what is not part of the format; an order has at most 500 lines.",
            )  # fmt: skip
            return await endpoint(request)

        return handle
