"""Who may tell us of orders: Commerce, with a token of its own."""

from fastapi.security import HTTPBearer

from backend.core.machine_door import Machine, MachineRoute

LARGEST_MESSAGE = 1024 * 1024
commerce_token = HTTPBearer(
    auto_error=False, scheme_name="CommerceToken",
    description="COMMERCE_TOKEN: what Commerce shows; no person's token will do",
)  # fmt: skip


class FeedRoute(MachineRoute):
    """A call of Commerce."""

    machine = Machine(
        name="Commerce", setting="commerce_token", about="an order", largest=LARGEST_MESSAGE,
        advice="Leave out what is not part of the format; an order has at most 500 lines.",
    )  # fmt: skip
