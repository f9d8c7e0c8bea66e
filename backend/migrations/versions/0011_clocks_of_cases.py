"""Clocks of cases, when the next one breaks; what the desk keeps on one case’s page.

Revision: 0011, after 0010
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("due_clock", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("alert_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("case_by_due", ["queue", "status", "due_at", "number"])
        batch_op.create_index(batch_op.f("ix_support_case_alert_at"), ["alert_at"])
    op.create_table(
        "case_alert",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("clock_name", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"],
            ["support_case.number"],
            name=op.f("fk_case_alert_case_number"),
        ),
        sa.PrimaryKeyConstraint(
            "case_number", "clock_name", "due_at", "kind", name=op.f("pk_case_alert")
        ),
    )
    op.create_table(
        "applied_policy",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_applied_policy")),
    )
    _beside_cases()


def _beside_cases() -> None:
    """What the desk keeps of a case: where it went, links, words, suggestions, who looks at it."""
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.String(length=20), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_support_case_merged_into"), "support_case", ["merged_into"], ["number"]
        )
        batch_op.create_index(batch_op.f("ix_support_case_merged_into"), ["merged_into"])
    op.create_table(
        "case_link",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("other", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("case_number <> other", name=op.f("ck_case_link_of_two")),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_link_case_number")
        ),
        sa.ForeignKeyConstraint(
            ["other"], ["support_case.number"], name=op.f("fk_case_link_other")
        ),
        sa.PrimaryKeyConstraint("case_number", "other", "kind", name=op.f("pk_case_link")),
    )
    op.create_index(op.f("ix_case_link_other"), "case_link", ["other"])
    op.create_table(
        "case_tag",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_tag_case_number")
        ),
        sa.PrimaryKeyConstraint("case_number", "tag", name=op.f("pk_case_tag")),
    )
    op.create_index(op.f("ix_case_tag_tag"), "case_tag", ["tag"])
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=5000), nullable=False),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
        sa.UniqueConstraint("name", name=op.f("uq_canned_reply_name")),
    )
    op.create_table(
        "case_looker",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_looker_case_number")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_case_looker_person")),
        sa.PrimaryKeyConstraint("case_number", "person", name=op.f("pk_case_looker")),
    )
    op.create_index(op.f("ix_case_looker_seen_at"), "case_looker", ["seen_at"])
    op.create_table(
        "case_suggestion",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=254), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_suggestion_case_number")
        ),
        sa.PrimaryKeyConstraint("case_number", "field", name=op.f("pk_case_suggestion")),
    )


def downgrade() -> None:
    """Take the change back."""
    for table in ("case_suggestion", "case_looker", "canned_reply", "case_tag", "case_link"):
        op.drop_table(table)
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_case_merged_into"))
        batch_op.drop_constraint(batch_op.f("fk_support_case_merged_into"), type_="foreignkey")
        batch_op.drop_column("merged_into")
    op.drop_table("applied_policy")
    op.drop_table("case_alert")
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_case_alert_at"))
        batch_op.drop_index("case_by_due")
        batch_op.drop_column("alert_at")
        batch_op.drop_column("due_clock")
        batch_op.drop_column("due_at")
