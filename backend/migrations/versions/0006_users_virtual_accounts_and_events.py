"""Users, virtual accounts and events.

Revision: 0006, after 0005
"""

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
VA_ROLES = "'va_viewer', 'va_user', 'va_admin'"
ANY_ROLE = "'sa_viewer', 'sa_user', 'sa_approver', 'sa_admin', " + VA_ROLES


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_smart_account_id"))
        batch_op.create_index(
            "events_of_a_type", ["smart_account_id", "type", "at", "id"], unique=False
        )
        batch_op.create_index(
            "events_of_an_account", ["smart_account_id", "at", "id"], unique=False
        )
        batch_op.create_index(
            "events_of_an_actor", ["smart_account_id", "actor", "at", "id"], unique=False
        )

    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_membership_role"), f"role IN ({ANY_ROLE})")

    with op.batch_alter_table("external_group_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_group_grant_group_id"))
        batch_op.create_unique_constraint(
            batch_op.f("uq_external_group_grant_group_id_smart_account_id"),
            ["group_id", "smart_account_id"],
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_external_group_grant_granted_with_a_role"),
            "(role IS NULL) = (granted_at IS NULL)",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_external_group_grant_role"), f"role IN ({VA_ROLES})"
        )

    with op.batch_alter_table("user_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=240), nullable=True))
    with op.batch_alter_table("virtual_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.Text(), nullable=True))
        batch_op.alter_column(
            "key",
            existing_type=sa.VARCHAR(length=80),
            type_=sa.String(length=240),
            existing_nullable=False,
        )
    _fold_names()

    with op.batch_alter_table("user_group", schema=None) as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(240), nullable=False)
        batch_op.drop_constraint(batch_op.f("uq_user_group_smart_account_id_name"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_user_group_smart_account_id_key"), ["smart_account_id", "key"]
        )
        batch_op.create_check_constraint(batch_op.f("ck_user_group_role"), f"role IN ({VA_ROLES})")

    # First what the new foreign key points to: PostgreSQL wants it there.
    with op.batch_alter_table("virtual_account", schema=None) as batch_op:
        batch_op.alter_column("words", existing_type=sa.Text(), nullable=False)
        batch_op.create_index(
            batch_op.f("ix_virtual_account_parent_id"), ["parent_id"], unique=False
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_virtual_account_smart_account_id_id"), ["smart_account_id", "id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_virtual_account_not_its_own_parent"), "parent_id <> id"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_virtual_account_access_level"),
            "access_level IN ('unrestricted', 'restricted')",
        )
        batch_op.drop_constraint(batch_op.f("fk_virtual_account_parent_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_virtual_account_smart_account_id_parent_id"),
            "virtual_account",
            ["smart_account_id", "parent_id"],
            ["smart_account_id", "id"],
        )


def _fold_names() -> None:
    """How the names of what is there are compared and searched from now on."""
    connection = op.get_bind()
    group = sa.table("user_group", sa.column("id"), sa.column("name"), sa.column("key"))
    for id_, name in connection.execute(sa.select(group.c.id, group.c.name)).all():
        connection.execute(group.update().where(group.c.id == id_).values(key=_folded(name)))
    place = sa.table(
        "virtual_account",
        sa.column("id"),
        sa.column("name"),
        sa.column("tags", sa.JSON()),
        sa.column("key"),
        sa.column("words"),
    )
    for id_, name, tags in connection.execute(
        sa.select(place.c.id, place.c.name, place.c.tags)
    ).all():
        words = "\n".join(_folded(word) for word in (name, *tags))
        told = place.update().where(place.c.id == id_).values(key=_folded(name), words=words)
        connection.execute(told)


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())[:240]


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("virtual_account", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_virtual_account_smart_account_id_parent_id"), type_="foreignkey"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_virtual_account_parent_id"), "virtual_account", ["parent_id"], ["id"]
        )
        batch_op.drop_constraint(batch_op.f("ck_virtual_account_access_level"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_virtual_account_not_its_own_parent"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("uq_virtual_account_smart_account_id_id"), type_="unique"
        )
        batch_op.drop_index(batch_op.f("ix_virtual_account_parent_id"))
        batch_op.alter_column(
            "key",
            existing_type=sa.String(length=240),
            type_=sa.VARCHAR(length=80),
            existing_nullable=False,
            postgresql_using="left(key, 80)",
        )
        batch_op.drop_column("words")

    with op.batch_alter_table("user_group", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_user_group_role"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_user_group_smart_account_id_key"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_user_group_smart_account_id_name"), ["smart_account_id", "name"]
        )
        batch_op.drop_column("key")

    with op.batch_alter_table("external_group_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_external_group_grant_role"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("ck_external_group_grant_granted_with_a_role"), type_="check"
        )
        batch_op.drop_constraint(
            batch_op.f("uq_external_group_grant_group_id_smart_account_id"), type_="unique"
        )
        batch_op.create_index(
            batch_op.f("ix_external_group_grant_group_id"), ["group_id"], unique=False
        )

    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_membership_role"), type_="check")

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("events_of_an_actor")
        batch_op.drop_index("events_of_an_account")
        batch_op.drop_index("events_of_a_type")
        batch_op.create_index(
            batch_op.f("ix_event_smart_account_id"), ["smart_account_id"], unique=False
        )
