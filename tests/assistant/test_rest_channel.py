"""The channel that clients of Rasa's REST channel speak."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import Newcomer, SignedIn

URL = "/webhooks/rest/webhook"


@pytest_asyncio.fixture(loop_scope="session")
async def someone(newcomer: Newcomer) -> httpx.AsyncClient:
    made = await newcomer()
    made.base_url = httpx.URL("http://product.test")
    return made


async def say(someone: httpx.AsyncClient, message: str, sender: str = "s1") -> list[dict[str, Any]]:
    answer = await someone.post(URL, json={"sender": sender, "message": message})
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()
    return told


async def test_that_it_answers_in_the_form_of_rasas_channel(
    rasa: FakeRasa, someone: httpx.AsyncClient
) -> None:
    ask = {"slot": "portal", "kind": "choice", "required": True, "options": []}
    rasa.says({"text": "Hello", "buttons": [{"title": "Go", "payload": "/go"}]},
              {"text": "Which portal?", "ask": ask})  # fmt: skip
    first, second = await say(someone, "Hi")
    assert first.keys() == {"recipient_id", "text", "buttons", "custom"}
    assert (first["recipient_id"], first["text"]) == ("s1", "Hello")
    assert first["buttons"] == [{"title": "Go", "payload": "/go"}]
    assert second["custom"]["ask"] == ask


async def test_that_the_sender_names_the_conversation_and_the_token_the_person(
    rasa: FakeRasa, someone: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    await say(someone, "one")
    await say(someone, "two")
    await say(someone, "elsewhere", sender="s2")
    other = await newcomer()
    other.base_url = httpx.URL("http://product.test")
    await say(other, "me too")
    senders = [turn["sender"] for turn in rasa.turns]
    assert senders[0] == senders[1]
    assert len(set(senders)) == 3
    assert rasa.turns[-1]["metadata"]["person"] == other.email  # type: ignore[attr-defined]


async def test_that_another_persons_conversation_is_not_reached_by_its_id(
    rasa: FakeRasa, someone: httpx.AsyncClient, person: SignedIn
) -> None:
    nadia = await person("nadia@northwind.example")
    talk = (await nadia.post("/conversations", json={"portal": "clc"})).json()["id"]
    await say(someone, "hello", sender=talk)
    assert rasa.turns[0]["sender"] != talk


async def test_that_a_card_is_confirmed_by_a_plain_yes(
    rasa: FakeRasa, someone: httpx.AsyncClient
) -> None:
    rasa.proposes("open_case", category="orders", title="Stuck", description="x")
    [card] = await say(someone, "please")
    assert card["custom"]["proposal"]["status"] == "open"
    [done] = await say(someone, "yes")
    assert done["text"].startswith("Done: Case opened.")
    assert len((await someone.get("/api/v1/cases")).json()["items"]) == 1


async def test_that_a_pressed_button_is_its_payload_and_other_commands_are_text(
    rasa: FakeRasa, someone: httpx.AsyncClient
) -> None:
    rasa.says({"text": "Hello", "buttons": [{"title": "Go", "payload": '/go{"to":"clc"}'}]})
    await say(someone, "Hi")
    await say(someone, '/go{"to":"clc"}')
    assert rasa.turns[-1]["payload"] == '/go{"to":"clc"}'
    for words in ('/go{"to":"cssm"}', "/restart"):
        await say(someone, words)
        assert rasa.turns[-1]["text"] == words
        assert "payload" not in rasa.turns[-1]


async def test_that_first_messages_at_once_begin_one_conversation(
    rasa: FakeRasa, someone: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(say(someone, f"m{i}") for i in range(4)))
    assert all(len(answer) == 1 for answer in answers)
    assert len({turn["sender"] for turn in rasa.turns}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"sender": "s1", "message": ""}, {"sender": "s1", "message": "  \x00 "},
        {"sender": "s1", "message": "x" * 10_000}, {"sender": "", "message": "x"},
        {"sender": "x" * 201, "message": "x"}, {"message": "x"}, {"sender": "s1"}, {}, [],
        {"sender": "s1", "message": 7},
    ],
)  # fmt: skip
async def test_that_what_is_no_message_is_refused(
    rasa: FakeRasa, someone: httpx.AsyncClient, body: Any
) -> None:
    answer = await someone.post(URL, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert rasa.turns == []
    assert (await someone.get("/api/v1/conversations")).json()["items"] == []


async def test_that_a_sender_of_odd_characters_is_no_crash(
    rasa: FakeRasa, someone: httpx.AsyncClient
) -> None:
    answer = await someone.post(URL, json={"sender": f"\x00{uuid.uuid4().hex}", "message": "x"})
    assert answer.status_code in {200, 422}


async def test_that_nobody_talks_without_a_token(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"sender": "s1", "message": "x"})
    assert answer.status_code == 401
