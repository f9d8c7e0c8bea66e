"""Repeating a write safely with `Idempotency-Key`."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select

from backend.core import clock
from backend.core.database import database
from backend.core.sealing import Unreadable, unseal
from backend.core.settings import settings
from backend.core.timers import run_due
from backend.core.unit_of_work import IdempotencyKey
from tests.conftest import ClockAt, Newcomer, SignedIn
from tests.core.conftest import Probe


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


async def send(probe: Probe, key: str, name: str = "once", **headers: Any) -> httpx.Response:
    return await probe.client.post(
        "/things", json={"name": name}, headers={"Idempotency-Key": key, **headers}
    )


async def kept(key: str) -> int:
    async with database().read() as session:
        return len(
            (await session.exec(select(IdempotencyKey).where(IdempotencyKey.key == key))).all()
        )


async def test_that_twenty_equal_keys_at_once_have_one_effect_and_one_answer(
    probe: Probe, key: str
) -> None:
    answers = await asyncio.gather(*(send(probe, key) for _ in range(20)))
    assert {(a.status_code, a.content) for a in answers} == {(201, answers[0].content)}
    assert sum("Idempotent-Replayed" in a.headers for a in answers) == 19
    assert await probe.names() == ["once"]
    assert probe.woken == ["once"]


async def test_that_the_same_key_with_another_body_is_refused(probe: Probe, key: str) -> None:
    await send(probe, key)
    answer = await send(probe, key, name="other")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"
    assert await probe.names() == ["once"]


async def test_that_one_key_is_not_shared_by_two_calls(person: SignedIn, key: str) -> None:
    nadia = await person("nadia@northwind.example")
    headers = {"Idempotency-Key": key}
    body = {"category": "other", "title": "One key", "description": "For two calls"}
    number = (await nadia.post("/cases", json=body, headers=headers)).json()["number"]
    other = await nadia.post(f"/cases/{number}/notes", json=body, headers=headers)
    assert other.status_code == 422


async def test_that_keys_of_two_people_are_two_keys(newcomer: Newcomer, key: str) -> None:
    body = {"category": "other", "title": "Equal", "description": "Equal"}
    numbers = set()
    for _ in range(2):
        someone = await newcomer()
        answer = await someone.post("/cases", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 201
        numbers.add(answer.json()["number"])
    assert len(numbers) == 2


async def test_that_after_a_failure_one_that_waited_runs_for_real(probe: Probe, key: str) -> None:
    probe.failures = 1
    answers = await asyncio.gather(*(send(probe, key) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 201, 201, 201, 409]
    assert sum("Idempotent-Replayed" in a.headers for a in answers) == 3
    assert await probe.names() == ["once"]


async def test_that_an_error_is_not_kept(probe: Probe, key: str) -> None:
    probe.failures = 1
    assert (await send(probe, key)).status_code == 409
    assert await kept(key) == 0
    assert (await send(probe, key, name="corrected")).status_code == 201


async def test_that_a_commit_that_fails_keeps_no_key(probe: Probe, key: str) -> None:
    headers = {"Idempotency-Key": key}
    failed = await probe.client.post("/things", json={"name": "x", "parent": 404}, headers=headers)
    assert failed.status_code == 409
    assert await kept(key) == 0


async def test_that_a_dry_run_stores_no_key(probe: Probe, key: str) -> None:
    tried = await send(probe, key, name="tried", **{"Dry-Run": "true"})
    assert tried.status_code == 200
    assert await kept(key) == 0
    assert (await send(probe, key)).status_code == 201


async def test_that_a_dry_run_after_the_write_does_not_replay_it(probe: Probe, key: str) -> None:
    await send(probe, key)
    tried = await send(probe, key, **{"Dry-Run": "true"})
    assert tried.headers["Dry-Run"] == "true"
    assert tried.json()["number"] is None
    assert await probe.names() == ["once"]


@pytest.mark.parametrize("bad", ["", "x" * 201])
async def test_that_an_empty_or_endless_key_is_refused(probe: Probe, bad: str) -> None:
    assert (await send(probe, bad)).status_code == 422
    assert await probe.names() == []


async def test_that_keys_are_forgotten_after_a_day(
    probe: Probe, key: str, clock_at: ClockAt
) -> None:
    await send(probe, key)
    clock_at(clock.now() + timedelta(hours=23, minutes=59))
    await run_due()
    assert await kept(key) == 1
    clock_at(clock.now() + timedelta(minutes=2))
    await run_due()
    assert await kept(key) == 0


async def test_that_tokens_are_not_kept_with_a_key(person: SignedIn, key: str) -> None:
    nadia = await person("nadia@northwind.example")
    minted = await nadia.post("/auth/mcp-token", headers={"Idempotency-Key": key})
    assert minted.status_code == 200
    assert await kept(key) == 0


async def test_that_a_kept_answer_is_sealed_and_its_key_good_for_nothing_else(
    probe: Probe, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await send(probe, key, name="sealed")
    async with database().read() as session:
        (row,) = (await session.exec(select(IdempotencyKey).where(IdempotencyKey.key == key))).all()
    assert "sealed" not in row.body
    assert unseal(row.body).encode() == first.content
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "secret_key", SecretStr("another-secret-that-is-long-enough-too"))
        with pytest.raises(Unreadable):
            unseal(row.body)


async def test_that_what_was_done_is_not_done_again_after_the_secret_changed(
    probe: Probe, key: str
) -> None:
    await send(probe, key)
    async with database().write() as session:
        (row,) = (await session.exec(select(IdempotencyKey).where(IdempotencyKey.key == key))).all()
        row.body = row.body[:-4] + "AAA="
        session.add(row)
    answer = await send(probe, key)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/answer-unreadable")
    assert "not done a second time" in answer.json()["hint"]
    assert await probe.names() == ["once"]
