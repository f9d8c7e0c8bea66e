"""What was said: satisfaction, the review inbox, privacy.

Revision: 0015, after 0014
"""

from collections.abc import Sequence

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take the change back."""
