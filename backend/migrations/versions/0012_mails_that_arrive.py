"""Mails that arrive: how far each one is, preferences, digests, recipients.

Revision: 0012, after 0011
"""

from collections.abc import Sequence

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take the change back."""
