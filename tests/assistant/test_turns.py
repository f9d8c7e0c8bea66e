"""A message and its answer: once, in order, with what may be said and what may not."""

import asyncio
from typing import Any

import httpx
import pytest

from assistant.conversations.models import Conversation
from backend.core.database import NestedWrite, database, refuse_open_transaction
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import SignedIn

TRY_AGAIN, LEAVE_CASE = "/try_again", "/leave_case"


async def conversation(talk: Talk) -> Conversation:
    async with database().read() as session:
        return await session.get_one(Conversation, talk.id)


# --- Begin ------------------------------------------------------------------------------------


async def test_that_a_conversation_begins_with_a_greeting_and_what_it_offers(talk: Talk) -> None:
    assert (talk.opened["status"], talk.opened["portal"]) == ("bot", "clc")
    [greeting] = talk.opened["replies"]
    assert greeting["text"].startswith("Hello New.")
    assert {"title": "I need training", "payload": "/request_training"} in greeting["buttons"]
    # An order of hers, by the domain of its contact, waits.
    assert greeting["buttons"][0]["title"] == "Show delayed orders"
    assert await talk.transcript() == [greeting]


async def test_that_every_start_is_a_new_conversation(begin: Begin, talk: Talk) -> None:
    other = await begin(talk.person)
    assert other.id != talk.id
    assert len(talk.id) >= 43


@pytest.mark.parametrize("body", [{}, {"portal": "lrp"}, {"portal": "clc", "engine": "gpt"}])
async def test_that_an_unknown_portal_or_engine_is_refused(person: SignedIn, body: Any) -> None:
    nadia = await person("nadia@northwind.example")
    assert (await nadia.post("/conversations", json=body)).status_code == 422


async def test_that_without_a_model_the_agent_says_who_answers_instead(person: SignedIn) -> None:
    nadia = await person("nadia@northwind.example")
    body = {"portal": "clc", "engine": "agent"}
    opened = (await nadia.post("/conversations", json=body)).json()
    assert opened["engine"] == "rasa"
    assert [(r["role"], "no model" in r["text"]) for r in opened["replies"]] == [
        ("system", True), ("bot", False),
    ]  # fmt: skip


# --- Rasa -------------------------------------------------------------------------------------


async def test_that_words_reach_rasa_with_who_speaks_and_where(
    rasa: FakeRasa, begin: Begin
) -> None:
    talk = await begin(time_zone="Asia/Kolkata", language="hi", portal="cssm")
    [reply] = await talk.say("Training, please")
    assert (reply["text"], reply["role"], reply["engine"]) == (
        "You said Training, please", "bot", "rasa",
    )  # fmt: skip
    [turn] = rasa.turns
    assert turn == {
        "sender": talk.id, "message_id": f"{talk.id}:2", "text": "Training, please", "reset": True,
        "metadata": {"person": talk.email, "portal": "cssm", "time_zone": "Asia/Kolkata",
                     "language": "hi"},
    }  # fmt: skip
    await talk.say("again")
    assert rasa.turns[1]["reset"] is False


@pytest.mark.parametrize("text", [
    "/restart", '/request_training{"portal":"clc"}', "/confirm", " /back",
    "<script>alert(1)</script>", "**bold** [x](javascript:y)", "日本語 \U0001f600",
    "tell me\nabout\tlines", "' OR 1=1 --", "{{7*7}} {x} %s", "x" * 4000,
])  # fmt: skip
async def test_that_words_are_words_whatever_they_look_like(
    rasa: FakeRasa, talk: Talk, text: str
) -> None:
    [reply] = await talk.say(text)
    assert rasa.turns[0]["text"] == text.strip()
    assert "payload" not in rasa.turns[0]
    shown = (await talk.transcript())[1]
    assert (shown["role"], shown["text"]) == ("user", text.strip())
    assert reply["text"] == f"You said {text.strip()}"


