"""Too many at once: refused with when to go on, per person."""

import httpx
import pytest

from backend.core.settings import Settings, settings
from tests.assistant.conftest import Begin
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import Newcomer


def test_that_a_person_may_send_what_the_contract_promises() -> None:
    assert Settings().messages_a_minute >= 300
    assert Settings().conversations_a_minute >= 60


async def is_refused(answer: httpx.Response) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.headers["content-type"] == "application/problem+json"
    wait = int(answer.headers["Retry-After"])
    assert 1 <= wait <= 61
    assert answer.json()["hint"] == f"Wait {wait} seconds and go on."
    return True


async def test_that_too_many_messages_are_refused_without_a_turn(
    rasa: FakeRasa, begin: Begin, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "messages_a_minute", 3)
    talk = await begin()
    answers = [await talk.send(text=f"m{i}") for i in range(5)]
    assert [await is_refused(a) for a in answers] == [False] * 3 + [True] * 2
    assert len(rasa.turns) == 3
    other = await begin()
    assert not await is_refused(await other.send(text="hello"))


async def test_that_the_rest_channel_has_the_same_limit(
    rasa: FakeRasa, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "messages_a_minute", 2)
    someone = await newcomer()
    url = "http://product.test/webhooks/rest/webhook"
    answers = [await someone.post(url, json={"sender": "s", "message": "x"}) for _ in range(3)]
    assert [await is_refused(a) for a in answers] == [False, False, True]


async def test_that_too_many_conversations_are_refused(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "conversations_a_minute", 2)
    someone = await newcomer()
    answers = [await someone.post("/conversations", json={"portal": "clc"}) for _ in range(3)]
    assert [await is_refused(a) for a in answers] == [False, False, True]
    assert len((await someone.get("/conversations")).json()["items"]) == 2
