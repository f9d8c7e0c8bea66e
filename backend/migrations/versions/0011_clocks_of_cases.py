"""Clocks of cases: when the next one breaks.

Revision: 0011, after 0010
"""

from collections.abc import Sequence

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take the change back."""
