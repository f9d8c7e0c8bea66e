"""The message that confirmed a proposal in words.

Revision: 0002, after 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("proposal", sa.Column("confirmed_in", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("proposal", "confirmed_in")
