"""Between chat and desk: answers arrive once, plain answers go to the case, a person takes over."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backend.core import jobs
from backend.core.client import Answer, LicensingApi
from backend.core.database import database
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import Newcomer, SignedIn
from tests.training.requests import at, request

LEE = "lee@support.example"
CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


async def opened(rasa: FakeRasa, talk: Talk) -> str:
    """A case opened from this chat; its number."""
    rasa.proposes("open_case", **CASE)
    [reply] = await talk.say("please")
    number: str = (await talk.settle(reply["proposal"])).json()["result"]["number"]
    rasa.says({"text": "Rasa says"})
    return number


async def news(talk: Talk) -> list[dict[str, Any]]:
    """What came into the chat by itself."""
    assert await jobs.drained(database(), 10)
    return [m for m in await talk.transcript() if m["author"]]


# --- The way back -----------------------------------------------------------------------------


async def test_that_an_agents_reply_arrives_in_the_chat_the_case_came_from(
    rasa: FakeRasa, talk: Talk, begin: Begin, lee: httpx.AsyncClient
) -> None:
    number = await opened(rasa, talk)
    later = await begin(talk.person)
    await lee.post(f"/cases/{number}/replies", json={"text": "Please <b>check</b> again."})
    [message] = await news(talk)
    assert (message["role"], message["author"]) == ("person", "Lee Castellwyn")
    assert message["text"] == "Please <b>check</b> again."
    assert message["case"] == {"number": number, "title": "Order stuck", "status": "in_progress"}
    assert await news(later) == []


async def test_that_a_case_from_elsewhere_is_answered_in_the_newest_chat(
    newcomer: Newcomer, begin: Begin, lee: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    old, new = await begin(someone), await begin(someone)
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    await lee.post(f"/cases/{number}/replies", json={"text": "Hello"})
    assert len(await news(new)) == 1
    assert await news(old) == []


async def test_that_an_answer_to_somebody_without_a_chat_is_a_mail_alone(
    newcomer: Newcomer, lee: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    number = (await someone.post("/cases", json=CASE)).json()["number"]
    await lee.post(f"/cases/{number}/replies", json={"text": "Hello"})
    outbox = await client.get("/api/v1/demo/outbox", params={"to": someone.email})
    assert len(outbox.json()["items"]) == 2
    assert (await someone.get("/conversations")).json()["items"] == []


async def test_that_a_schedule_and_an_end_are_told_in_the_chat(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    rasa.proposes("create_training_engagement", **request())
    [reply] = await talk.say("training")
    number = (await talk.settle(reply["proposal"])).json()["result"]["number"]
    await lee.post(f"/cases/{number}/schedule", json={"start": at(10), "end": at(11)})
    await news(talk)
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    scheduled, closed = await news(talk)
    assert scheduled["text"].startswith("Scheduled for ")
    assert closed["text"].startswith("Lee Castellwyn closed your case.")
    assert {m["role"] for m in (scheduled, closed)} == {"system"}


async def test_that_internal_notes_and_ones_own_deeds_are_no_news(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/notes", json={"text": "A secret"})
    await lee.patch(f"/cases/{number}", json={"severity": 2})
    await talk.person.post(f"/cases/{number}/cancel", json={})
    assert await news(talk) == []
    assert "A secret" not in str(await talk.transcript())


async def test_that_a_plain_answer_right_after_goes_to_the_case_and_the_bot_keeps_silent(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Which order?"})
    await news(talk)
    before = len(rasa.turns)
    first = await talk.send(key="k", text="It is 4100001.")
    assert (await talk.send(key="k", text="It is 4100001.")).json() == first.json()
    [reply] = first.json()["replies"]
    assert (reply["role"], reply["case"]["number"]) == ("system", number)
    assert len(rasa.turns) == before
    thread = (await lee.get(f"/cases/{number}")).json()["thread"]
    assert [e["text"] for e in thread if e["type"] == "note"] == ["It is 4100001."]
    [reply] = await talk.say("And what is a virtual account?")
    assert reply["text"] == "Rasa says"


async def test_that_trying_again_after_an_outage_still_goes_to_the_case(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Which order?"})
    await news(talk)
    before = len(rasa.turns)

    async def out_of_reach(*_: object, **__: object) -> Answer:
        raise httpx.ConnectError("out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(LicensingApi, "call", out_of_reach)
        [failed] = await talk.say("It is 4100001.")
    assert "/try_again" in {button["payload"] for button in failed["buttons"]}
    [reply] = await talk.press("/try_again")
    assert (reply["role"], reply["case"]["number"]) == ("system", number)
    assert len(rasa.turns) == before
    thread = (await lee.get(f"/cases/{number}")).json()["thread"]
    assert [e["text"] for e in thread if e["type"] == "note"] == ["It is 4100001."]


async def test_that_an_answer_to_an_older_message_of_an_agent_goes_to_its_case(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Which order?"})
    [asked] = await news(talk)
    await talk.press("/list_cases")
    await talk.send(text="It is 4100001.", in_reply_to=asked["id"])
    thread = (await lee.get(f"/cases/{number}")).json()["thread"]
    assert [e["text"] for e in thread if e["type"] == "note"] == ["It is 4100001."]


@pytest.mark.parametrize("message_id", ["99", "x", "9" * 20, "-1", "1"])
async def test_that_an_answer_to_nothing_is_an_ordinary_message(
    rasa: FakeRasa, talk: Talk, message_id: str
) -> None:
    answer = await talk.send(text="Hello", in_reply_to=message_id)
    assert answer.status_code == 200, answer.text
    assert [t["text"] for t in rasa.turns] == ["Hello"]


async def test_that_an_answer_to_a_case_that_has_ended_says_why_it_was_not_taken(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Which order?"})
    await news(talk)
    await talk.person.post(f"/cases/{number}/cancel", json={})
    [reply] = await talk.say("It is 4100001.")
    assert f"Case {number} is cancelled." in reply["text"]


async def asked_about(rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient) -> str:
    """A case from this chat in which an agent has just asked something; its number."""
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Which order?"})
    await news(talk)
    return number


async def test_that_words_meant_for_the_assistant_come_back_to_it(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    number = await asked_about(rasa, talk, lee)
    [sent] = await talk.say("What is a virtual account?")
    [button] = sent["buttons"]
    assert button["title"] == "This was for the assistant"
    [reply] = await talk.press(button["payload"])
    assert reply["text"] == "Rasa says"
    assert rasa.turns[-1]["text"] == "What is a virtual account?"
    thread = (await lee.get(f"/cases/{number}")).json()["thread"]
    notes = [e["text"] for e in thread if e["type"] == "note"]
    assert notes == [
        "What is a virtual account?",
        "(The message before was meant for the assistant, not for this case.)",
    ]
    [again] = await talk.press(button["payload"])
    assert again["text"] == "There is nothing to take back. What do you need?"


async def test_that_an_answer_opens_a_case_again_within_fourteen_days(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient, clock_ahead: Callable[..., None]
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Solved?"})
    [asked] = await news(talk)
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    await news(talk)
    clock_ahead(days=13)
    answer = await talk.send(text="No, it is not.", in_reply_to=asked["id"])
    [reply] = answer.json()["replies"]
    assert f"case {number}, which is open again" in reply["text"]
    assert (await lee.get(f"/cases/{number}")).json()["status"] == "in_progress"


async def test_that_a_case_closed_for_too_long_says_so_with_the_next_step(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient, clock_ahead: Callable[..., None]
) -> None:
    number = await opened(rasa, talk)
    await lee.post(f"/cases/{number}/replies", json={"text": "Solved?"})
    [asked] = await news(talk)
    await lee.patch(f"/cases/{number}", json={"status": "closed"})
    await news(talk)
    clock_ahead(days=15)
    answer = await talk.send(text="No, it is not.", in_reply_to=asked["id"])
    [reply] = answer.json()["replies"]
    assert "closed more than 14 days ago" in reply["text"]
    titles = [button["title"] for button in reply["buttons"]]
    assert titles == ["Open a new case", "This was for the assistant"]
    before = len(rasa.turns)
    await talk.press(reply["buttons"][0]["payload"])
    assert "No, it is not." in rasa.turns[before]["payload"]


# --- Take-over --------------------------------------------------------------------------------


async def test_that_who_takes_over_talks_and_no_engine_does(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    taken = await lee.post(f"{talk.path}/take-over")
    assert (taken.status_code, taken.json()["status"]) == (200, "person")
    assert await talk.say("Is anybody there?") == []
    said = await lee.post(
        f"{talk.path}/messages", json={"client_message_id": "a", "text": "I am, hello."}
    )
    assert said.status_code == 200
    assert rasa.turns == []
    transcript = (await talk.transcript())[1:]
    assert [(m["role"], m["text"]) for m in transcript] == [
        ("system", "Lee Castellwyn from the support desk has joined. You now talk to a person."),
        ("user", "Is anybody there?"),
        ("person", "I am, hello."),
    ]
    back = await lee.post(f"{talk.path}/hand-back")
    assert back.json()["status"] == "bot"
    [reply] = await talk.say("Thanks")
    assert reply["text"] == "You said Thanks"
    assert rasa.turns[0]["reset"] is True


async def test_that_a_take_over_during_a_turn_silences_the_answer_under_way(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    rasa.hold()
    slow = asyncio.create_task(talk.say("I need a person"))
    await rasa.arrived.wait()
    await lee.post(f"{talk.path}/take-over")
    rasa.proposes("open_case", **CASE)
    rasa.go_on()
    assert await slow == []
    transcript = await talk.transcript()
    assert [m["role"] for m in transcript] == ["bot", "user", "system"]
    assert not any(m["proposal"] for m in transcript)


async def test_that_one_agent_at_a_time_has_a_conversation(
    talk: Talk, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    mo = await person("mo@support.example")
    answers = await asyncio.gather(
        lee.post(f"{talk.path}/take-over"), mo.post(f"{talk.path}/take-over")
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    loser = mo if answers[0].status_code == 200 else lee
    message = {"client_message_id": "a", "text": "Hello"}
    assert (await loser.post(f"{talk.path}/messages", json=message)).status_code == 409
    assert [m["role"] for m in await talk.transcript()] == ["bot", "system"]


async def test_that_taking_over_twice_is_said_once(talk: Talk, lee: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await lee.post(f"{talk.path}/take-over")).status_code == 200
    assert [m["role"] for m in await talk.transcript()] == ["bot", "system"]


async def test_that_an_agent_does_not_speak_without_taking_over(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    message = {"client_message_id": "a", "text": "Hello"}
    refused = await lee.post(f"{talk.path}/messages", json=message)
    assert refused.status_code == 409
    assert (await lee.post(f"{talk.path}/hand-back")).status_code == 409
    assert rasa.turns == []
    assert len(await talk.transcript()) == 1


async def test_that_an_agents_message_sent_twice_is_said_once(
    talk: Talk, lee: httpx.AsyncClient
) -> None:
    await lee.post(f"{talk.path}/take-over")
    message = {"client_message_id": "same", "text": "Hello"}
    answers = [await lee.post(f"{talk.path}/messages", json=message) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert [m["text"] for m in await talk.transcript()].count("Hello") == 1


async def test_that_an_agent_says_words_and_nothing_else(
    talk: Talk, lee: httpx.AsyncClient
) -> None:
    await lee.post(f"{talk.path}/take-over")
    for content in ({"payload": "/confirm"}, {"file_id": "x"}):
        answer = await lee.post(f"{talk.path}/messages", json={"client_message_id": "a"} | content)
        assert answer.status_code == 422
    assert [m["role"] for m in await talk.transcript()] == ["bot", "system"]


@pytest.mark.parametrize("email", ["nadia@northwind.example", "cyra@support.example"])
async def test_that_others_do_not_take_over(talk: Talk, person: SignedIn, email: str) -> None:
    answer = await (await person(email)).post(f"{talk.path}/take-over")
    assert answer.status_code == 404
    assert (await talk.person.post(f"{talk.path}/take-over")).status_code == 403


async def test_that_the_desk_finds_taken_conversations_and_others_only_their_own(
    talk: Talk, lee: httpx.AsyncClient, begin: Begin
) -> None:
    await lee.post(f"{talk.path}/take-over")
    found = (await lee.get("/conversations", params={"status": "person"})).json()["items"]
    [mine] = [c for c in found if c["id"] == talk.id]
    assert mine["person"]["email"] == talk.email
    other = await begin()
    for query in ({}, {"status": "person"}, {"status": "bot"}):
        seen = (await other.person.get("/conversations", params=query)).json()["items"]
        assert {c["id"] for c in seen} <= {other.id}
        assert all(c["person"] is None for c in seen)
    assert (await lee.get("/conversations")).json()["items"] == [] or all(
        c["person"] is None for c in (await lee.get("/conversations")).json()["items"]
    )
    await lee.post(f"{talk.path}/hand-back")
