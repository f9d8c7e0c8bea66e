"""Systems outside: webhooks, deliveries, references of cases.

Revision: 0013, after 0012
"""

from collections.abc import Sequence

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take the change back."""
