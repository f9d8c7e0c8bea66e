"""Thumbs, ratings and comments: one opinion of each answer and one of the whole."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from assistant.conversations.feedback import takes_leave
from assistant.conversations.models import Feedback, Message
from assistant.review.models import ReviewItem
from backend.core.database import database
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa, answer
from tests.conftest import SignedIn


async def opine(talk: Talk, **body: Any) -> dict[str, Any]:
    told = await talk.person.post(f"{talk.path}/feedback", json=body)
    assert told.status_code == 200, told.text
    kept: dict[str, Any] = told.json()
    return kept


async def kept(talk: Talk) -> list[Feedback]:
    async with database().read() as session:
        rows = await session.exec(select(Feedback).where(Feedback.conversation_id == talk.id))
        return list(rows.all())


async def shown(talk: Talk, message_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next(
        m["feedback"] for m in await talk.transcript() if m["id"] == message_id
    )
    return found


async def test_that_a_changed_mind_takes_the_place_of_the_former(
    rasa: FakeRasa, talk: Talk
) -> None:
    reply = (await talk.say("who are you?"))[0]
    await opine(talk, message_id=reply["id"], thumb="down")
    told = await opine(
        talk, message_id=reply["id"], thumb="down", reasons=["wrong", "wrong"], comment="No."
    )
    assert (told["thumb"], told["reasons"], told["comment"]) == ("down", ["wrong"], "No.")
    assert (await shown(talk, reply["id"])) == {
        "thumb": "down", "rating": None, "reasons": ["wrong"], "comment": "No.",
    }  # fmt: skip
    await opine(talk, message_id=reply["id"], thumb="up")
    rows = await kept(talk)
    assert [(row.thumb, row.comment, row.reasons) for row in rows] == [("up", None, [])]


async def test_that_many_presses_at_once_are_one_opinion(rasa: FakeRasa, talk: Talk) -> None:
    reply = (await talk.say("hello"))[0]
    body = {"message_id": reply["id"], "thumb": "up"}
    await asyncio.gather(*(opine(talk, **body) for _ in range(8)))
    assert len(await kept(talk)) == 1


async def test_that_an_opinion_is_taken_back(rasa: FakeRasa, talk: Talk) -> None:
    reply = (await talk.say("hello"))[0]
    await opine(talk, message_id=reply["id"], thumb="up")
    await opine(talk, rating=4)
    at = f"{talk.path}/feedback"
    for _ in range(2):
        gone = await talk.person.delete(at, params={"message_id": reply["id"]})
        assert gone.status_code == 200
    assert await shown(talk, reply["id"]) is None
    assert (await talk.person.get(talk.path)).json()["feedback"]["rating"] == 4
    assert (await talk.person.delete(at)).json()["rating"] is None
    assert await kept(talk) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message_id": "999", "thumb": "up"}, "no such message"),
        ({"message_id": "2", "thumb": "up"}, "yours"),
        ({"rating": 6}, "5"),
        ({"thumb": "sideways"}, "up"),
        ({"thumb": "down", "reasons": ["because"]}, "not_understood"),
        ({}, "rating"),
    ],
)
async def test_that_a_wrong_opinion_is_refused_in_words(
    rasa: FakeRasa, talk: Talk, body: dict[str, Any], words: str
) -> None:
    await talk.say("hello")
    told = await talk.person.post(f"{talk.path}/feedback", json=body)
    assert told.status_code == 422
    assert words in told.text


async def test_that_only_its_person_rates_a_conversation(
    rasa: FakeRasa, talk: Talk, person: SignedIn
) -> None:
    for email in ("nils@northwind.example", "lee@support.example"):
        other = await person(email)
        assert (await other.post(f"{talk.path}/feedback", json={"rating": 1})).status_code == 404
        assert (await other.delete(f"{talk.path}/feedback")).status_code == 404


def cards(messages: list[dict[str, Any]]) -> list[str]:
    return [m["card"]["kind"] for m in messages if m["card"]]


async def test_that_people_are_asked_once_how_it_went(rasa: FakeRasa, talk: Talk) -> None:
    assert cards(await talk.say("What is a virtual account?")) == []
    rasa.answers = lambda _: answer({"text": "You are welcome."}, intent="thanks")
    replies = await talk.say("thanks a lot")
    assert cards(replies) == ["rating"]
    assert replies[-1]["text"] == "You are welcome."
    assert cards(await talk.say("bye")) == []
    assert (await talk.person.get(talk.path)).json()["feedback"] is None


async def test_that_a_good_bye_at_once_is_not_rated(rasa: FakeRasa, talk: Talk) -> None:
    rasa.answers = lambda _: answer({"text": "Bye."}, intent="goodbye")
    assert cards(await talk.say("bye")) == []


async def test_that_people_are_asked_when_a_person_hands_back(
    rasa: FakeRasa, begin: Begin, person: SignedIn
) -> None:
    talk = await begin()
    await talk.say("I want a person")
    mo = await person("mo@support.example")
    (await mo.post(f"{talk.path}/take-over")).raise_for_status()
    (await mo.post(f"{talk.path}/hand-back")).raise_for_status()
    last = (await talk.transcript())[-1]
    assert (last["role"], last["text"], last["card"]) == (
        "system", "How did it go?", {"kind": "rating"},
    )  # fmt: skip
    for step in ("take-over", "hand-back"):
        (await mo.post(f"{talk.path}/{step}")).raise_for_status()
    assert cards(await talk.transcript()) == ["rating"]


@pytest.mark.parametrize(
    ("text", "why", "expected"),
    [
        ("Thanks!", {}, True),
        ("ok thank you very much, bye", {}, True),
        ("ok great", {}, False),
        ("thanks, and now add ivo", {}, False),
        ("no", {}, False),
        ("cheers", {"intent": {"name": "goodbye"}}, True),
        ("thanks", {"intent": {"name": "inform"}}, False),
        ("thanks", {"intent": {"name": "thanks"}, "active_form": "case_form"}, False),
    ],
)
def test_that_a_farewell_is_recognised(text: str, why: dict[str, Any], expected: bool) -> None:
    message = Message(conversation_id="c", seq=2, role="user", text=text)
    assert takes_leave(message, why) is expected


async def test_that_what_did_not_help_comes_into_the_inbox(rasa: FakeRasa, talk: Talk) -> None:
    reply = (await talk.say("who can turn the key?"))[0]
    await opine(talk, message_id=reply["id"], thumb="down")
    await opine(talk, message_id=reply["id"], thumb="down", reasons=["wrong"])
    async with database().read() as session:
        rows = await session.exec(select(ReviewItem).where(ReviewItem.conversation_id == talk.id))
        assert [(row.message_seq, row.cause) for row in rows.all()] == [(2, "disliked")]
