"""Access requests, and the words that accounts are found by.

Revision: 0007, after 0006
"""

import re
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
PENDING = sa.text("status = 'pending'")
RUNNING = sa.text("ended_at IS NULL")
CHECKS = {
    "access_request": {
        "role_fits_the_scope": "(scope = 'account' AND role IN ('sa_admin', 'sa_approver',"
        " 'sa_user', 'sa_viewer')) OR (scope = 'virtual_accounts' AND role IN ('va_admin',"
        " 'va_user', 'va_viewer'))",
        "status": "status IN ('pending', 'approved', 'partially_approved', 'declined',"
        " 'cancelled', 'expired')",
        "decided_once": "(status = 'pending') = (decided_at IS NULL)",
        "granted_when_approved": "(status IN ('approved', 'partially_approved')) ="
        " (granted IS NOT NULL)",
    },
    "access_rule": {
        "action": "action IN ('approve', 'decline', 'route')",
        "role_of_an_approval": "role IS NULL OR action = 'approve'",
        "no_administrators": "role IS NULL OR role NOT IN ('sa_admin', 'sa_approver')",
        "route_to_somebody": "(action = 'route') = (route_to IS NOT NULL)",
    },
    "approval_delegation": {
        "scope": "scope IN ('account', 'virtual_accounts')",
        "to_somebody_else": "delegate <> delegator",
        "ends_after_it_starts": "ends > starts",
    },
}
PENDING_INDEXES = {
    "pending_requests_by_age": "created_at",
    "pending_requests_by_end": "expires_at",
    "pending_requests_by_route": "route_to",
}
PLACES = ("access_request_place", "delegation_place")


def upgrade() -> None:
    """Make the change."""
    _requests()
    with op.batch_alter_table("access_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_rule_smart_account_id"))
        batch_op.create_unique_constraint(
            batch_op.f("uq_access_rule_smart_account_id_position"),
            ["smart_account_id", "position"],
        )
    with op.batch_alter_table("approval_delegation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_delegation_ends"))
        batch_op.create_index(
            batch_op.f("ix_approval_delegation_delegator"), ["delegator"], unique=False
        )
        batch_op.create_index(
            "running_delegations_by_end",
            ["ends"],
            unique=False,
            sqlite_where=RUNNING,
            postgresql_where=RUNNING,
        )
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, condition in checks.items():
                batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{name}"), condition)
    _point_to_virtual_accounts(ondelete="CASCADE")
    _words()


def _requests() -> None:
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("named", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column("ageing_reminders", sa.Integer(), nullable=False, server_default="0")
        )
        for column in ("created_at", "expires_at", "requester"):
            batch_op.drop_index(batch_op.f(f"ix_access_request_{column}"))
        batch_op.drop_index("access_requests_of_an_account")
        batch_op.create_index(
            "access_requests_of_an_account",
            ["smart_account_id", "status", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "access_requests_of_a_person", ["requester", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_access_request_decided_by"), ["decided_by"], unique=False
        )
        for name, column in PENDING_INDEXES.items():
            batch_op.create_index(
                name, [column], unique=False, sqlite_where=PENDING, postgresql_where=PENDING
            )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        for column in ("named", "ageing_reminders"):
            batch_op.alter_column(column, server_default=None)


def _point_to_virtual_accounts(ondelete: str | None) -> None:
    for table in PLACES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            name = batch_op.f(f"fk_{table}_virtual_account_id")
            batch_op.drop_constraint(name, type_="foreignkey")
            batch_op.create_foreign_key(
                name, "virtual_account", ["virtual_account_id"], ["id"], ondelete=ondelete
            )


def _words() -> None:
    word = sa.String(length=253).with_variant(sa.String(length=253, collation="C"), "postgresql")
    words = op.create_table(
        "smart_account_word",
        sa.Column("word", word, nullable=False),
        sa.Column("smart_account_id", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["smart_account_id"],
            ["smart_account.id"],
            name=op.f("fk_smart_account_word_smart_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word", "smart_account_id", name=op.f("pk_smart_account_word")),
    )
    with op.batch_alter_table("smart_account_word", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_smart_account_word_smart_account_id"), ["smart_account_id"], unique=False
        )
    accounts = op.get_bind().execute(sa.text("SELECT id, name, domain FROM smart_account"))
    rows = [row for account in accounts.all() for row in _word_rows(*account)]
    if rows:
        op.bulk_insert(words, rows)


def _word_rows(account: int, name: str, domain: str) -> list[dict[str, object]]:
    """Written out again, so that the migration never depends on later code."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())
    labels = domain.split(".")
    found = {".".join(labels[start:]) for start in range(len(labels) - 1)} | set(labels[:-1])
    for piece in plain.split():
        found.update([piece, *re.split(r"[\W_]+", piece)])
    whole = {plain[:240][:253], domain}
    return [
        {"word": word, "smart_account_id": account, "whole": word in whole}
        for word in sorted({one[:253] for one in found if one} | whole)
    ]


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("smart_account_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_smart_account_word_smart_account_id"))
    op.drop_table("smart_account_word")
    _point_to_virtual_accounts(ondelete=None)
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in checks:
                batch_op.drop_constraint(batch_op.f(f"ck_{table}_{name}"), type_="check")
    with op.batch_alter_table("approval_delegation", schema=None) as batch_op:
        batch_op.drop_index(
            "running_delegations_by_end", sqlite_where=RUNNING, postgresql_where=RUNNING
        )
        batch_op.drop_index(batch_op.f("ix_approval_delegation_delegator"))
        batch_op.create_index(batch_op.f("ix_approval_delegation_ends"), ["ends"], unique=False)
    with op.batch_alter_table("access_rule", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_access_rule_smart_account_id_position"), type_="unique"
        )
        batch_op.create_index(
            batch_op.f("ix_access_rule_smart_account_id"), ["smart_account_id"], unique=False
        )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        for name in reversed(PENDING_INDEXES):
            batch_op.drop_index(name, sqlite_where=PENDING, postgresql_where=PENDING)
        batch_op.drop_index(batch_op.f("ix_access_request_decided_by"))
        batch_op.drop_index("access_requests_of_a_person")
        batch_op.drop_index("access_requests_of_an_account")
        batch_op.create_index(
            "access_requests_of_an_account",
            ["smart_account_id", "status", "created_at"],
            unique=False,
        )
        for column in ("requester", "expires_at", "created_at"):
            batch_op.create_index(batch_op.f(f"ix_access_request_{column}"), [column], unique=False)
        batch_op.drop_column("ageing_reminders")
        batch_op.drop_column("named")
