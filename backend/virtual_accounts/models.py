"""Virtual accounts: the tree inside a Smart Account in which licences lie."""

from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlmodel import Field, SQLModel

from backend.core.ids import new_id
from backend.virtual_accounts.names import LONGEST_KEY, key_of


class VirtualAccount(SQLModel, table=True):
    """One node of the tree; exactly one an account is the default.

    A parent is of the same account, which the database holds; that there is no cycle and that the
    tree is not too deep, `service` checks while it has the account to itself.
    """

    __tablename__ = "virtual_account"
    __table_args__ = (
        UniqueConstraint("smart_account_id", "key"),
        UniqueConstraint("smart_account_id", "id"),
        ForeignKeyConstraint(
            ["smart_account_id", "parent_id"],
            ["virtual_account.smart_account_id", "virtual_account.id"],
        ),
        CheckConstraint("parent_id <> id", name="ck_virtual_account_not_its_own_parent"),
        CheckConstraint(
            "access_level IN ('unrestricted', 'restricted')",
            name="ck_virtual_account_access_level",
        ),
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
    parent_id: str | None = Field(default=None, max_length=32, index=True)
    name: str = Field(max_length=80)
    key: str = Field(
        default="", max_length=LONGEST_KEY, description="`key_of` the name: unique in the account"
    )
    words: str = Field(
        default="", sa_type=Text, description="Name and tags, folded: what a search looks through"
    )
    description: str = Field(default="", max_length=500)
    access_level: str = Field(default="unrestricted", max_length=20)
    is_default: bool = False
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    location: str | None = Field(default=None, max_length=120)


@event.listens_for(VirtualAccount, "before_insert")
@event.listens_for(VirtualAccount, "before_update")
def _fold(_mapper: Any, _connection: Any, row: VirtualAccount) -> None:
    """Whoever writes a virtual account need not know how its name is compared and searched."""
    row.key = key_of(row.name)
    row.words = "\n".join(key_of(word) for word in (row.name, *row.tags))
