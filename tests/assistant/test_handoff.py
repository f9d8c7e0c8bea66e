"""To a person and back: who is there, the queue, taking over, whispers, and no dead end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import col, delete, select, update

from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation
from assistant.handoff import patience, presence
from assistant.handoff.models import Handover, Presence
from assistant.handoff.rules import Hours, rules
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import ClockAt, SignedIn

LEE, MO, MIA = "lee@support.example", "mo@support.example", "mia@support.example"
ASK = "I want to talk to a person"
There = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def lee(person: SignedIn) -> httpx.AsyncClient:
    return await person(LEE)


@pytest_asyncio.fixture(loop_scope="session")
async def there(app: object) -> AsyncIterator[There]:
    """`await there(LEE, MO)`: these have the console open, and nobody waits from before."""
    await _empty_queue()

    async def sit(*emails: str) -> None:
        for email in emails:
            async with database().read() as session:
                agent = await session.get_one(Person, email)
            await presence.set_away(agent, away=False)

    yield sit
    async with database().write() as session:
        await session.exec(delete(Presence))
    await _empty_queue()


async def _empty_queue() -> None:
    async with database().write() as session:
        await session.exec(
            update(Handover).where(col(Handover.ended_at).is_(None)).values(ended_at=clock.now())
        )
        await session.exec(
            update(Conversation)
            .where(col(Conversation.status).in_(("waiting", "person")))
            .values(status="bot", agent=None)
        )


async def status(talk: Talk) -> dict[str, Any]:
    found: dict[str, Any] = (await talk.person.get(talk.path)).json()
    return found


async def events(talk: Talk) -> list[str]:
    async with database().read() as session:
        rows = await session.exec(
            select(Event.type).where(Event.subject == talk.id).order_by(col(Event.at))
        )
        return list(rows.all())


# --- Asking -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [ASK, "talk to a human please", "Agent!", "can i speak to someone real", "human",
     "Get me a human agent now", "I'd like to chat with a real person"],
)  # fmt: skip
async def test_that_whoever_asks_waits_while_somebody_is_there(
    rasa: FakeRasa, talk: Talk, there: There, words: str
) -> None:
    await there(LEE)
    [reply] = await talk.say(words)
    assert reply["role"] == "system"
    assert "You are number 1 in the queue." in reply["text"]
    assert "I can’t tell how long it takes" in reply["text"] or "minute" in reply["text"]
    assert [b["title"] for b in reply["buttons"]] == [
        "Back to the assistant", "Leave a case instead",
    ]  # fmt: skip
    assert rasa.turns == []
    now = await status(talk)
    assert (now["status"], now["queue"]["position"]) == ("waiting", 1)


@pytest.mark.parametrize("words", ["a person left our company", "which agent do I install?"])
async def test_that_words_about_persons_are_no_wish_for_one(
    rasa: FakeRasa, talk: Talk, there: There, words: str
) -> None:
    await there(LEE)
    await talk.say(words)
    assert [turn["text"] for turn in rasa.turns] == [words]
    assert (await status(talk))["status"] == "bot"


async def test_that_rasas_own_understanding_leads_there_too(
    rasa: FakeRasa, talk: Talk, there: There
) -> None:
    await there(LEE)
    rasa.understands("talk_to_person")
    await talk.say("I would rather discuss that with somebody of yours")
    assert (await status(talk))["status"] == "waiting"


async def test_that_nobody_there_is_said_and_a_case_knows_what_was_said(
    rasa: FakeRasa, talk: Talk, there: There
) -> None:
    await talk.say("My order 4100005 is stuck since Monday")
    rasa.understands("talk_to_person")
    rasa.says({"text": "A case?", "buttons": [{"title": "Open a case", "payload": "/open_case"}]})
    first, second = await talk.say(ASK)
    assert first["text"] == "Nobody from the support desk is at the chat right now."
    [button] = second["buttons"]
    facts = json.loads(button["payload"].removeprefix("/open_case"))
    assert facts == {
        "wish": "\n".join(2 * ["My order 4100005 is stuck since Monday"]),
        "order_number": "4100005",
    }  # fmt: skip
    assert (await status(talk))["status"] == "bot"
    assert await talk.press(button["payload"])


async def test_that_who_is_away_or_gone_is_not_there(
    rasa: FakeRasa, talk: Talk, there: There, clock_ahead: Callable[..., None]
) -> None:
    await there(LEE)
    async with database().read() as session:
        agent = await session.get_one(Person, LEE)
        assert (await presence.availability(session)).anybody
    await presence.set_away(agent, away=True)
    await presence.beat(agent)
    async with database().read() as session:
        assert not (await presence.availability(session)).anybody
    await presence.set_away(agent, away=False)
    clock_ahead(seconds=rules().gone_seconds + 1)
    async with database().read() as session:
        assert not (await presence.availability(session)).anybody


async def test_that_outside_the_desks_hours_they_are_named(
    rasa: FakeRasa, talk: Talk, there: There, monkeypatch: pytest.MonkeyPatch, clock_at: ClockAt
) -> None:
    clock_at("2027-03-13T10:00")  # a Saturday
    await there(LEE)
    hours = Hours.model_validate({"time_zone": "UTC", "days": [0, 1, 2, 3, 4], "from": 8, "to": 17})
    monkeypatch.setattr(rules(), "hours", hours)
    first, *_ = await talk.say(ASK)
    assert "Monday to Friday, 8:00 to 17:00 (UTC)" in first["text"]
    clock_at("2027-03-12T10:00")
    await there(LEE)
    assert "number 1" in (await talk.say(ASK))[0]["text"]


async def test_that_everybody_busy_is_said(
    rasa: FakeRasa, talk: Talk, there: There, monkeypatch: pytest.MonkeyPatch,
    lee: httpx.AsyncClient, begin: Begin,
) -> None:  # fmt: skip
    await there(LEE)
    monkeypatch.setattr(rules(), "at_once", 1)
    other = await begin()
    await lee.post(f"{other.path}/take-over")
    [reply] = await talk.say(ASK)
    assert "Everybody there is in a chat right now." in reply["text"]


@pytest.mark.parametrize(
    ("intent", "reason"),
    [("nlu_fallback", "not_understood"), ("abuse", "abuse"), ("out_of_scope", "unsupported"),
     ("ask_knowledge", "no_knowledge")],
)  # fmt: skip
async def test_that_what_the_bot_could_not_do_offers_a_person_and_is_the_reason(
    rasa: FakeRasa, talk: Talk, there: There, intent: str, reason: str, lee: httpx.AsyncClient
) -> None:
    rasa.understands(intent)
    [reply] = await talk.say("Glorp the wumpus")
    assert "/talk_to_person" not in str(reply["buttons"])
    await there(LEE)
    [reply] = await talk.say("Glorp the wumpus again")
    assert "/talk_to_person" in str(reply["buttons"])
    await talk.press("/talk_to_person")
    async with database().read() as session:
        assert (await session.get_one(Conversation, talk.id)).reason == reason


async def test_that_an_engine_out_of_reach_is_a_tool_failure(talk: Talk, there: There) -> None:
    await there(LEE)
    [reply] = await talk.say("Hello?")
    assert [b["title"] for b in reply["buttons"]] == [
        "Try again", "Leave a case", "Talk to a person",
    ]  # fmt: skip
    await talk.press("/talk_to_person")
    async with database().read() as session:
        assert (await session.get_one(Conversation, talk.id)).reason == "tool_failure"


# --- Waiting ----------------------------------------------------------------------------------


async def test_that_the_queue_moves_and_tells_how_long_it_usually_takes(
    rasa: FakeRasa, talk: Talk, begin: Begin, there: There, lee: httpx.AsyncClient
) -> None:
    await there(LEE)
    async with database().write() as session:
        session.add_all(
            Handover(
                conversation_id=talk.id, reason="requested",
                asked_at=clock.now() - timedelta(hours=1),
                taken_at=clock.now() - timedelta(minutes=60 - 4), ended_at=clock.now(),
            )
            for _ in range(rules().recent_waits.most)
        )  # fmt: skip
    second = await begin()
    await talk.say(ASK)
    [reply] = await second.say(ASK)
    assert "You are number 2 in the queue." in reply["text"]
    assert "usually takes about 4 minutes" in reply["text"]
    assert (await status(second))["queue"] == {"position": 2, "minutes": 4}
    async with hub().waiting(second.id) as changed:
        await lee.post(f"{talk.path}/take-over")
        assert changed.is_set()
    assert (await status(second))["queue"]["position"] == 1
    async with database().write() as session:
        await session.exec(delete(Handover).where(col(Handover.conversation_id) == talk.id))


async def test_that_nobody_answers_who_waits_and_never_mind_goes_back(
    rasa: FakeRasa, talk: Talk, there: There
) -> None:
    await there(LEE)
    ask = {"slot": "portal", "kind": "text", "required": True}
    rasa.says({"text": "Which portal?", "ask": ask})
    await talk.say("I need training")
    await talk.say(ASK)
    assert await talk.say("It is about CLC") == []
    line, question = await talk.say("Never mind!")
    assert line["text"] == "You have left the queue. I am here again."
    assert (question["text"], question["ask"]["slot"]) == ("Which portal?", "portal")
    assert (await status(talk))["status"] == "bot"
    assert len(rasa.turns) == 1
    await talk.say("CLC")
    assert rasa.turns[-1]["reset"] is False
    assert await events(talk) == ["chat_waits", "chat_left_queue"]


async def test_that_a_case_instead_takes_along_what_was_said(
    rasa: FakeRasa, talk: Talk, there: There
) -> None:
    await there(LEE)
    await talk.say("We can not see 20 licences of order 4100007")
    await talk.say(ASK)
    await talk.say("They were there on Friday")
    await talk.press("/case_instead")
    told = rasa.turns[-1]
    facts = json.loads(told["payload"].removeprefix("/open_case"))
    assert facts["order_number"] == "4100007"
    assert facts["wish"].splitlines() == [
        "We can not see 20 licences of order 4100007",
        "We can not see 20 licences of order 4100007", "They were there on Friday",
    ]  # fmt: skip
    assert told["reset"] is True
    assert (await status(talk))["status"] == "bot"


async def test_that_whoever_waits_too_long_is_offered_a_case_once(
    rasa: FakeRasa, talk: Talk, there: There, clock_ahead: Callable[..., None]
) -> None:
    await there(LEE)
    await talk.say(ASK)
    await patience.offer_case_to_waiting()
    before = len(await talk.transcript())
    clock_ahead(minutes=rules().wait_minutes + 1)
    await there(LEE)
    for _ in range(2):
        await patience.offer_case_to_waiting()
    offered = (await talk.transcript())[before:]
    assert [m["buttons"][0]["title"] for m in offered] == ["Leave a case instead"]
    assert (await status(talk))["status"] == "waiting"
    [kept] = await talk.press("/keep_waiting")
    assert "number 1" in kept["text"]


async def test_that_a_desk_that_goes_home_is_said_to_who_waits(
    rasa: FakeRasa, talk: Talk, there: There
) -> None:
    await there(LEE)
    await talk.say(ASK)
    async with database().write() as session:
        await session.exec(delete(Presence))
    await patience.offer_case_to_waiting()
    assert "Nobody is at the desk any more" in (await talk.transcript())[-1]["text"]


async def test_that_an_agent_who_was_cut_off_is_no_dead_end(
    rasa: FakeRasa, talk: Talk, there: There, lee: httpx.AsyncClient,
    clock_ahead: Callable[..., None],
) -> None:  # fmt: skip
    await there(LEE)
    await lee.post(f"{talk.path}/take-over")
    assert await talk.say("Are you there?") == []
    await patience.offer_way_out_of_silence()
    assert len(await talk.transcript()) == 3
    clock_ahead(minutes=rules().silent_minutes + 5)
    for _ in range(2):
        await patience.offer_way_out_of_silence()
    assert "cut off" in (await talk.transcript())[-1]["text"]
    assert len(await talk.transcript()) == 4
    await talk.press("/leave_queue")
    assert (await status(talk))["status"] == "bot"


# --- Agents -----------------------------------------------------------------------------------


async def test_that_what_was_settled_reaches_both_engines(
    rasa: FakeRasa, talk: Talk, there: There, lee: httpx.AsyncClient
) -> None:
    await there(LEE)
    await talk.say(ASK)
    await lee.post(f"{talk.path}/take-over")
    await talk.say("Can you move my training?")
    await lee.post(
        f"{talk.path}/messages", json={"client_message_id": "a", "text": "Yes, to Friday."}
    )
    await talk.say("Great")
    await lee.post(f"{talk.path}/hand-back")
    await talk.say("Anything else?")
    settled = rasa.turns[-1]["metadata"]["settled"]
    assert settled["by"] == "Lee Castellwyn"
    assert settled["text"] == (
        "Asked: “Can you move my training?”. Lee Castellwyn: “Yes, to Friday.” "
        "The person then said: “Great”"
    )
    assert rasa.turns[-1]["reset"] is True
    line = next(m for m in await talk.transcript() if "has left" in m["text"])
    assert line["why"] is None
    shown = (await lee.get(f"{talk.path}/messages")).json()["items"]
    [why] = [m["why"] for m in shown if "has left" in m["text"]]
    assert why["settled"] == settled["text"]
    assert await events(talk) == ["chat_waits", "chat_taken_over", "chat_handed_back"]


async def test_that_an_agents_own_words_say_what_was_settled(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    await lee.post(f"{talk.path}/take-over")
    told = {"settled": "Training C-1 moved to Friday."}
    assert (await lee.post(f"{talk.path}/hand-back", json=told)).status_code == 200
    await talk.say("What now?")
    assert rasa.turns[-1]["metadata"]["settled"]["text"] == "Training C-1 moved to Friday."


async def test_that_whispers_are_for_the_desk_alone(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    mo = await person(MO)
    await lee.post(f"{talk.path}/take-over")
    said = await mo.post(f"{talk.path}/whispers", json={"text": "He is a VIP, be quick"})
    assert said.status_code == 201, said.text
    items = (await lee.get(f"{talk.path}/whispers")).json()["items"]
    assert [(w["text"], w["author"]["email"]) for w in items] == [("He is a VIP, be quick", MO)]
    assert (await talk.person.get(f"{talk.path}/whispers")).status_code == 404
    assert (await talk.person.post(f"{talk.path}/whispers", json={"text": "x"})).status_code == 404
    seen = [await talk.transcript(), (await talk.person.get("/conversations")).json()]
    assert "VIP" not in str(seen)
    cyra = await person("cyra@support.example")
    assert (await cyra.get(f"{talk.path}/whispers")).status_code == 404


async def test_that_nobody_takes_over_their_own_chat(begin: Begin, lee: httpx.AsyncClient) -> None:
    own = await begin(lee)
    refused = await lee.post(f"{own.path}/take-over")
    assert (refused.status_code, refused.json()["hint"]) == (
        403, "Ask a colleague to take it over, or ask there.",
    )  # fmt: skip
    assert (await lee.get(f"{own.path}/whispers")).status_code == 404


async def test_that_a_chat_is_passed_on_to_who_is_there(
    talk: Talk, there: There, lee: httpx.AsyncClient, person: SignedIn
) -> None:
    mo = await person(MO)
    await lee.post(f"{talk.path}/take-over")
    refused = await lee.post(f"{talk.path}/pass-on", json={"to": MO})
    assert (refused.status_code, refused.json()["title"]) == (409, "Mo Elbarrow is not there")
    await there(MO)
    assert (await mo.post(f"{talk.path}/pass-on", json={"to": LEE})).status_code == 409
    nobody = await lee.post(f"{talk.path}/pass-on", json={"to": "nadia@northwind.example"})
    assert nobody.status_code == 422
    passed = await lee.post(f"{talk.path}/pass-on", json={"to": MO})
    assert passed.json()["agent"] == "Mo Elbarrow"
    message = {"client_message_id": "x", "text": "Hello"}
    assert (await lee.post(f"{talk.path}/messages", json=message)).status_code == 409
    assert (await mo.post(f"{talk.path}/messages", json=message)).status_code == 200
    assert (await talk.transcript())[-2]["text"].startswith("Lee Castellwyn has passed you on to")


async def test_that_a_closed_chat_opens_again_when_the_person_writes(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    await lee.post(f"{talk.path}/take-over")
    closed = await lee.post(f"{talk.path}/close")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert (await lee.post(f"{talk.path}/close")).status_code == 409
    [reply] = await talk.say("One more thing")
    assert reply["text"] == "You said One more thing"
    assert (await status(talk))["status"] == "bot"
    assert await events(talk) == ["chat_taken_over", "chat_closed", "chat_reopened"]


async def test_that_a_message_during_the_hand_back_is_answered(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    """The turn of a message began while the agent had the chat, and ends after it."""
    await lee.post(f"{talk.path}/take-over")
    sent = asyncio.create_task(talk.say("Hello?"))
    back = asyncio.create_task(lee.post(f"{talk.path}/hand-back"))
    replies, _ = await asyncio.gather(sent, back)
    transcript = await talk.transcript()
    asked = next(m for m in transcript if m["text"] == "Hello?")
    left = next(m for m in transcript if "has left" in m["text"])
    if int(asked["id"]) > int(left["id"]):
        assert [r["text"] for r in replies] == ["You said Hello?"]


async def test_that_an_answer_begun_before_a_take_over_and_hand_back_is_not_shown(
    rasa: FakeRasa, talk: Talk, lee: httpx.AsyncClient
) -> None:
    rasa.hold()
    slow = asyncio.create_task(talk.say("Hello"))
    await rasa.arrived.wait()
    await lee.post(f"{talk.path}/take-over")
    await lee.post(f"{talk.path}/hand-back")
    rasa.go_on()
    assert [r["text"] for r in await slow] == ["You said Hello"]
    texts = [m["text"] for m in await talk.transcript()]
    assert texts.count("You said Hello") == 1


# --- Typing -----------------------------------------------------------------------------------


async def test_that_typing_is_told_to_the_other_side_and_kept_nowhere(
    talk: Talk, lee: httpx.AsyncClient
) -> None:
    assert (await talk.person.post(f"{talk.path}/typing")).json() == {"heard": False}
    assert (await lee.post(f"{talk.path}/typing")).json() == {"heard": False}
    await lee.post(f"{talk.path}/take-over")
    async with hub().waiting(talk.id) as changed:
        changed.clear()
        assert (await lee.post(f"{talk.path}/typing")).json() == {"heard": True}
        assert changed.is_set()
        assert (hub().typing(talk.id, "person") or ("",))[0] == "Lee Castellwyn"
        assert hub().typing(talk.id, "user") is None
        assert (await talk.person.post(f"{talk.path}/typing")).json() == {"heard": True}
        assert hub().typing(talk.id, "user") is not None
    assert hub().typing(talk.id, "person") is None
    assert len(await talk.transcript()) == 2
