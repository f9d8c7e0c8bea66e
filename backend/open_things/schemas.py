"""What somebody has open, of whatever kind, in one shape."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal[
    "case", "access_request", "account_request", "approval_delegation", "order_delegation",
    "delayed_order", "access_request_to_decide", "account_request_to_decide",
]  # fmt: skip


class OpenThing(BaseModel):
    """Something that is not over."""

    kind: Kind
    reference: str = Field(description="Number, id or domain: what the calls about it take")
    text: str = Field(description="What it is, in a sentence")
    status: str
    since: datetime
    smart_account: str | None = None


class OpenThings(BaseModel):
    """All of somebody’s open things, the oldest of each kind first."""

    items: list[OpenThing]
    counts: dict[Kind, int] = Field(description="How many of each kind are listed")
    more: list[Kind] = Field(description="Kinds of which there are more than are listed")
