"""Orders after the sale, who was let in to them, licences, and Order Fulfillment Managers.

Revision: 0009, after 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the change."""
    op.create_index(op.f("ix_person_cco_id"), "person", ["cco_id"])
    op.create_table(
        "sales_order",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("web_order_number", sa.String(length=20), nullable=True),
        sa.Column("customer_order_number", sa.String(length=60), nullable=True),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partner_domain", sa.String(length=253), nullable=True),
        sa.Column("partner_name", sa.String(length=200), nullable=True),
        sa.Column("end_customer", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("fc_name", sa.String(length=200), nullable=True),
        sa.Column("fc_email", sa.String(length=254), nullable=True),
        sa.Column("fc_domain", sa.String(length=253), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisioned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds", sa.JSON(), nullable=False),
        sa.Column("unassigned_lines", sa.Integer(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('submitted', 'booked', 'in_fulfilment', 'provision_pending', "
            "'provisioned', 'closed', 'cancelled')",
            name=op.f("ck_sales_order_status"),
        ),
        sa.CheckConstraint(
            "type IN ('standard', 'subscription', 'stocking', 'ea')",
            name=op.f("ck_sales_order_type"),
        ),
        sa.CheckConstraint(
            "(fc_email IS NULL) = (fc_domain IS NULL)", name=op.f("ck_sales_order_fc_domain")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("web_order_number", name=op.f("uq_sales_order_web_order_number")),
    )
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.create_index(
            "orders_of_a_contact", ["fc_email", "placed_at", "number"], unique=False
        )
        batch_op.create_index(
            "orders_of_a_contacts_domain", ["fc_domain", "placed_at", "number"], unique=False
        )
        batch_op.create_index(
            "orders_of_a_partner", ["partner_domain", "placed_at", "number"], unique=False
        )
        batch_op.create_index(
            "orders_of_a_partner_by_status",
            ["partner_domain", "status", "placed_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            "orders_by_the_customers_number", ["customer_order_number"], unique=False
        )

    op.create_table(
        "order_delegation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("delegator", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delegate", sa.String(length=254), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(length=20), nullable=True),
        sa.Column("order_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(delegate IS NULL) = (redeemed_at IS NULL)",
            name=op.f("ck_order_delegation_redeemed_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate"], ["person.id"], name=op.f("fk_order_delegation_delegate")
        ),
        sa.ForeignKeyConstraint(
            ["delegator"], ["person.id"], name=op.f("fk_order_delegation_delegator")
        ),
        sa.ForeignKeyConstraint(
            ["order_number"],
            ["sales_order.number"],
            name=op.f("fk_order_delegation_order_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_delegation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_order_delegation_token_hash")),
    )
    with op.batch_alter_table("order_delegation", schema=None) as batch_op:
        batch_op.create_index(
            "one_delegation_an_address",
            ["order_number", "email"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "order_delegations_of_a_delegate", ["delegate", "ended_at"], unique=False
        )
        batch_op.create_index(
            "unused_order_delegations_by_end",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("redeemed_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("redeemed_at IS NULL AND ended_at IS NULL"),
        )

    op.create_table(
        "order_export",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_order_export_format")),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'ready', 'failed')",
            name=op.f("ck_order_export_status"),
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_order_export_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_export")),
    )
    with op.batch_alter_table("order_export", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_export_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index("order_exports_of_a_person", ["person", "expires_at"], unique=False)

    op.create_table(
        "order_export_part",
        sa.Column("export_id", sa.String(length=43), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["order_export.id"],
            name=op.f("fk_order_export_part_export_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_order_export_part")),
    )
    op.create_table(
        "order_follower",
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"],
            ["sales_order.number"],
            name=op.f("fk_order_follower_order_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_order_follower_person")),
        sa.PrimaryKeyConstraint("order_number", "person", name=op.f("pk_order_follower")),
    )
    with op.batch_alter_table("order_follower", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_follower_person"), ["person"], unique=False)

    op.create_table(
        "order_fulfillment_manager",
        sa.Column("partner_domain", sa.String(length=253), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("granted_by", sa.String(length=254), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["person.id"], name=op.f("fk_order_fulfillment_manager_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["partner_domain"],
            ["organization.domain"],
            name=op.f("fk_order_fulfillment_manager_partner_domain"),
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_order_fulfillment_manager_person")
        ),
        sa.PrimaryKeyConstraint(
            "partner_domain", "person", name=op.f("pk_order_fulfillment_manager")
        ),
    )
    with op.batch_alter_table("order_fulfillment_manager", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_fulfillment_manager_person"), ["person"], unique=False
        )

    op.create_table(
        "order_line",
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("smart_enabled", sa.Boolean(), nullable=False),
        sa.Column("provisioning", sa.String(length=30), nullable=False),
        sa.Column("provisioning_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisioning_contact", sa.String(length=254), nullable=True),
        sa.Column("contact_by", sa.String(length=254), nullable=True),
        sa.Column("contact_mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_up_mail_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("onboarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant", sa.String(length=120), nullable=True),
        sa.Column("ea_request_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ea_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("smart_account_id", sa.Integer(), nullable=True),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_by", sa.String(length=254), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subscription_id", sa.String(length=40), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(provisioning = 'completed') = (delivered_at IS NOT NULL)",
            name=op.f("ck_order_line_delivered_when_completed"),
        ),
        sa.CheckConstraint(
            "kind IN ('perpetual', 'term', 'subscription')", name=op.f("ck_order_line_kind")
        ),
        sa.CheckConstraint(
            "provisioning IN ('not_started', 'on_hold', 'awaiting_provisioning_details', "
            "'scheduled', 'in_progress', 'failed', 'completed')",
            name=op.f("ck_order_line_provisioning"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity")),
        sa.CheckConstraint(
            "virtual_account_id IS NULL OR smart_account_id IS NOT NULL",
            name=op.f("ck_order_line_virtual_account_of_an_account"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"],
            ["sales_order.number"],
            name=op.f("fk_order_line_order_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"], ["smart_account.id"], name=op.f("fk_order_line_smart_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_order_line_virtual_account_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("order_number", "number", name=op.f("pk_order_line")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(
            "order_lines_of_a_virtual_account",
            ["virtual_account_id", "placed_at", "order_number"],
            unique=False,
        )
        batch_op.create_index(
            "order_lines_of_an_account",
            ["smart_account_id", "placed_at", "order_number"],
            unique=False,
        )

    op.create_table(
        "dropped_order_line",
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=True),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_by", sa.String(length=254), nullable=True),
        sa.Column("provisioning_contact", sa.String(length=254), nullable=True),
        sa.Column("contact_by", sa.String(length=254), nullable=True),
        sa.Column("contact_mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_number"],
            ["sales_order.number"],
            name=op.f("fk_dropped_order_line_order_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_dropped_order_line_smart_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_dropped_order_line_virtual_account_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("order_number", "number", name=op.f("pk_dropped_order_line")),
    )
    op.create_table(
        "order_share",
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("shared_by", sa.String(length=254), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"],
            ["sales_order.number"],
            name=op.f("fk_order_share_order_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shared_by"], ["person.id"], name=op.f("fk_order_share_shared_by")
        ),
        sa.PrimaryKeyConstraint("order_number", "email", name=op.f("pk_order_share")),
    )
    with op.batch_alter_table("order_share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_share_email"), ["email"], unique=False)

    op.create_table(
        "license",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=False),
        sa.Column("order_number", sa.String(length=20), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subscription_id", sa.String(length=40), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_license_quantity")),
        sa.ForeignKeyConstraint(
            ["order_number", "line"],
            ["order_line.order_number", "order_line.number"],
            name=op.f("fk_license_order_number_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"], ["smart_account.id"], name=op.f("fk_license_smart_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_license_virtual_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license")),
    )
    with op.batch_alter_table("license", schema=None) as batch_op:
        batch_op.create_index(
            "licenses_of_a_virtual_account",
            ["virtual_account_id", "added_at", "id"],
            unique=False,
        )
        batch_op.create_index("license_of_a_line", ["order_number", "line"], unique=True)
        batch_op.create_index(
            "licenses_of_an_account", ["smart_account_id", "added_at", "id"], unique=False
        )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_person_cco_id"), "person")
    with op.batch_alter_table("license", schema=None) as batch_op:
        batch_op.drop_index("licenses_of_an_account")
        batch_op.drop_index("license_of_a_line")
        batch_op.drop_index("licenses_of_a_virtual_account")

    op.drop_table("license")
    op.drop_table("dropped_order_line")
    with op.batch_alter_table("order_share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_share_email"))

    op.drop_table("order_share")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index("order_lines_of_an_account")
        batch_op.drop_index("order_lines_of_a_virtual_account")

    op.drop_table("order_line")
    with op.batch_alter_table("order_fulfillment_manager", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_fulfillment_manager_person"))

    op.drop_table("order_fulfillment_manager")
    with op.batch_alter_table("order_follower", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_follower_person"))

    op.drop_table("order_follower")
    op.drop_table("order_export_part")
    with op.batch_alter_table("order_export", schema=None) as batch_op:
        batch_op.drop_index("order_exports_of_a_person")
        batch_op.drop_index(batch_op.f("ix_order_export_expires_at"))

    op.drop_table("order_export")
    with op.batch_alter_table("order_delegation", schema=None) as batch_op:
        batch_op.drop_index(
            "unused_order_delegations_by_end",
            sqlite_where=sa.text("redeemed_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("redeemed_at IS NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index("order_delegations_of_a_delegate")
        batch_op.drop_index(
            "one_delegation_an_address",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("order_delegation")
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.drop_index("orders_by_the_customers_number")
        batch_op.drop_index("orders_of_a_partner_by_status")
        batch_op.drop_index("orders_of_a_partner")
        batch_op.drop_index("orders_of_a_contacts_domain")
        batch_op.drop_index("orders_of_a_contact")

    op.drop_table("sales_order")