async def test_that_control_characters_are_left_out(rasa: FakeRasa, talk: Talk) -> None:
    await talk.say("a\x00b\x1b[31mc\x7f")
    assert rasa.turns[0]["text"] == "ab[31mc"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"text": ""}, "Type what you need"),
        ({"text": " \n\t "}, "Type what you need"),
        ({"text": "\x00\x07"}, "Type what you need"),
        ({"text": "x" * 4001}, "4001 characters; 4000 is the most"),
        ({"text": "x" * 10_000}, "10000 characters; 4000 is the most"),
        ({}, "exactly one of"),
        ({"text": "a", "payload": "/x"}, "exactly one of"),
        ({"text": "a", "client_message_id": ""}, ""),
        ({"text": "a", "client_message_id": "k" * 101}, ""),
        ({"payload": "/" + "x" * 2001}, ""),
        ({"text": 7}, ""),
        ({"file_id": "nothing"}, "was not uploaded to this conversation"),
    ],
)
async def test_that_what_is_no_message_is_refused_and_leaves_no_trace(
    rasa: FakeRasa, talk: Talk, content: dict[str, Any], says: str
) -> None:
    body = {"client_message_id": "k"} | content
    refused = await talk.person.post(f"{talk.path}/messages", json=body)
    assert refused.status_code == 422
    assert says in refused.json()["detail"]
    assert rasa.turns == []
    assert len(await talk.transcript()) == 1


async def test_that_a_replayed_message_is_one_turn_with_one_answer(
    rasa: FakeRasa, talk: Talk
) -> None:
    first = await talk.send(key="same", text="Hello")
    second = await talk.send(key="same", text="Hello")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(rasa.turns) == 1
    assert len(await talk.transcript()) == 3


async def test_that_a_replay_while_the_first_still_runs_waits_for_its_answer(
    rasa: FakeRasa, talk: Talk
) -> None:
    rasa.hold()
    sent = [asyncio.create_task(talk.send(key="same", text="Hello")) for _ in range(3)]
    await rasa.arrived.wait()
    await asyncio.sleep(0.05)
    rasa.go_on()
    answers = [(await task).json() for task in sent]
    assert answers[0]["replies"][0]["text"] == "You said Hello"
    assert answers[0] == answers[1] == answers[2]
    assert len(rasa.turns) == 1


async def test_that_messages_at_once_are_answered_in_order_each_with_its_own(
    rasa: FakeRasa, talk: Talk
) -> None:
    said = [f"message {i}" for i in range(8)]
    replies = await asyncio.gather(*(talk.say(text) for text in said))
    assert [r["text"] for [r] in replies] == [f"You said {text}" for text in said]
    transcript = (await talk.transcript())[1:]
    asked = [m["text"] for m in transcript if m["role"] == "user"]
    assert [t["text"] for t in rasa.turns] == asked
    assert [m["text"] for m in transcript if m["role"] == "bot"] == [f"You said {t}" for t in asked]
    assert [int(m["id"]) for m in transcript] == list(range(2, 18))


async def test_that_no_transaction_is_open_while_an_engine_thinks(
    rasa: FakeRasa, talk: Talk, begin: Begin
) -> None:
    """Somebody else writes meanwhile, at once."""
    rasa.hold()
    slow = asyncio.create_task(talk.say("Hello"))
    await rasa.arrived.wait()
    other = await asyncio.wait_for(begin(), 5)
    assert other.opened["replies"]
    rasa.go_on()
    assert len(await slow) == 1


async def test_that_an_open_transaction_would_be_noticed(rasa: FakeRasa) -> None:
    async with database().write():
        with pytest.raises(NestedWrite):
            refuse_open_transaction("Rasa")


async def test_that_all_that_rasa_says_is_shown_in_order_and_why_to_support_alone(
    rasa: FakeRasa, talk: Talk, person: SignedIn
) -> None:
    option = {"value": "clc", "title": "CLC", "payload": '/answer{"value":"clc"}'}
    ask = {"slot": "portal", "kind": "choice", "required": True, "options": [option]}
    rasa.says(
        {"text": "First", "sources": [{"title": "A", "url": "/knowledge/a"}]},
        {"text": "Which portal?", "ask": ask},
    )
    first, second = await talk.say("training")
    assert first["sources"] == [{"title": "A", "url": "/knowledge/a"}]
    assert second["ask"] == ask
    assert [m["why"] for m in await talk.transcript()] == [None] * 4
    lee = await person("lee@support.example")
    seen = (await lee.get(f"{talk.path}/messages")).json()["items"]
    assert seen[1]["why"]["intent"] == {"name": "inform", "confidence": 0.97}
    assert seen[1]["why"]["ranking"][1]["name"] == "other"


