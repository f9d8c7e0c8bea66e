"""Where Commerce has a line that was assigned elsewhere here; accounts by when they began.

Revision: 0017, after 0016
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change. Where Commerce has a line is known from its next message on."""
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("commerce_account_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("commerce_place_id", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("commerce_assigned_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_order_line_commerce_account_id"),
            "smart_account",
            ["commerce_account_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_order_line_commerce_place_id"),
            "virtual_account",
            ["commerce_place_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index(
            "order_lines_commerce_has_on_an_account",
            ["commerce_account_id"],
            sqlite_where=sa.text("commerce_account_id IS NOT NULL"),
            postgresql_where=sa.text("commerce_account_id IS NOT NULL"),
        )
        batch_op.create_index(
            "order_lines_commerce_has_in_a_place",
            ["commerce_place_id"],
            sqlite_where=sa.text("commerce_place_id IS NOT NULL"),
            postgresql_where=sa.text("commerce_place_id IS NOT NULL"),
        )
    op.create_index(op.f("ix_smart_account_activated_at"), "smart_account", ["activated_at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_smart_account_activated_at"), "smart_account")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index("order_lines_commerce_has_in_a_place")
        batch_op.drop_index("order_lines_commerce_has_on_an_account")
        batch_op.drop_constraint(batch_op.f("fk_order_line_commerce_place_id"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_order_line_commerce_account_id"), type_="foreignkey"
        )
        batch_op.drop_column("commerce_assigned_at")
        batch_op.drop_column("commerce_place_id")
        batch_op.drop_column("commerce_account_id")
