"""What the demo remembers about itself."""

from sqlmodel import Field, SQLModel


class DemoClock(SQLModel, table=True):
    """How far the demo has moved the product's clock ahead; one row."""

    __tablename__ = "demo_clock"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seconds_ahead: float = 0
