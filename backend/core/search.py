"""Words in texts, found by index on both databases: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

Texts are taken apart here, the same way for what is stored and for what is asked, so that both
databases find the same and nothing that somebody types is an operator of theirs. Whoever has a
text that is to be found keeps a table of `SearchWords` beside it.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, column, table, text
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

LONGEST_SEARCH = 200
# The beginning of a word must have so many letters to be looked for: less is in every text.
SHORTEST_BEGINNING = 2
_LONGEST_WORD, _MOST_WORDS = 64, 20_000
_SNIPPET_BEFORE, _SNIPPET_AFTER = 60, 140
# Chinese, Japanese and Korean have no spaces: each character counts as a word.
_CHARACTERS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WORD = re.compile(rf"[{_CHARACTERS}]|[^\W_{_CHARACTERS}]+")


class SearchWords(SQLModel):
    """The words of one text; a table of it has its own columns that say which text.

    On SQLite the table is the content of `‹name›_index`, an FTS5 table that triggers keep up to
    date.
    """

    id: int | None = Field(default=None, primary_key=True)
    words: Any = Field(sa_type=Text().with_variant(TSVECTOR(), "postgresql"))


def folded(word: str) -> str:
    """A word as it is compared: `Größe`, `GROSSE` and `grosse` are the same. Only letters and
    digits are left, none of which means anything to a database.
    """
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in plain if c.isalnum())[:_LONGEST_WORD]


def words_of(*texts: str | None) -> list[str]:
    """The different words of these texts, folded, in order."""
    found = (folded(match[0]) for told in texts if told for match in _WORD.finditer(told))
    return [word for word in dict.fromkeys(found) if word][:_MOST_WORDS]


@dataclass(frozen=True)
class Search:
    """What somebody looks for: texts that hold all these words, the last one as a beginning."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, q: str | None) -> "Search | None":
        """None for what asks for nothing; without any letter or digit it finds nothing."""
        return cls(tuple(words_of(q))) if q and q.strip() else None

    @property
    def beginning(self) -> str | None:
        """The last word, which need not be typed to its end."""
        last = self.words[-1] if self.words else ""
        return last if len(last) >= SHORTEST_BEGINNING else None

    @property
    def _tsquery(self) -> str:
        told = [f"'{word}'" for word in self.words]
        return " & ".join(told) + (":*" if self.beginning else "")

    @property
    def _fts5(self) -> str:
        told = [f'"{word}"' for word in self.words]
        return " AND ".join(told) + ("*" if self.beginning else "")

    def hits(self, model: type[SearchWords], session: AsyncSession) -> ColumnElement[bool]:
        """The condition that a row of this table holds the words, answered by its index."""
        if not self.words:
            return text("1 = 0")  # type: ignore[return-value]
        name = str(model.__tablename__)
        if session.get_bind().dialect.name == "postgresql":
            asked = cast(bindparam(None, self._tsquery), TSQUERY)
            return col(model.words).bool_op("@@")(asked)
        index = table(f"{name}_index", column("rowid"), column(f"{name}_index"))
        # The hidden column that is called like the table is the whole row.
        whole: Any = index.c[f"{name}_index"]
        return col(model.id).in_(columns(index.c.rowid).where(whole.match(self._fts5)))

    def is_hit(self, word: str) -> bool:
        """Whether this (folded) word of a text is one of those that are looked for."""
        begins = self.beginning is not None and word.startswith(self.beginning)
        return begins or word in self.words

    def snippet(self, *texts: str) -> str | None:
        """The stretch around the first hit as HTML with the hits in `<mark>`; all that people
        wrote is escaped. None if nothing of it is in these texts.
        """
        for told in texts:
            first = next((m for m in _WORD.finditer(told) if self.is_hit(folded(m[0]))), None)
            if first is not None:
                return self._marked(told, first.start())
        return None

    def _marked(self, told: str, at: int) -> str:
        begin, end = max(0, at - _SNIPPET_BEFORE), min(len(told), at + _SNIPPET_AFTER)
        if begin:
            begin = max(begin, told.find(" ", begin, at) + 1)
        if end < len(told):
            end = max(told.rfind(" ", at, end), at + 1) if " " in told[at:end] else end
        shown, done = [], begin
        for match in _WORD.finditer(told, begin, end):
            if self.is_hit(folded(match[0])):
                before = html.escape(told[done : match.start()])
                shown += [before, f"<mark>{html.escape(match[0])}</mark>"]
                done = match.end()
        shown.append(html.escape(told[done:end]))
        return ("… " if begin else "") + "".join(shown) + (" …" if end < len(told) else "")


def keep(
    connection: Connection,
    model: type[SearchWords],
    rows: Iterable[tuple[Mapping[str, Any], Sequence[str]]],
) -> None:
    """Store the words of texts; each row names its text, and replaces what was stored of it."""
    told = [
        {**place, "words": list(words) if _on_postgresql(connection) else " ".join(words)}
        for place, words in rows
    ]
    if told:
        names = tuple(name for name in told[0] if name != "words")
        connection.execute(
            text(_upsert(str(model.__tablename__), names, connection.dialect.name)), told
        )


def _on_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


@lru_cache
def _upsert(name: str, places: tuple[str, ...], dialect: str) -> str:
    """Names come from our models, never from people."""
    words = "array_to_tsvector(CAST(:words AS text[]))" if dialect == "postgresql" else ":words"
    values = ", ".join(f":{place}" for place in places)
    return (
        f"INSERT INTO {name} ({', '.join(places)}, words) VALUES ({values}, {words}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(places)}) DO UPDATE SET words = excluded.words"
    )