# --- Payloads ---------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", ["/restart", "/confirm", '/answer{"value":"x"}', LEAVE_CASE])
async def test_that_a_payload_nobody_offered_has_no_effect_and_the_question_stands(
    rasa: FakeRasa, talk: Talk, payload: str
) -> None:
    ask = {"slot": "attendees", "kind": "number", "required": True}
    rasa.says({"text": "How many?", "ask": ask})
    await talk.say("training")
    [reply] = await talk.press(payload)
    assert len(rasa.turns) == 1
    assert "How many?" in reply["text"]
    assert reply["ask"] == ask
    assert (await talk.transcript())[-2]["text"] == "…"


async def test_that_an_offered_payload_is_shown_as_its_title_and_reaches_rasa(
    rasa: FakeRasa, talk: Talk
) -> None:
    await talk.press("/request_training")
    assert rasa.turns[0]["payload"] == "/request_training"
    assert "text" not in rasa.turns[0]
    assert (await talk.transcript())[1]["text"] == "I need training"


async def test_that_an_offer_counts_in_its_own_conversation_alone(
    rasa: FakeRasa, begin: Begin, talk: Talk
) -> None:
    rasa.says({"text": "Here", "buttons": [{"title": "Go", "payload": "/go"}]})
    await talk.say("x")
    other = await begin(talk.person)
    await other.press("/go")
    assert len(rasa.turns) == 1
    await talk.press("/go")
    assert rasa.turns[-1]["payload"] == "/go"


# --- Whose conversation -----------------------------------------------------------------------


async def test_that_somebody_elses_conversation_does_not_exist(
    rasa: FakeRasa, talk: Talk, person: SignedIn
) -> None:
    stranger = await person("carla@contoso.example")
    body = {"client_message_id": "k", "text": "Let me in"}
    answers: list[httpx.Response] = [
        await stranger.get(talk.path),
        await stranger.get(f"{talk.path}/messages"),
        await stranger.get(f"{talk.path}/stream"),
        await stranger.post(f"{talk.path}/messages", json=body),
        await stranger.post(f"{talk.path}/feedback", json={"thumb": "up"}),
        await stranger.post(f"{talk.path}/files", files={"file": ("a.txt", b"x")}),
        await stranger.post(f"{talk.path}/take-over"),
    ]
    missing = await stranger.get("/conversations/none")
    for answer_ in answers:
        assert answer_.status_code == 404
        assert answer_.json() == missing.json()
    assert rasa.turns == []
    assert len(await talk.transcript()) == 1


async def test_that_messages_are_read_from_where_one_left_off(rasa: FakeRasa, talk: Talk) -> None:
    for text in "abc":
        await talk.say(text)

    async def ids(**query: Any) -> list[str]:
        answer_ = await talk.person.get(f"{talk.path}/messages", params=query)
        return [m["id"] for m in answer_.json()["items"]]

    assert await ids() == ["1", "2", "3", "4", "5", "6", "7"]
    assert await ids(after="5") == ["6", "7"]
    assert await ids(after="7") == []
    for rubbish in ("rubbish", "-1", "9" * 19, "", "٣"):
        assert len(await ids(after=rubbish)) in {4, 7}
    page = (await talk.person.get(f"{talk.path}/messages", params={"limit": 3})).json()
    assert [m["id"] for m in page["items"]] == ["1", "2", "3"]
    assert await ids(limit=3, cursor=page["next"]) == ["4", "5", "6"]


async def test_that_feedback_is_kept_for_messages_that_exist(talk: Talk) -> None:
    for body, status in (
        ({"thumb": "up", "message_id": "1"}, 200), ({"rating": 5, "comment": "Fine"}, 200),
        ({}, 422), ({"rating": 6}, 422), ({"thumb": "sideways"}, 422),
        ({"thumb": "up", "message_id": "99"}, 422), ({"thumb": "up", "message_id": "x"}, 422),
        ({"thumb": "up", "message_id": "9" * 20}, 422),
    ):  # fmt: skip
        answer_ = await talk.person.post(f"{talk.path}/feedback", json=body)
        assert answer_.status_code == status, body
