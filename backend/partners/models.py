"""Who handles a partner's orders after booking."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime


class OrderFulfillmentManager(SQLModel, table=True):
    """A person of a partner who sees and assigns the orders that the partner sold."""

    __tablename__ = "order_fulfillment_manager"

    partner_domain: str = Field(foreign_key="organization.domain", primary_key=True, max_length=253)
    person: str = Field(foreign_key="person.id", primary_key=True, max_length=254, index=True)
    granted_by: str | None = Field(default=None, foreign_key="person.id", max_length=254)
    granted_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
