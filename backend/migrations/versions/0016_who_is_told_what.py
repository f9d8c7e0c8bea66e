"""Who is told what, and when: preferences, digests, extra recipients.

Revision: 0016, after 0015
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


WAITING = sa.text("told_at IS NULL")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "notification_preference",
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_notification_preference_person")
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_notification_preference")),
    )
    op.create_table(
        "notification_recipient",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by"], ["person.id"], name=op.f("fk_notification_recipient_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_notification_recipient_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_recipient")),
        sa.UniqueConstraint(
            "smart_account_id",
            "email",
            name=op.f("uq_notification_recipient_smart_account_id_email"),
        ),
    )
    with op.batch_alter_table("notification_recipient", schema=None) as batch_op:
        for column in ("email", "expires_at"):
            batch_op.create_index(batch_op.f(f"ix_notification_recipient_{column}"), [column])

    op.create_table(
        "digest_item",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reader", sa.String(length=254), nullable=False),
        sa.Column("is_recipient", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_digest_item_event_id")),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_digest_item_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_item")),
        sa.UniqueConstraint(
            "event_id", "kind", "reader", name=op.f("uq_digest_item_event_id_kind_reader")
        ),
    )
    with op.batch_alter_table("digest_item", schema=None) as batch_op:
        batch_op.create_index(
            "digest_items_that_wait",
            ["reader", "category", "at"],
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        )
        batch_op.create_index(batch_op.f("ix_digest_item_told_at"), ["told_at"])

    op.create_table(
        "digest",
        sa.Column("reader", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reader", "kind", "period", name=op.f("pk_digest")),
    )
    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_digest_at"), ["at"])

    op.create_table(
        "mail_told",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mail_told")),
    )
    with op.batch_alter_table("mail_told", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_told_at"), ["at"])

    op.create_table(
        "license_alert",
        sa.Column("license_id", sa.String(length=32), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["license_id"],
            ["license.id"],
            name=op.f("fk_license_alert_license_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("license_id", "ends_at", "days", name=op.f("pk_license_alert")),
    )
    with op.batch_alter_table("license", schema=None) as batch_op:
        batch_op.create_index("licenses_by_end", ["ends_at", "smart_account_id"])


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("license", schema=None) as batch_op:
        batch_op.drop_index("licenses_by_end")
    op.drop_table("license_alert")
    op.drop_table("mail_told")
    op.drop_table("digest")
    op.drop_table("digest_item")
    op.drop_table("notification_recipient")
    op.drop_table("notification_preference")
