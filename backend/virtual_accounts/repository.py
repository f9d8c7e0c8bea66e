"""Queries about virtual accounts. Lists start from what the person may see."""

from collections.abc import Collection
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.core.pagination import decode, encode
from backend.virtual_accounts.models import VirtualAccount
from backend.virtual_accounts.names import key_of

_ESCAPE = "\\"


def visible(
    smart_account_id: int, reach: Collection[str] | None, q: str | None
) -> SelectOfScalar[VirtualAccount]:
    """Those of an account, only these ids (None: all), only with these words in name or tags."""
    statement = select(VirtualAccount).where(
        col(VirtualAccount.smart_account_id) == smart_account_id
    )
    if reach is not None:
        statement = statement.where(col(VirtualAccount.id).in_(reach))
    if q:
        statement = statement.where(contains(col(VirtualAccount.words), key_of(q)))
    return statement


def contains(column: Any, text: str) -> Any:
    """Whether the column holds this text anywhere; `%` and `_` mean themselves."""
    escaped = "".join(_ESCAPE + c if c in "%_\\" else c for c in text)
    return column.like(f"%{escaped}%", escape=_ESCAPE)


async def page(
    session: AsyncSession, statement: SelectOfScalar[VirtualAccount], cursor: str | None,
    limit: int,
) -> tuple[list[VirtualAccount], str | None]:  # fmt: skip
    """By name, from the cursor on; and the next cursor."""
    if cursor:
        [last] = decode(cursor, (str,))
        statement = statement.where(col(VirtualAccount.key) > last)
    found = await session.exec(statement.order_by(col(VirtualAccount.key)).limit(limit + 1))
    rows = list(found.all())
    following = encode([rows[limit - 1].key]) if len(rows) > limit else None
    return rows[:limit], following


async def default_of(session: AsyncSession, smart_account_id: int) -> VirtualAccount | None:
    """The one that takes orders which name none."""
    found = await session.exec(
        select(VirtualAccount).where(
            col(VirtualAccount.smart_account_id) == smart_account_id,
            col(VirtualAccount.is_default),
        )
    )
    return found.one_or_none()
