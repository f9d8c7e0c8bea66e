"""Who accepted an invitation.

Revision: 0008, after 0007
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepted_by", sa.String(length=254), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_smart_account_invitation_accepted_by"),
            "person",
            ["accepted_by"],
            ["id"],
        )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_smart_account_invitation_accepted_by"), type_="foreignkey"
        )
        batch_op.drop_column("accepted_by")
