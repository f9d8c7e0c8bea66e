"""What calls about a partner's people take and answer."""

from datetime import datetime

from pydantic import BaseModel, Field

from backend.core.fields import Body, Email
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt


class GrantOrderFulfillmentManager(Body):
    """Who is to see and assign the orders that the partner sold."""

    email: Email = Field(description="E-mail address of a person of the partner")


class OrderFulfillmentManagerPublic(BaseModel):
    """Somebody who sees and assigns a partner's orders after booking."""

    partner: str = Field(description="The partner's domain")
    person: PersonRef
    granted_by: PersonRef | None
    granted_at: datetime


class OrderFulfillmentManagerAnswer(OrderFulfillmentManagerPublic):
    """The manager after a write, with what was done."""

    receipt: Receipt
