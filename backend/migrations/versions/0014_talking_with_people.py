"""Talking with people: availability, waiting, whispers.

Revision: 0014, after 0013
"""

from collections.abc import Sequence

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take the change back."""
