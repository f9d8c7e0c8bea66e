"""Requests for accounts and codes for addresses.

Revision: 0005, after 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
PENDING = sa.text("status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')")
ACCEPTED = sa.text("accepted_at IS NOT NULL")
VALUES = {
    "smart_account": {
        "status": ("active", "pending"),
        "type": ("customer", "holding"),
        "visibility": ("unrestricted", "restricted"),
        "case_visibility": ("all", "admins", "owner"),
    },
    "smart_account_request": {
        "kind": ("create", "customer", "upgrade"),
        "status": (
            "pending_acceptance",
            "pending_approval",
            "pending_domain_approval",
            "active",
            "declined",
            "expired",
            "cancelled",
        ),
        "visibility": ("unrestricted", "restricted"),
    },
}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "email_code",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_email_code_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_code")),
    )
    with op.batch_alter_table("email_code", schema=None) as batch_op:
        for column in ("email", "person", "sent_at"):
            batch_op.create_index(batch_op.f(f"ix_email_code_{column}"), [column], unique=False)

    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.alter_column("invited_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        batch_op.create_index(
            "one_accepted_invitation",
            ["request_id"],
            unique=True,
            sqlite_where=ACCEPTED,
            postgresql_where=ACCEPTED,
        )

    with op.batch_alter_table("smart_account_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=254), nullable=True))
        batch_op.create_index(
            "one_pending_request_an_account",
            ["smart_account_id"],
            unique=True,
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        )

    for table, columns in VALUES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column, values in columns.items():
                listed = ", ".join(f"'{value}'" for value in values)
                batch_op.create_check_constraint(
                    batch_op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})"
                )


def downgrade() -> None:
    """Take the change back."""
    for table, columns in VALUES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_constraint(batch_op.f(f"ck_{table}_{column}"), type_="check")

    with op.batch_alter_table("smart_account_request", schema=None) as batch_op:
        batch_op.drop_index(
            "one_pending_request_an_account", sqlite_where=PENDING, postgresql_where=PENDING
        )
        batch_op.drop_column("approved_by")
        batch_op.drop_column("approved_at")

    op.execute(
        "UPDATE smart_account_invitation SET invited_at = "
        "(SELECT created_at FROM smart_account_request WHERE id = request_id) "
        "WHERE invited_at IS NULL"
    )
    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.drop_index(
            "one_accepted_invitation", sqlite_where=ACCEPTED, postgresql_where=ACCEPTED
        )
        batch_op.alter_column(
            "invited_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )

    with op.batch_alter_table("email_code", schema=None) as batch_op:
        for column in ("sent_at", "person", "email"):
            batch_op.drop_index(batch_op.f(f"ix_email_code_{column}"))
    op.drop_table("email_code")
