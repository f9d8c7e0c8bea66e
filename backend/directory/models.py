"""The words by which a Smart Account is found."""

from typing import Any

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Integer, String, event
from sqlalchemy.orm import Mapper
from sqlmodel import Field, SQLModel

from backend.accounts.models import SmartAccount
from backend.directory.words import LONGEST_WORD, whole_names, words_of

# Compared letter by letter on both databases, so that what begins alike lies side by side.
_WORD = String(LONGEST_WORD).with_variant(String(LONGEST_WORD, collation="C"), "postgresql")


class SmartAccountWord(SQLModel, table=True):
    """A word of an account's name or domain, folded; `whole` marks the whole name and domain.

    A search for the beginning of a word reads one stretch of the index, however many accounts
    there are. Nobody writes these rows: they follow from the account.
    """

    __tablename__ = "smart_account_word"

    word: str = Field(sa_column=Column(_WORD, primary_key=True))
    smart_account_id: int = Field(
        sa_column=Column(
            Integer, ForeignKey("smart_account.id", ondelete="CASCADE"), primary_key=True,
            index=True,
        )
    )  # fmt: skip
    whole: bool = Field(default=False, sa_column=Column(Boolean, nullable=False))


def word_rows(account_id: int, name: str, domain: str) -> list[dict[str, Any]]:
    """The rows by which an account with this name and domain is found."""
    whole = whole_names(name, domain)
    return [
        {"word": word, "smart_account_id": account_id, "whole": word in whole}
        for word in sorted(words_of(name, domain) | whole)
    ]


@event.listens_for(SmartAccount, "after_insert")
@event.listens_for(SmartAccount, "after_update")
def _follow(_mapper: Mapper[Any], connection: Connection, account: SmartAccount) -> None:
    """Whoever writes an account need not know how it is searched."""
    table: Any = SQLModel.metadata.tables[SmartAccountWord.__tablename__]
    connection.execute(table.delete().where(table.c.smart_account_id == account.id))
    connection.execute(table.insert(), word_rows(account.id, account.name, account.domain))
