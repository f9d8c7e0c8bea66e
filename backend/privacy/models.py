"""What people ask of the data about them."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class Erasure(SQLModel, table=True):
    """A wish to have somebody's data erased: asked for, then confirmed within the hour."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    person: str = Field(max_length=254, index=True)
    asked_by: str = Field(max_length=254)
    asked_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
