"""Accounts and access.

Revision: 0003, after 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
NOTICES = ("smart_licensing_notice", "admin_notice")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "access_rule",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("match", sa.JSON(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("route_to", sa.String(length=254), nullable=True),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["smart_account_id"], ["smart_account.id"], name=op.f("fk_access_rule_smart_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_rule")),
    )
    with op.batch_alter_table("access_rule", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_rule_smart_account_id"), ["smart_account_id"], unique=False
        )

    op.create_table(
        "event_place",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_place_event_id")),
        sa.PrimaryKeyConstraint("event_id", "virtual_account_id", name=op.f("pk_event_place")),
    )
    with op.batch_alter_table("event_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_event_place_virtual_account_id"), ["virtual_account_id"], unique=False
        )

    op.create_table(
        "location",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["smart_account_id"], ["smart_account.id"], name=op.f("fk_location_smart_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint(
            "smart_account_id", "name", name=op.f("uq_location_smart_account_id_name")
        ),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_location_smart_account_id"), ["smart_account_id"], unique=False
        )

    op.create_table(
        "smart_account_alias",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_smart_account_alias_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_smart_account_alias")),
    )
    with op.batch_alter_table("smart_account_alias", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_smart_account_alias_smart_account_id"),
            ["smart_account_id"],
            unique=False,
        )

    op.create_table(
        "access_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("requester", sa.String(length=254), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("include_nested", sa.Boolean(), nullable=False),
        sa.Column("justification", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("granted", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=254), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=254), nullable=True),
        sa.Column("rule", sa.String(length=32), nullable=True),
        sa.Column("route_to", sa.String(length=254), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["requester"], ["person.id"], name=op.f("fk_access_request_requester")
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_access_request_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
    )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.create_index(
            "access_requests_of_an_account",
            ["smart_account_id", "status", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_access_request_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_access_request_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_access_request_requester"), ["requester"], unique=False
        )
        batch_op.create_index(
            "one_pending_request_a_role",
            ["smart_account_id", "requester", "role"],
            unique=True,
            sqlite_where=sa.text("status = 'pending' AND scope = 'account'"),
            postgresql_where=sa.text("status = 'pending' AND scope = 'account'"),
        )

    op.create_table(
        "approval_delegation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("delegator", sa.String(length=254), nullable=False),
        sa.Column("delegate", sa.String(length=254), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delegate"], ["person.id"], name=op.f("fk_approval_delegation_delegate")
        ),
        sa.ForeignKeyConstraint(
            ["delegator"], ["person.id"], name=op.f("fk_approval_delegation_delegator")
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_approval_delegation_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_delegation")),
    )
    with op.batch_alter_table("approval_delegation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_approval_delegation_delegate"), ["delegate"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_approval_delegation_ends"), ["ends"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_approval_delegation_smart_account_id"),
            ["smart_account_id"],
            unique=False,
        )

    op.create_table(
        "external_group_grant",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup_id", sa.String(length=20), nullable=False),
        sa.Column("group_id", sa.String(length=32), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=254), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("granted_by", sa.String(length=254), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["user_group.id"], name=op.f("fk_external_group_grant_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_external_group_grant_smart_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_group_grant")),
        sa.UniqueConstraint("lookup_id", name=op.f("uq_external_group_grant_lookup_id")),
    )
    with op.batch_alter_table("external_group_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_external_group_grant_group_id"), ["group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_external_group_grant_smart_account_id"),
            ["smart_account_id"],
            unique=False,
        )

    op.create_table(
        "smart_account_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("requester", sa.String(length=254), nullable=False),
        sa.Column("headquarters", sa.JSON(), nullable=True),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("note_to_customer", sa.String(length=1000), nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=True),
        sa.Column("over_account_id", sa.Integer(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=254), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(
            ["over_account_id"],
            ["smart_account.id"],
            name=op.f("fk_smart_account_request_over_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requester"], ["person.id"], name=op.f("fk_smart_account_request_requester")
        ),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_smart_account_request_smart_account_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_smart_account_request")),
    )
    with op.batch_alter_table("smart_account_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_domain"), ["domain"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_over_account_id"),
            ["over_account_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_requester"), ["requester"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_smart_account_id"),
            ["smart_account_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_smart_account_request_status"), ["status"], unique=False
        )
        batch_op.create_index(
            "one_pending_request_a_domain",
            ["domain"],
            unique=True,
            sqlite_where=sa.text(
                "status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')"
            ),
            postgresql_where=sa.text(
                "status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')"
            ),
        )

    op.create_table(
        "access_request_place",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["access_request.id"], name=op.f("fk_access_request_place_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_access_request_place_virtual_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "request_id", "virtual_account_id", name=op.f("pk_access_request_place")
        ),
    )
    with op.batch_alter_table("access_request_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_request_place_virtual_account_id"),
            ["virtual_account_id"],
            unique=False,
        )

    op.create_table(
        "delegation_place",
        sa.Column("delegation_id", sa.String(length=32), nullable=False),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["approval_delegation.id"],
            name=op.f("fk_delegation_place_delegation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_delegation_place_virtual_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "delegation_id", "virtual_account_id", name=op.f("pk_delegation_place")
        ),
    )
    with op.batch_alter_table("delegation_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delegation_place_virtual_account_id"),
            ["virtual_account_id"],
            unique=False,
        )

    op.create_table(
        "external_group_place",
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("virtual_account_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["external_group_grant.id"], name=op.f("fk_external_group_place_grant_id")
        ),
        sa.ForeignKeyConstraint(
            ["virtual_account_id"],
            ["virtual_account.id"],
            name=op.f("fk_external_group_place_virtual_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "grant_id", "virtual_account_id", name=op.f("pk_external_group_place")
        ),
    )
    with op.batch_alter_table("external_group_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_external_group_place_virtual_account_id"),
            ["virtual_account_id"],
            unique=False,
        )

    op.create_table(
        "smart_account_invitation",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["smart_account_request.id"],
            name=op.f("fk_smart_account_invitation_request_id"),
        ),
        sa.PrimaryKeyConstraint("request_id", "email", name=op.f("pk_smart_account_invitation")),
    )
    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_smart_account_invitation_email"), ["email"], unique=False
        )

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.alter_column(
            "subject",
            existing_type=sa.VARCHAR(length=100),
            type_=sa.String(length=254),
            existing_nullable=False,
        )

    with op.batch_alter_table("membership_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_place_virtual_account_id"),
            ["virtual_account_id"],
            unique=False,
        )

    with op.batch_alter_table("smart_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("domain_path", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("key", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("policies", sa.JSON(), nullable=True))
    _fill_accounts()
    with op.batch_alter_table("smart_account", schema=None) as batch_op:
        batch_op.alter_column("domain_path", existing_type=sa.String(254), nullable=False)
        batch_op.alter_column("key", existing_type=sa.String(100), nullable=False)
        batch_op.alter_column("policies", existing_type=sa.JSON(), nullable=False)
        for notice in NOTICES:
            batch_op.alter_column(
                notice,
                existing_type=sa.BOOLEAN(),
                type_=sa.Integer(),
                existing_nullable=False,
                postgresql_using=f"{notice}::int",
            )
        batch_op.create_index(
            batch_op.f("ix_smart_account_domain_path"), ["domain_path"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_smart_account_key"), ["key"], unique=False)

    with op.batch_alter_table("user_group_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_group_member_person"), ["person"], unique=False)

    with op.batch_alter_table("user_group_place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_group_place_virtual_account_id"),
            ["virtual_account_id"],
            unique=False,
        )


def _fill_accounts() -> None:
    """What can be computed of the accounts that are there."""
    account = sa.table(
        "smart_account",
        sa.column("id"),
        sa.column("domain"),
        sa.column("name"),
        sa.column("domain_path"),
        sa.column("key"),
        sa.column("policies", sa.JSON()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(account.c.id, account.c.domain, account.c.name)).all():
        connection.execute(
            account.update()
            .where(account.c.id == row.id)
            .values(
                domain_path=".".join(reversed(row.domain.split("."))) + ".",
                key=row.name.casefold(),
                policies={},
            )
        )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("user_group_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_group_place_virtual_account_id"))

    with op.batch_alter_table("user_group_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_group_member_person"))

    with op.batch_alter_table("smart_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_smart_account_key"))
        batch_op.drop_index(batch_op.f("ix_smart_account_domain_path"))
        for notice in NOTICES:
            batch_op.alter_column(
                notice,
                existing_type=sa.Integer(),
                type_=sa.BOOLEAN(),
                existing_nullable=False,
                postgresql_using=f"{notice} > 0",
            )
        batch_op.drop_column("policies")
        batch_op.drop_column("key")
        batch_op.drop_column("domain_path")

    with op.batch_alter_table("membership_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_place_virtual_account_id"))

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.alter_column(
            "subject",
            existing_type=sa.String(length=254),
            type_=sa.VARCHAR(length=100),
            existing_nullable=False,
        )

    with op.batch_alter_table("smart_account_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_smart_account_invitation_email"))

    op.drop_table("smart_account_invitation")
    with op.batch_alter_table("external_group_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_group_place_virtual_account_id"))

    op.drop_table("external_group_place")
    with op.batch_alter_table("delegation_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delegation_place_virtual_account_id"))

    op.drop_table("delegation_place")
    with op.batch_alter_table("access_request_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_request_place_virtual_account_id"))

    op.drop_table("access_request_place")
    with op.batch_alter_table("smart_account_request", schema=None) as batch_op:
        batch_op.drop_index(
            "one_pending_request_a_domain",
            sqlite_where=sa.text(
                "status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')"
            ),
            postgresql_where=sa.text(
                "status IN ('pending_acceptance', 'pending_approval', 'pending_domain_approval')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_smart_account_request_status"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_smart_account_id"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_requester"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_over_account_id"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_expires_at"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_domain"))
        batch_op.drop_index(batch_op.f("ix_smart_account_request_created_at"))

    op.drop_table("smart_account_request")
    with op.batch_alter_table("external_group_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_group_grant_smart_account_id"))
        batch_op.drop_index(batch_op.f("ix_external_group_grant_group_id"))

    op.drop_table("external_group_grant")
    with op.batch_alter_table("approval_delegation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_delegation_smart_account_id"))
        batch_op.drop_index(batch_op.f("ix_approval_delegation_ends"))
        batch_op.drop_index(batch_op.f("ix_approval_delegation_delegate"))

    op.drop_table("approval_delegation")
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.drop_index(
            "one_pending_request_a_role",
            sqlite_where=sa.text("status = 'pending' AND scope = 'account'"),
            postgresql_where=sa.text("status = 'pending' AND scope = 'account'"),
        )
        batch_op.drop_index(batch_op.f("ix_access_request_requester"))
        batch_op.drop_index(batch_op.f("ix_access_request_expires_at"))
        batch_op.drop_index(batch_op.f("ix_access_request_created_at"))
        batch_op.drop_index("access_requests_of_an_account")

    op.drop_table("access_request")
    with op.batch_alter_table("smart_account_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_smart_account_alias_smart_account_id"))

    op.drop_table("smart_account_alias")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_smart_account_id"))

    op.drop_table("location")
    with op.batch_alter_table("event_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_place_virtual_account_id"))

    op.drop_table("event_place")
    with op.batch_alter_table("access_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_rule_smart_account_id"))

    op.drop_table("access_rule")
