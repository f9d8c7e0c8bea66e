"""The call by which Commerce tells of orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Security

from backend.commerce import feed
from backend.commerce.door import FeedRoute, commerce_token
from backend.commerce.schemas import CommerceAnswer, CommerceOrder
from backend.core.problems import RESPONSES
from backend.core.unit_of_work import SessionDep

router = APIRouter(tags=["commerce"], route_class=FeedRoute, responses=RESPONSES)
Number = Annotated[
    str, Path(pattern=r"^[0-9]{4,20}$", description="The sales order number: 4 to 20 digits")
]


@router.put(
    "/commerce/orders/{order_number}", operation_id="put_commerce_order",
    dependencies=[Security(commerce_token)],
)  # fmt: skip
async def put_commerce_order(
    order_number: Number, body: CommerceOrder, session: SessionDep
) -> CommerceAnswer:
    """Tell all that Commerce knows of an order. A newer version replaces what an older one said;
    messages may come in any order and more than once. For Commerce, with a token of its own.
    """
    return await feed.put(session, order_number, body)
