"""Systems outside: webhooks, deliveries, references of cases; who looked at what.

Revision: 0013, after 0012
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "looked_at",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("viewer", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looked_at")),
    )
    with op.batch_alter_table("looked_at", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_looked_at_at"), ["at"], unique=False)
        batch_op.create_index(op.f("ix_looked_at_person"), ["person"], unique=False)
        batch_op.create_index("looks_at_a_case", ["case_number", "at", "id"], unique=False)
        batch_op.create_index(
            "looks_in_an_hour", ["viewer", "kind", "subject", "hour"], unique=True
        )

    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("event_types", sa.JSON(), nullable=False),
        sa.Column("is_observer", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_because", sa.String(length=20), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sender", sa.String(length=80), nullable=True),
        sa.Column("sender_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_webhook_delivery_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name=op.f("uq_webhook_delivery_endpoint_id_event_id")
        ),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "deliveries_by_age", ["endpoint_id", "created_at", "id"], unique=False
        )
        batch_op.create_index("deliveries_due", ["endpoint_id", "status", "due_at"], unique=False)
        batch_op.create_index(
            "deliveries_of_a_case", ["endpoint_id", "case_number", "sequence"], unique=False
        )

    op.create_table(
        "case_system_link",
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engineer", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_system_link_case_number")
        ),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_case_system_link")),
    )
    op.create_table(
        "case_system_update",
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["support_case.number"], name=op.f("fk_case_system_update_case_number")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_case_system_update")),
    )
    with op.batch_alter_table("case_system_update", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_case_system_update_at"), ["at"], unique=False)
        batch_op.create_index(
            op.f("ix_case_system_update_case_number"), ["case_number"], unique=False
        )

    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("external_reference", sa.String(length=60), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("support_case", schema=None) as batch_op:
        batch_op.drop_column("external_reference")

    with op.batch_alter_table("case_system_update", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_case_system_update_case_number"))
        batch_op.drop_index(op.f("ix_case_system_update_at"))

    op.drop_table("case_system_update")
    op.drop_table("case_system_link")
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_index("deliveries_of_a_case")
        batch_op.drop_index("deliveries_due")
        batch_op.drop_index("deliveries_by_age")

    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
    with op.batch_alter_table("looked_at", schema=None) as batch_op:
        batch_op.drop_index("looks_in_an_hour")
        batch_op.drop_index("looks_at_a_case")
        batch_op.drop_index(op.f("ix_looked_at_person"))
        batch_op.drop_index(op.f("ix_looked_at_at"))

    op.drop_table("looked_at")
