"""Any number of Smart Accounts with their people at once, made by the database itself.

Account `n` has the number FIRST + n, the domain `c‹n›.crowd.example`, two virtual accounts, its
members, and requests for access of which one waits. Person `n` has the address
`p‹n›@c‹n›.crowd.example` and a role in as many accounts as an account has members, whatever the
size of the crowd: what one of them sees is the same in a small one and in a big one.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from backend.core import clock

FIRST = 1_000_000_000
ADMIN, VA_ADMIN = 0, 1


@dataclass(frozen=True)
class Crowd:
    """How many accounts there are, and how many members and requests each has."""

    accounts: int
    members: int = 10
    requests: int = 3

    def address(self, person: int) -> str:
        return f"p{person}@c{person}.crowd.example"


_SERIES = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :accounts)"
_MEMBERS = f"{_SERIES}, m(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM m WHERE k + 1 < :members)"
_REQUESTS = f"{_SERIES}, r(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM r WHERE k + 1 < :requests)"
# A member's number; those of one account are far apart, so that they are different people.
_MEMBER = "((i + k * :step) % :accounts)"
_DOMAIN = "'c' || i || '.crowd.example'"


def _statements(on_postgresql: bool) -> list[str]:
    json, moment = ("CAST('{}' AS json)", "CAST(:at AS timestamptz)") if on_postgresql else (
        "'{}'", ":at",
    )  # fmt: skip
    none = json.replace("{}", "[]")
    person = f"'p' || {_MEMBER} || '@c' || {_MEMBER} || '.crowd.example'"
    return [
        (f"INSERT INTO organization (domain, name, kind, public_mailbox) {_SERIES} "
        f"SELECT {_DOMAIN}, 'Crowd ' || i, 'customer', FALSE FROM n"),
        ("INSERT INTO person (id, email, name, kind, organization_domain, note, other_emails, "
        f"partner_roles, desk_queues) {_SERIES} SELECT 'p' || i || '@' || {_DOMAIN}, "
        f"'p' || i || '@' || {_DOMAIN}, 'Person ' || i, 'customer', {_DOMAIN}, '', {none}, {none}, "
        f"{none} FROM n"),
        ("INSERT INTO smart_account (id, domain, domain_path, name, key, type, status, is_smb, "
        "visibility, case_visibility, policies, smart_licensing_notice, admin_notice, created_at) "
        f"{_SERIES} SELECT {FIRST} + i, {_DOMAIN}, 'example.crowd.c' || i || '.', 'Crowd ' || i, "
        f"'crowd ' || i, 'customer', 'active', FALSE, 'unrestricted', 'owner', {json}, 1, 1, "
        f"{moment} FROM n"),
        *(
            f"INSERT INTO smart_account_word (word, smart_account_id, whole) {_SERIES} "
            f"SELECT {word}, {FIRST} + i, {whole} FROM n"
            for word, whole in (
                ("'c' || i", "FALSE"), ("'crowd'", "FALSE"), ("'crowd.example'", "FALSE"),
                (_DOMAIN, "TRUE"), ("'crowd ' || i", "TRUE"), ("'' || i", "FALSE"),
            )
        ),
        *(
            "INSERT INTO virtual_account (id, smart_account_id, name, key, words, description, "
            f"access_level, is_default, tags) {_SERIES} SELECT '{id_}' || i, {FIRST} + i, "
            f"'{name}', '{name.lower()}', '{name.lower()}', '', 'unrestricted', {default}, {none} "
            "FROM n"
            for id_, name, default in (("d", "DEFAULT", "TRUE"), ("s", "Site", "FALSE"))
        ),
        (f"INSERT INTO membership (id, smart_account_id, person, role) {_MEMBERS} SELECT "
        f"'m' || i || '_' || k, {FIRST} + i, {person}, CASE k WHEN {ADMIN} THEN 'sa_admin' "
        f"WHEN {VA_ADMIN} THEN 'va_admin' ELSE 'sa_user' END FROM n CROSS JOIN m"),
        ("INSERT INTO membership_place (membership_id, virtual_account_id, include_nested) "
        f"{_SERIES} SELECT 'm' || i || '_{VA_ADMIN}', 's' || i, FALSE FROM n"),
        ("INSERT INTO access_request (id, smart_account_id, requester, scope, role, "
        "include_nested, named, justification, status, created_at, expires_at, ageing_reminders, "
        f"decided_at, decided_by) {_REQUESTS} SELECT 'r' || i || '_' || k, {FIRST} + i, "
        f"{person.replace('k * :step', '(k + 3) * :step + 1')}, 'virtual_accounts', 'va_user', "
        f"FALSE, {json}, '', CASE k WHEN 0 THEN 'pending' ELSE 'declined' END, {moment}, "
        f"{moment.replace(':at', ':later')}, 0, CASE k WHEN 0 THEN NULL ELSE {moment} END, "
        f"CASE k WHEN 0 THEN NULL ELSE 'p' || i || '@' || {_DOMAIN} END FROM n CROSS JOIN r"),
        ("INSERT INTO access_request_place (request_id, virtual_account_id) "
        f"{_REQUESTS} SELECT 'r' || i || '_' || k, 's' || i FROM n CROSS JOIN r"),
    ]  # fmt: skip


def gather(connection: Connection, crowd: Crowd) -> None:
    """Put a crowd into the database, and on PostgreSQL let it count its tables, as it does by
    itself after a while.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    now, later = clock.now(), clock.now() + timedelta(days=3000)
    moments = (now, later) if on_postgresql else (f"{now:%F %T.%f}", f"{later:%F %T.%f}")
    values = {
        "accounts": crowd.accounts, "members": crowd.members, "requests": crowd.requests,
        "step": max(crowd.accounts // max(crowd.members, crowd.requests + 4), 1),
        "at": moments[0], "later": moments[1],
    }  # fmt: skip
    for statement in _statements(on_postgresql):
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), named)
    if on_postgresql:
        connection.execute(text("ANALYZE"))
