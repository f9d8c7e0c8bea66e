"""Virtual accounts: the tree inside a Smart Account in which licences lie."""

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.ids import new_id


class VirtualAccount(SQLModel, table=True):
    """One node of the tree; exactly one an account is the default."""

    __tablename__ = "virtual_account"
    __table_args__ = (
        UniqueConstraint("smart_account_id", "key"),
        Index(
            "one_default_virtual_account",
            "smart_account_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id", index=True)
    parent_id: str | None = Field(default=None, foreign_key="virtual_account.id", max_length=32)
    name: str = Field(max_length=80)
    key: str = Field(max_length=80, description="The name, case folded: unique in the account")
    description: str = Field(default="", max_length=500)
    access_level: str = Field(default="unrestricted", max_length=20)
    is_default: bool = False
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    location: str | None = Field(default=None, max_length=120)
