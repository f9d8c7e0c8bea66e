"""One request, one transaction: dry runs, failing commits, hooks, nesting."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import func, text
from sqlmodel import col, select

from backend.accounts.models import SmartAccount
from backend.core.database import NestedWrite, after_commit, database, refuse_open_transaction
from backend.core.policy import Role
from backend.users.models import Membership
from tests.conftest import LITWARE, Newcomer
from tests.core.conftest import Probe


async def test_that_a_write_stays_and_its_hook_runs_once(probe: Probe) -> None:
    answer = await probe.client.post("/things", json={"name": "kept"})
    assert answer.status_code == 201
    assert answer.json()["number"] == "C-1"
    assert await probe.names() == ["kept"]
    assert probe.woken == ["kept"]


@pytest.mark.parametrize("said", ["true", "True", "TRUE", "1", "yes", "on"])
async def test_that_a_dry_run_with_savepoints_leaves_nothing(probe: Probe, said: str) -> None:
    answer = await probe.client.post("/things", json={"name": "tried"}, headers={"Dry-Run": said})
    assert answer.status_code == 200
    assert answer.headers["Dry-Run"] == "true"
    assert await probe.names() == []
    assert probe.woken == []


@pytest.mark.parametrize("said", ["false", "0", "no"])
async def test_that_a_dry_run_can_be_declined(probe: Probe, said: str) -> None:
    answer = await probe.client.post("/things", json={"name": "kept"}, headers={"Dry-Run": said})
    assert answer.status_code == 201
    assert await probe.names() == ["kept"]


async def test_that_an_unclear_dry_run_is_refused_and_leaves_nothing(probe: Probe) -> None:
    answer = await probe.client.post("/things", json={"name": "x"}, headers={"Dry-Run": "maybe"})
    assert answer.status_code == 422
    assert await probe.names() == []


async def test_that_a_preview_shows_no_id_number_or_link_of_what_was_not_created(
    probe: Probe,
) -> None:
    answer = await probe.client.post("/things", json={"name": "tried"}, headers={"Dry-Run": "true"})
    assert answer.json() == {
        "id": None, "number": None, "link": None, "name": "tried",
        "receipt": {"title": "Stored", "reference": None, "lines": []},
    }  # fmt: skip


async def test_that_a_commit_that_fails_is_no_success(probe: Probe) -> None:
    answer = await probe.client.post("/things", json={"name": "orphan", "parent": 404})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert await probe.names() == []
    assert probe.woken == []


async def test_that_a_refusal_takes_everything_back(probe: Probe) -> None:
    probe.failures = 1
    answer = await probe.client.post("/things", json={"name": "refused"})
    assert answer.status_code == 409
    assert await probe.names() == []
    assert probe.woken == []


async def test_that_a_read_can_change_nothing(probe: Probe) -> None:
    answer = await probe.client.get("/things")
    assert answer.status_code == (200 if database().on_sqlite else 500)
    assert await probe.names() == []


async def test_that_postgresql_keeps_what_reads_have_prepared(app: FastAPI) -> None:
    if database().on_sqlite:
        return
    # The pool takes its connections in turn, so that each gets to the fifth time.
    for _ in range(60):
        async with database().read() as session:
            await session.exec(select(SmartAccount).where(SmartAccount.id == LITWARE))
    async with database().read() as session:
        prepared = await session.scalar(text(
            "SELECT count(*) FROM pg_prepared_statements "
            "WHERE statement LIKE '%smart_account.id = %'"
        ))  # fmt: skip
    assert prepared


async def test_that_a_write_within_a_write_is_refused_at_once(probe: Probe) -> None:
    with pytest.raises(NestedWrite):
        async with database().write(), database().write():
            raise AssertionError("the inner one was opened")
    answer = await asyncio.wait_for(probe.client.post("/nested"), 2)
    assert answer.status_code == 500


async def test_that_a_call_to_the_api_from_within_a_write_is_refused_at_once(
    probe: Probe,
) -> None:
    async with database().write():
        answer = await asyncio.wait_for(probe.client.post("/things", json={"name": "x"}), 2)
    assert answer.status_code == 500
    assert await probe.names() == []


async def test_that_nothing_slow_is_awaited_with_a_write_open(probe: Probe) -> None:
    refuse_open_transaction("Rasa")
    async with database().read():
        refuse_open_transaction("Rasa")
    async with database().write():
        with pytest.raises(NestedWrite, match="Rasa"):
            refuse_open_transaction("Rasa")


async def test_that_writes_of_other_tasks_wait_for_each_other(probe: Probe) -> None:
    answers = await asyncio.gather(
        *(probe.client.post("/things", json={"name": f"n{i:02}"}) for i in range(20))
    )
    assert {a.status_code for a in answers} == {201}
    assert await probe.names() == [f"n{i:02}" for i in range(20)]


async def test_that_hooks_do_not_run_after_an_exception(app: object) -> None:
    woken: list[str] = []

    async def broken() -> None:
        async with database().write() as session:
            after_commit(session, lambda: woken.append("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()
    assert woken == []


async def test_that_a_hook_that_fails_takes_no_success_back(probe: Probe) -> None:
    probe.broken_hook = True
    answer = await probe.client.post("/things", json={"name": "kept"})
    assert answer.status_code == 201
    assert await probe.names() == ["kept"]
    assert probe.woken == ["kept"]


async def test_that_two_removals_at_once_leave_the_last_administrator(newcomer: Newcomer) -> None:
    people = [(await newcomer(roles=((LITWARE, "sa_admin"),))).email for _ in range(2)]

    async def remove(email: str) -> bool:
        """As a route would: lock the account, look, decide, remove."""
        async with database().write() as session:
            await session.exec(
                select(SmartAccount).where(SmartAccount.id == LITWARE).with_for_update()
            )
            mine = select(Membership).where(
                Membership.smart_account_id == LITWARE,
                Membership.role == Role.SA_ADMIN,
                col(Membership.person).in_(people),
            )
            if (await session.exec(select(func.count()).select_from(mine.subquery()))).one() < 2:
                return False
            await asyncio.sleep(0.05)
            await session.delete((await session.exec(mine.where(Membership.person == email))).one())
        return True

    removed = await asyncio.gather(*(remove(email) for email in people))
    assert sorted(removed) == [False, True]
