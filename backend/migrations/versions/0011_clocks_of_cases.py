"""Clocks of cases: when the next one breaks.

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


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("applied_policy")
    op.drop_table("case_alert")
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_case_alert_at"))
        batch_op.drop_index("case_by_due")
        batch_op.drop_column("alert_at")
        batch_op.drop_column("due_clock")
        batch_op.drop_column("due_at")
