"""Talking with people: availability, waiting, whispers.

Revision: 0014, after 0013
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("moves", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch_op.add_column(
            sa.Column("agent_seen", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch_op.add_column(sa.Column("settled", sa.JSON(), nullable=True))
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.alter_column("moves", server_default=None, existing_type=sa.Integer())
        batch_op.alter_column("agent_seen", server_default=None, existing_type=sa.Integer())
    op.create_table(
        "handover",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("agent", sa.String(length=254), nullable=True),
        sa.Column("begins_after", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", sa.String(length=20), nullable=True),
        sa.Column("settled", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_handover_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index("handovers_taken", ["taken_at"])
        batch_op.create_index(batch_op.f("ix_handover_conversation_id"), ["conversation_id"])
        batch_op.create_index(
            "open_handover",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table(
        "desk_presence",
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_desk_presence_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_desk_presence")),
    )
    op.create_table(
        "whisper",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=254), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_whisper_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whisper")),
    )
    with op.batch_alter_table("whisper", schema=None) as batch_op:
        batch_op.create_index("whispers_of_a_chat", ["conversation_id", "at"])
    # Chats that an agent has now go on as hand-overs of theirs.
    op.execute(
        "INSERT INTO handover"
        " (id, conversation_id, reason, agent, begins_after, asked_at, taken_at)"
        " SELECT substr(id, 1, 32), id, coalesce(reason, 'taken_over'), agent, last_seq,"
        " updated_at, updated_at FROM conversation WHERE status = 'person'"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("whisper")
    op.drop_table("desk_presence")
    op.drop_table("handover")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("settled")
        batch_op.drop_column("agent_seen")
        batch_op.drop_column("moves")
