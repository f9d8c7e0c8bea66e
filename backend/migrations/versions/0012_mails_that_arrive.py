"""Mails that arrive: how far each one is, addresses that take none, mails that came in.

Revision: 0012, after 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.DateTime(timezone=True)
_NEW = ("headers", "state", "attempts", "next_try_at")


def upgrade() -> None:
    """Make the change. Mails of before stay in the outbox: nobody expects them any more."""
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("headers", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("case_number", sa.String(length=20), nullable=True))
        batch_op.add_column(
            sa.Column("state", sa.String(length=20), nullable=False, server_default="kept")
        )
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column(
                "next_try_at", _MOMENT, nullable=False, server_default="2026-01-01 00:00:00+00:00"
            )
        )
        batch_op.add_column(sa.Column("claimed_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("sent_at", _MOMENT, nullable=True))
        batch_op.add_column(sa.Column("error", sa.String(length=500), nullable=True))
        batch_op.create_index("mail_to_hand_over", ["state", "next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_case_number"), ["case_number"], unique=False)
    with op.batch_alter_table("mail", schema=None) as batch_op:
        for column in _NEW:
            batch_op.alter_column(column, server_default=None)
    op.create_table(
        "bounced_address",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("email"),
    )
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint"),
    )
    with op.batch_alter_table("inbound_mail", schema=None) as batch_op:
        for column in ("at", "case_number", "state"):
            batch_op.create_index(batch_op.f(f"ix_inbound_mail_{column}"), [column], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("inbound_mail")
    op.drop_table("bounced_address")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_case_number"))
        batch_op.drop_index("mail_to_hand_over")
        for column in (*_NEW, "case_number", "claimed_by", "sent_at", "error"):
            batch_op.drop_column(column)
