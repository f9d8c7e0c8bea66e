"""What was said: satisfaction, the review inbox, privacy.

Revision: 0015, after 0014
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
ONE_OPINION = "uq_feedback_conversation_id_message_seq"
ONE_ITEM = "uq_review_item_conversation_id_message_seq"


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handed_off_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("handed_off_reason", sa.String(length=30), nullable=True))
        batch_op.add_column(
            sa.Column("rating_asked", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index("conversation_by_time", ["created_at", "portal"])
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("intent", sa.String(length=60), nullable=True))
        batch_op.create_index("message_by_time", ["at", "role", "engine", "intent"])
    _fill_in_what_is_known()
    _keep_the_newest_opinion()
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reasons", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.alter_column("reasons", server_default=None, existing_type=sa.JSON())
        batch_op.create_index(batch_op.f("ix_feedback_at"), ["at"])
        batch_op.create_index(
            "rating_of_conversation",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("message_seq IS NULL"),
            postgresql_where=sa.text("message_seq IS NULL"),
        )
        batch_op.create_unique_constraint(
            batch_op.f(ONE_OPINION),
            ["conversation_id", "message_seq"],
        )
    _make_review_tables()


def _fill_in_what_is_known() -> None:
    """Intents out of the notes of each turn; hand-overs from what support agents wrote in a chat
    (their answers to cases come by an event).
    """
    intent = "why -> 'intent' ->> 'name'"
    if op.get_bind().dialect.name == "sqlite":
        intent = "json_extract(why, '$.intent.name')"
    op.execute(
        f"UPDATE message SET intent = substr({intent}, 1, 60) "  # noqa: S608 - no input
        "WHERE role = 'user' AND why IS NOT NULL"
    )
    op.execute(
        "UPDATE conversation SET handed_off_reason = COALESCE(reason, 'taken_over'), "
        "handed_off_at = COALESCE((SELECT MIN(message.at) FROM message WHERE "
        "message.conversation_id = conversation.id AND message.role = 'person' "
        "AND message.event_id IS NULL), updated_at) "
        "WHERE reason IS NOT NULL OR EXISTS (SELECT 1 FROM message WHERE "
        "message.conversation_id = conversation.id AND message.role = 'person' "
        "AND message.event_id IS NULL)"
    )


def _keep_the_newest_opinion() -> None:
    """One row for each answer, and one for the whole conversation."""
    op.execute(
        "DELETE FROM feedback WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER ("
        "PARTITION BY conversation_id, message_seq ORDER BY at DESC, id DESC) AS place "
        "FROM feedback) AS ranked WHERE place > 1)"
    )


def _make_review_tables() -> None:
    op.create_table(
        "review_group",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("newest_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_group")),
    )
    with op.batch_alter_table("review_group", schema=None) as batch_op:
        batch_op.create_index("review_group_by_size", ["open", "newest_at", "id"])
        batch_op.create_index("review_group_by_time", ["newest_at", "id"])
    op.create_table(
        "review_turn",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_turn")),
    )
    op.create_table(
        "review_labelling",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("group_id", sa.String(length=32), nullable=False),
        sa.Column("intent", sa.String(length=60), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undone_by", sa.String(length=254), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["review_group.id"], name=op.f("fk_review_labelling_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_labelling")),
    )
    with op.batch_alter_table("review_labelling", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_labelling_group_id"), ["group_id"])
    op.create_table(
        "review_item",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("message_seq", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("intent", sa.String(length=60), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("guesses", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("group_id", sa.String(length=32), nullable=True),
        sa.Column("labelling_id", sa.String(length=32), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_review_item_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["review_group.id"], name=op.f("fk_review_item_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["labelling_id"],
            ["review_labelling.id"],
            name=op.f("fk_review_item_labelling_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint(
            "conversation_id",
            "message_seq",
            name=op.f(ONE_ITEM),
        ),
    )
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.create_index(
            "review_item_to_group",
            ["at"],
            sqlite_where=sa.text("group_id IS NULL"),
            postgresql_where=sa.text("group_id IS NULL"),
        )
        batch_op.create_index("review_item_of_group", ["group_id", "at", "id"])
        batch_op.create_index(batch_op.f("ix_review_item_labelling_id"), ["labelling_id"])


def downgrade() -> None:
    """Take the change back."""
    for table in ("review_item", "review_labelling", "review_turn", "review_group"):
        op.drop_table(table)
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(ONE_OPINION), type_="unique")
        batch_op.drop_index("rating_of_conversation")
        batch_op.drop_index(batch_op.f("ix_feedback_at"))
        batch_op.drop_column("reasons")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("message_by_time")
        batch_op.drop_column("intent")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("conversation_by_time")
        batch_op.drop_column("rating_asked")
        batch_op.drop_column("handed_off_reason")
        batch_op.drop_column("handed_off_at")
