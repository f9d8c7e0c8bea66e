"""Lists ask the database the same number of questions however long they are, each by an index."""

from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlmodel import col

from backend.accounts.models import SmartAccountRequest
from backend.accounts.requests import repository
from backend.core import jobs
from backend.core.database import database
from backend.core.identity import Person
from tests.access.statements import counted, whole_tables
from tests.accounts.world import (
    company,
    creation,
    done,
    email_of,
    for_customer,
    fresh_domain,
    made,
    make_account,
)
from tests.conftest import Newcomer
from tests.crowd import FIRST, Crowd, gather

CALL = "/smart-account-requests"
MANY = 3000


async def test_that_a_long_list_costs_as_many_queries_as_a_short_one(newcomer: Newcomer) -> None:
    domain = await company()
    admin, someone = await newcomer(organization=domain), await newcomer()
    await make_account(domain, (email_of(admin), "sa_admin"))
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/smart-accounts", creation(fresh_domain())),
        ("/smart-accounts", creation(fresh_domain(above=domain))),
        (CALL, for_customer(fresh_domain(), "a@nobody.example", "b@nobody.example")),
    ]
    for call, body in bodies:
        await made(await someone.post(call, json=body))
    assert await jobs.drained(database(), 20)
    with counted() as short:
        assert len((await done(await someone.get(CALL)))["items"]) == 3
    for _ in range(4):
        for call, body in bodies:
            above = domain if body["domain"].endswith(domain) else None
            await made(await someone.post(call, json=body | {"domain": fresh_domain(above)}))
    assert await jobs.drained(database(), 20)
    with counted() as long:
        assert len((await done(await someone.get(CALL)))["items"]) == 15
    assert len(long) == len(short) <= 12


async def test_that_the_front_page_costs_few_queries(newcomer: Newcomer) -> None:
    domain = await company()
    admin = await newcomer(organization=domain)
    await make_account(domain, (email_of(admin), "sa_admin"))
    assert await jobs.drained(database(), 20)
    with counted() as asked:
        await done(await admin.get(f"/smart-accounts/{domain}/overview"))
    assert len(asked) <= 18


REQUESTS = (
    "INSERT INTO smart_account_request (id, kind, status, name, domain, requester, visibility, "
    "note, note_to_customer, reminders, over_account_id, created_at) {series} SELECT 'r' || i, "
    "'customer', CASE WHEN i % 50 = 0 THEN 'pending_acceptance' ELSE 'expired' END, 'Crowd', "
    "'r' || i || '.crowd.example', 'p' || i || '@c' || i || '.crowd.example', 'unrestricted', '', "
    "'', 0, {first} + i, {moment} FROM n"
)
INVITATIONS = (
    "INSERT INTO smart_account_invitation (request_id, email, invited_at) {series} "
    "SELECT 'r' || i, 'c' || i || '@crowd.example', {moment} FROM n"
)


def _crowd(connection: Connection) -> None:
    """Accounts and requests of other people, enough that no database reads them all."""
    gather(connection, Crowd(accounts=MANY, members=3, requests=1))
    on_postgresql = connection.dialect.name == "postgresql"
    words = {
        "series": "WITH RECURSIVE n(i) AS "
        f"(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {MANY})",
        "first": FIRST,
        "moment": "now()" if on_postgresql else "datetime('now')",
    }
    for statement in (REQUESTS, INVITATIONS):
        connection.execute(text(statement.format(**words)))
    if on_postgresql:
        connection.execute(text("ANALYZE"))


@pytest.mark.parametrize("list_", ["readable_by", "waiting_for"])
async def test_that_each_way_to_a_request_has_its_index(newcomer: Newcomer, list_: str) -> None:
    someone = await newcomer()
    async with database().write(dry_run=True) as session:
        person = await session.get_one(Person, email_of(someone))
        statement = getattr(repository, list_)(person).order_by(
            col(SmartAccountRequest.created_at).desc(), col(SmartAccountRequest.id).desc()
        )
        connection = await session.connection()
        await connection.run_sync(_crowd)
        dialect = connection.dialect
        explain = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN "
        told = statement.limit(51).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        rows = (await connection.exec_driver_sql(f"{explain}{told}")).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    read = [line for line in whole_tables(plan) if "smart_account" in line]
    assert read == [], plan
