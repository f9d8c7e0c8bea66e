"""What proves that an address is somebody's."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id


class EmailCode(SQLModel, table=True):
    """A code that was mailed to an address which a person says is theirs.

    The code itself is nowhere: it is computed from the row's id with the server's secret.
    """

    __tablename__ = "email_code"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    person: str = Field(foreign_key="person.id", max_length=254, index=True)
    email: str = Field(max_length=254, index=True)
    sent_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime, index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
