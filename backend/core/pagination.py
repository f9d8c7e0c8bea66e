"""Keyset pages: an opaque cursor names the last row, so new rows never shift a page."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.core.problems import Problem

Row = TypeVar("Row")
Item = TypeVar("Item")

CursorQuery = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
LimitQuery = Annotated[int, Query(ge=1, le=200, description="How many at most, 1 to 200")]


class Page(BaseModel, Generic[Item]):
    """A page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None = None


def encode(values: Sequence[Any]) -> str:
    """An opaque, URL-safe cursor for the row with these key values."""
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Read a cursor back; raises a 422 `Problem` for anything that we did not make."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(kinds):
            raise ValueError(cursor)
        return [
            _moment(v) if kind is datetime else kind(v) for v, kind in zip(raw, kinds, strict=True)
        ]
    except (ValueError, TypeError, OverflowError, binascii.Error) as exc:
        raise Problem(
            422,
            "cursor",
            "This cursor is none of ours",
            "It can’t be read.",
            "Take `next` of an earlier answer, or leave it out to start at the beginning.",
        ) from exc


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


async def newest_first(
    session: AsyncSession,
    statement: SelectOfScalar[Row],
    at: Any,
    key: Any,
    cursor: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """Run `statement` newest first by (`at`, `key`), from `cursor`; rows and the next cursor."""
    if cursor:
        moment, last = decode(cursor, (datetime, str))
        statement = statement.where(tuple_(at, key) < tuple_(moment, last))
    rows = list(
        (await session.exec(statement.order_by(at.desc(), key.desc()).limit(limit + 1))).all()
    )
    more = len(rows) > limit
    rows = rows[:limit]
    following = encode((getattr(rows[-1], at.key), getattr(rows[-1], key.key))) if more else None
    return rows, following
