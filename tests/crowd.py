"""Any number of Smart Accounts with their people at once, made by the database itself.

Account `n` has the number FIRST + n, the domain `c‹n›.crowd.example`, two virtual accounts, its
members, a group, requests for access of which one waits, and orders where they are wanted. Person
`n` has the address `p‹n›@c‹n›.crowd.example` and a role in as many accounts as an account has
members, whatever the size of the crowd: what one of them sees is the same in a small one and in a
big one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from backend.core import clock

FIRST = 1_000_000_000


@dataclass(frozen=True)
class Crowd:
    """How many accounts there are, and how many members, requests and orders each has."""

    accounts: int
    members: int = 10
    requests: int = 3
    orders: int = 0

    def address(self, person: int) -> str:
        return f"p{person}@c{person}.crowd.example"

    def domain(self, account: int) -> str:
        return f"c{account}.crowd.example"


# `i` counts accounts (and people), `k` what each of them has several of.
_ACCOUNTS = "n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :accounts)"
_EACH = "m(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM m WHERE k + 1 < {several})"
_DOMAIN = "'c' || i || '.crowd.example'"
_ACCOUNT = f"{FIRST} + i"
_WORDS = {
    "'c' || i": "FALSE", "'crowd'": "FALSE", "'crowd.example'": "FALSE", "'' || i": "FALSE",
    _DOMAIN: "TRUE", "'crowd ' || i": "TRUE",
}  # fmt: skip


def _person(number: str) -> str:
    return f"'p' || {number} || '@c' || {number} || '.crowd.example'"


def _other(steps: str) -> str:
    """Somebody far away in the numbering: different people for the different `k` of an account."""
    return _person(f"((i + {steps}) % :accounts)")


def _insert(table: str, several: str | None = None, /, **columns: str) -> str:
    """Rows of a table, one for each account, or `several` for each."""
    series = _ACCOUNTS + (", " + _EACH.format(several=several) if several else "")
    source = "n CROSS JOIN m" if several else "n"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE {series} "
        f"SELECT {', '.join(columns.values())} FROM {source}"
    )


def _statements(*, on_postgresql: bool, with_orders: bool) -> Iterator[str]:
    empty = "CAST('{}' AS json)" if on_postgresql else "'{}'"
    none = empty.replace("{}", "[]")
    at, later = ":at", ":later"
    if on_postgresql:
        at, later = f"CAST({at} AS timestamptz)", f"CAST({later} AS timestamptz)"
    yield _insert("organization", domain=_DOMAIN, name="'Crowd ' || i", kind="'customer'",
                  public_mailbox="FALSE")  # fmt: skip
    yield _insert("person", id=_person("i"), email=_person("i"), name="'Person ' || i",
                  kind="'customer'", organization_domain=_DOMAIN, note="''", other_emails=none,
                  partner_roles=none, desk_queues=none)  # fmt: skip
    yield _insert("smart_account", id=_ACCOUNT, domain=_DOMAIN, name="'Crowd ' || i",
                  domain_path="'example.crowd.c' || i || '.'", key="'crowd ' || i",
                  type="'customer'", status="'active'", is_smb="FALSE",
                  visibility="'unrestricted'", case_visibility="'owner'", policies=empty,
                  smart_licensing_notice="1", admin_notice="1", created_at=at)  # fmt: skip
    for word, whole in _WORDS.items():
        yield _insert("smart_account_word", word=word, smart_account_id=_ACCOUNT, whole=whole)
    yield _insert("smart_account_alias", domain="'old' || i || '.smb'", smart_account_id=_ACCOUNT)
    yield _insert("smart_account_request", id="'q' || i", kind="'create'", status="'active'",
                  name="'Crowd ' || i", domain=_DOMAIN, requester=_person("i"),
                  visibility="'unrestricted'", note="''", note_to_customer="''",
                  smart_account_id=_ACCOUNT, reminders="0", created_at=at)  # fmt: skip
    for letter, name, default in (("d", "DEFAULT", "TRUE"), ("s", "Site", "FALSE")):
        folded = f"'{name.lower()}'"
        yield _insert("virtual_account", id=f"'{letter}' || i", smart_account_id=_ACCOUNT,
                      name=f"'{name}'", key=folded, words=folded, description="''",
                      access_level="'unrestricted'", is_default=default, tags=none)  # fmt: skip
    yield from _roles(at)
    yield from _requests(empty, at, later)
    if with_orders:
        yield from _orders(at, empty)


def _roles(at: str) -> Iterator[str]:
    """The first member is SA Administrator, the second administers `Site`, the rest use it."""
    role = "CASE k WHEN 0 THEN 'sa_admin' WHEN 1 THEN 'va_admin' ELSE 'sa_user' END"
    yield _insert("membership", ":members", id="'m' || i || '_' || k", smart_account_id=_ACCOUNT,
                  person=_other("k * :step"), role=role)  # fmt: skip
    yield _insert("membership_place", membership_id="'m' || i || '_1'",
                  virtual_account_id="'s' || i", include_nested="FALSE")  # fmt: skip
    yield _insert("user_group", id="'g' || i", smart_account_id=_ACCOUNT, name="'Group'",
                  key="'group'", description="''", role="'va_user'")  # fmt: skip
    yield _insert("user_group_member", group_id="'g' || i", person=_person("i"))
    yield _insert("user_group_place", group_id="'g' || i", virtual_account_id="'s' || i")
    yield _insert("external_group_grant", id="'e' || i", lookup_id="'l' || i",
                  group_id="'g' || i", smart_account_id=f"{FIRST} + ((i + 1) % :accounts)",
                  requested_by=_person("i"), requested_at=at, role="'va_user'",
                  granted_by=_person("i"), granted_at=at)  # fmt: skip
    yield _insert("external_group_place", grant_id="'e' || i",
                  virtual_account_id="'s' || ((i + 1) % :accounts)")  # fmt: skip


def _requests(empty: str, at: str, later: str) -> Iterator[str]:
    """The first one waits, the others were declined by person `n`."""

    def decided(value: str) -> str:
        return f"CASE k WHEN 0 THEN NULL ELSE {value} END"

    yield _insert("access_request", ":requests", id="'r' || i || '_' || k",
                  smart_account_id=_ACCOUNT, requester=_other("(k + 3) * :step + 1"),
                  scope="'virtual_accounts'", role="'va_user'", include_nested="FALSE",
                  named=empty, justification="''", created_at=at, expires_at=later,
                  status="CASE k WHEN 0 THEN 'pending' ELSE 'declined' END",
                  ageing_reminders="0", decided_at=decided(at),
                  decided_by=decided(_person("i")))  # fmt: skip
    yield _insert("access_request_place", ":requests", request_id="'r' || i || '_' || k",
                  virtual_account_id="'s' || i")  # fmt: skip
    yield _insert("approval_delegation", id="'a' || i", smart_account_id=_ACCOUNT,
                  delegator=_person("i"), delegate=_other(":step"), scope="'account'", starts=at,
                  ends=later, created_at=at, ended_at=at)  # fmt: skip


def _orders(at: str, empty: str) -> Iterator[str]:
    """Person `n` is the contact of account `n`'s orders, which have two lines on it each, are
    shared with somebody far away and delegated to somebody else.
    """
    number = "CAST(50000000000 + i * :orders + k AS varchar(20))"
    yield _insert("sales_order", ":orders", number=number, web_order_number=f"'w' || {number}",
                  type="'standard'", status="'booked'", version="1",
                  partner_domain="'c' || (i % 100) || '.crowd.example'",
                  end_customer="'Crowd ' || i", fc_email=_person("i"), fc_domain=_DOMAIN,
                  placed_at=at, booked_at=at, updated_at=at, holds=empty,
                  unassigned_lines="0", is_held="FALSE")  # fmt: skip
    for line in "12":
        yield _insert("order_line", ":orders", order_number=number, number=line, placed_at=at,
                      sku="'SKU'", product="'Product'", quantity="1", kind="'perpetual'",
                      smart_enabled="TRUE", provisioning="'not_started'", provisioning_since=at,
                      smart_account_id=_ACCOUNT, virtual_account_id="'s' || i",
                      assigned_at=at)  # fmt: skip
    yield _insert("order_share", ":orders", order_number=number, email=_other(":step"),
                  shared_by=_person("i"), shared_at=at, order_version="1")  # fmt: skip
    yield _insert("order_delegation", ":orders", id=f"'o' || {number}", order_number=number,
                  email=_other("2 * :step"), message="''", token_hash=f"'t' || {number}",
                  delegator=_person("i"), created_at=at, expires_at=at,
                  delegate=_other("2 * :step"), redeemed_at=at, order_version="1")  # fmt: skip
    yield _insert("order_follower", ":orders", order_number=number, person=_person("i"),
                  since=at, told=empty.replace("{}", "[]"))  # fmt: skip
    yield _insert("license", ":orders", id=f"'n' || {number}", smart_account_id=_ACCOUNT,
                  virtual_account_id="'s' || i", order_number=number, line="1", sku="'SKU'",
                  product="'Product'", quantity="1", kind="'perpetual'", starts_at=at,
                  added_at=at)  # fmt: skip
    yield _insert("order_fulfillment_manager", partner_domain=_DOMAIN, person=_person("i"),
                  granted_at=at)  # fmt: skip


def gather(connection: Connection, crowd: Crowd) -> None:
    """Put a crowd into the database; PostgreSQL also counts its tables, which it does by itself
    after a while.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    now, later = clock.now(), clock.now() + timedelta(days=3000)
    several = max(crowd.members, crowd.requests + 4)
    values = {
        "accounts": crowd.accounts, "members": crowd.members, "requests": crowd.requests,
        "step": max(crowd.accounts // several, 1), "orders": crowd.orders,
        "at": now if on_postgresql else f"{now:%F %T.%f}",
        "later": later if on_postgresql else f"{later:%F %T.%f}",
    }  # fmt: skip
    for statement in _statements(on_postgresql=on_postgresql, with_orders=crowd.orders > 0):
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), named)
    if on_postgresql:
        connection.execute(text("ANALYZE"))
