"""Work of the desk: the words by which cases and talks are found, saved views, how agents work.

Revision: 0010, after 0009
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
SHARED = sa.text("shared")
INDEXES = {"case_words": "words_of_cases", "message_words": "words_of_messages"}
AT_ONCE = 1000


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_index("case_by_queue")
        batch_op.create_index("case_by_queue", ["queue", "status", "created_at", "number"])
        batch_op.create_index("case_by_assignee", ["assignee", "status"])
    _views()
    _words(
        "case_words",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        of="support_case.number",
    )
    _words(
        "message_words",
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        of="conversation.id",
    )
    _index_cases()
    _index_messages()


def _views() -> None:
    op.create_table(
        "desk_view",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["person.id"], name=op.f("fk_desk_view_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_view")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_desk_view_owner_key")),
    )
    with op.batch_alter_table("desk_view", schema=None) as batch_op:
        batch_op.create_index(
            "shared_view", ["key"], unique=True, sqlite_where=SHARED, postgresql_where=SHARED
        )
    op.create_table(
        "desk_agent",
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("takes_cases", sa.Boolean(), nullable=False),
        sa.Column("away_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("default_view", sa.String(length=32), nullable=True),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_desk_agent_person")),
        sa.ForeignKeyConstraint(
            ["default_view"],
            ["desk_view.id"],
            name=op.f("fk_desk_agent_default_view"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_desk_agent")),
    )


def _words(name: str, subject: sa.Column[Any], part: sa.Column[Any], *, of: str) -> None:
    words = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", words, nullable=False),
        subject,
        part,
        sa.ForeignKeyConstraint(
            [subject.name], [of], name=op.f(f"fk_{name}_{subject.name}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(
            subject.name, part.name, name=op.f(f"uq_{name}_{subject.name}_{part.name}")
        ),
    )
    with op.batch_alter_table(name, schema=None) as batch_op:
        batch_op.create_index(
            INDEXES[name], ["words"], postgresql_using="gin", sqlite_where=sa.text("0")
        )
    if op.get_bind().dialect.name == "sqlite":
        _follow(name)


def _follow(name: str) -> None:
    """An FTS5 table whose content is `name`. The texts come in as words with blanks between them,
    folded already: `ascii` parts them there and nowhere else.
    """
    into = f"INSERT INTO {name}_index"
    forget = f"{into}({name}_index, rowid, words) VALUES ('delete', old.id, old.words);"
    learn = f"{into}(rowid, words) VALUES (new.id, new.words);"
    op.execute(
        f"CREATE VIRTUAL TABLE {name}_index USING fts5"
        f"(words, content='{name}', content_rowid='id', tokenize='ascii', detail='none')"
    )
    op.execute(f"CREATE TRIGGER {name}_in AFTER INSERT ON {name} BEGIN {learn} END")
    op.execute(f"CREATE TRIGGER {name}_out AFTER DELETE ON {name} BEGIN {forget} END")
    op.execute(f"CREATE TRIGGER {name}_anew AFTER UPDATE ON {name} BEGIN {forget} {learn} END")


def _index_cases() -> None:
    """The words of the cases that there are, written out again so that the migration never
    depends on later code.
    """
    connection = op.get_bind()
    said: dict[str, list[tuple[bool, str]]] = {}
    for number, internal, told in connection.execute(
        sa.text("SELECT case_number, internal, text FROM case_entry ORDER BY at, id")
    ):
        said.setdefault(number, []).append((bool(internal), told))
    heads = connection.execute(
        sa.text(
            "SELECT c.number, c.title, c.description, c.order_number, p.name, p.email,"
            " a.domain, a.name FROM support_case c JOIN person p ON p.id = c.requester"
            " LEFT JOIN smart_account a ON a.id = c.smart_account_id"
        )
    ).all()
    rows = []
    for number, *told in heads:
        public = [number, *told, *(text for internal, text in said.get(number, []) if not internal)]
        inside = [text for internal, text in said.get(number, []) if internal and text]
        rows.append({"subject": number, "part": False, "words": _words_of(public)})
        if inside:
            rows.append({"subject": number, "part": True, "words": _words_of(public + inside)})
    _keep("case_words", "case_number", "internal", rows)


def _index_messages() -> None:
    connection = op.get_bind()
    people = connection.execute(
        sa.text("SELECT c.id, p.name, p.email FROM conversation c JOIN person p ON p.id = c.person")
    )
    rows = [{"subject": i, "part": 0, "words": _words_of(told)} for i, *told in people]
    said = connection.execute(
        sa.text(
            "SELECT conversation_id, seq, text FROM message WHERE role IN ('user', 'person')"
            " OR (role = 'bot' AND in_reply_to IS NOT NULL)"
        )
    )
    rows += [{"subject": i, "part": seq, "words": _words_of([told])} for i, seq, told in said]
    _keep("message_words", "conversation_id", "seq", rows)


def _keep(name: str, subject: str, part: str, rows: list[dict[str, Any]]) -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    words = "array_to_tsvector(CAST(:words AS text[]))" if on_postgresql else ":words"
    statement = sa.text(
        f"INSERT INTO {name} ({subject}, {part}, words) VALUES (:subject, :part, {words})"  # noqa: S608
    )
    for row in rows:
        row["words"] = row["words"] if on_postgresql else " ".join(row["words"])
    for start in range(0, len(rows), AT_ONCE):
        op.get_bind().execute(statement, rows[start : start + AT_ONCE])


_CHARACTERS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WORD = re.compile(rf"[{_CHARACTERS}]|[^\W_{_CHARACTERS}]+")


def _words_of(texts: Iterable[str | None]) -> list[str]:
    found = []
    for told in texts:
        for match in _WORD.finditer(told or ""):
            plain = unicodedata.normalize("NFKD", match[0]).casefold()
            found.append("".join(c for c in plain if c.isalnum())[:64])
    return [word for word in dict.fromkeys(found) if word][:20_000]


def downgrade() -> None:
    """Take the change back."""
    for name in INDEXES:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {name}_index")
        op.drop_table(name)
    op.drop_table("desk_agent")
    op.drop_table("desk_view")
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_index("case_by_assignee")
        batch_op.drop_index("case_by_queue")
        batch_op.create_index("case_by_queue", ["queue", "status", "created_at"])
