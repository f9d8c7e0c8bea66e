"""When Rasa is not well, and when the process that had a turn is gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from assistant.conversations import turns
from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation, Message
from assistant.conversations.schemas import Incoming
from assistant.engines import rasa as engine
from backend.core.database import database
from backend.core.identity import Person
from backend.core.settings import settings
from tests.assistant.conftest import Talk
from tests.assistant.fake_rasa import FakeRasa, answer

TRY_AGAIN, LEAVE_CASE = "/try_again", "/leave_case"


async def conversation(talk: Talk) -> Conversation:
    async with database().read() as session:
        return await session.get_one(Conversation, talk.id)


# --- When Rasa is not well --------------------------------------------------------------------


async def test_that_without_rasa_it_says_so_and_offers_a_way_on(talk: Talk) -> None:
    [reply] = await talk.say("Training, please")
    assert reply["role"] == "system"
    assert "Your message is kept" in reply["text"]
    assert [b["payload"] for b in reply["buttons"]] == [TRY_AGAIN, LEAVE_CASE]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500}, {"status": 401}, {"answers": lambda _: answer()},
        {"answers": lambda _: {"messages": None}}, {"answers": lambda _: []},
        {"answers": lambda _: "nonsense"}, {"answers": lambda _: {"messages": ["x"]}},
        {"answers": lambda _: answer({})},
    ],
    ids=["error", "refused", "silent", "null", "list", "text", "no message", "nothing to show"],
)  # fmt: skip
async def test_that_no_turn_is_silent_whatever_rasa_answers(
    rasa: FakeRasa, talk: Talk, broken: dict[str, Any]
) -> None:
    for name, value in broken.items():
        setattr(rasa, name, value)
    [reply] = await talk.say("Training, please")
    assert [b["payload"] for b in reply["buttons"]] == [TRY_AGAIN, LEAVE_CASE]


async def test_that_a_rasa_that_hangs_is_given_up_in_time(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "rasa_seconds", 0.3)
    await engine.close()
    rasa.hold()
    [reply] = await asyncio.wait_for(talk.say("Hello?"), 5)
    assert [b["payload"] for b in reply["buttons"]] == [TRY_AGAIN, LEAVE_CASE]


async def test_that_try_again_asks_the_failed_message_once_more(rasa: FakeRasa, talk: Talk) -> None:
    rasa.status = 500
    await talk.say("Training, please")
    await talk.press(TRY_AGAIN)
    rasa.status = 200
    [reply] = await talk.press(TRY_AGAIN)
    assert reply["text"] == "You said Training, please"
    assert len({turn["message_id"] for turn in rasa.turns}) == 1


async def test_that_a_wrong_secret_is_rasa_being_down(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.close()
    monkeypatch.setitem(engine.client().headers, "X-Rasa-Secret", "wrong")
    [reply] = await talk.say("Hello")
    assert rasa.turns == []
    assert [b["payload"] for b in reply["buttons"]] == [TRY_AGAIN, LEAVE_CASE]


# --- The lease --------------------------------------------------------------------------------


async def waiting(talk: Talk, text: str) -> None:
    """A message that was stored by a process which then died, its lease still held."""
    async with database().read() as session:
        owner = await session.get_one(Person, talk.email)
    await turns._store(owner, talk.id, Incoming(client_message_id=text, text=text))


async def hold_lease(talk: Talk, until: datetime) -> None:
    async with database().write() as session:
        held = await session.get_one(Conversation, talk.id)
        held.turn_token, held.turn_until = "dead", until


async def test_that_a_lease_of_a_dead_process_lapses_and_its_message_is_answered_first(
    rasa: FakeRasa, talk: Talk
) -> None:
    await waiting(talk, "before the crash")
    await hold_lease(talk, datetime.now(UTC) + timedelta(seconds=0.5))
    replies = await asyncio.wait_for(talk.say("after it"), 10)
    assert [r["text"] for r in replies] == ["You said after it"]
    assert [t["text"] for t in rasa.turns] == ["before the crash", "after it"]
    texts = [m["text"] for m in await talk.transcript()][1:]
    assert texts == ["before the crash", "after it", "You said before the crash",
                     "You said after it"]  # fmt: skip


async def test_that_a_turn_that_lost_its_lease_stores_nothing(rasa: FakeRasa, talk: Talk) -> None:
    """A turn that was given up for dead comes back: the other's answer stands."""
    rasa.hold()
    slow = asyncio.create_task(talk.send(key="k", text="Hello"))
    await rasa.arrived.wait()
    await hold_lease(talk, datetime.now(UTC) - timedelta(seconds=1))
    rasa.go_on()
    replies = (await slow).json()["replies"]
    assert [r["text"] for r in replies] == ["You said Hello"]
    assert [m["text"] for m in await talk.transcript()][1:] == ["Hello", "You said Hello"]
    assert (await conversation(talk)).turn_token is None


async def test_that_after_a_start_what_was_left_over_is_answered(
    rasa: FakeRasa, talk: Talk
) -> None:
    await waiting(talk, "left over")
    await turns.forget_leases()
    await asyncio.wait_for(turns.answer_left_over(), 10)
    assert [m["text"] for m in await talk.transcript()][1:] == ["left over", "You said left over"]
    async with database().read() as session:
        left = await session.exec(select(Message.seq).where(Message.waiting))
        assert left.all() == []


async def test_that_an_answer_that_cannot_be_stored_does_not_block_later_ones(
    rasa: FakeRasa, talk: Talk
) -> None:
    rasa.says({"text": "Press", "buttons": [{"title": "It has no payload"}]})
    [reply] = await talk.say("first")
    assert "Try again" in [button["title"] for button in reply["buttons"]]
    rasa.says({"text": "Fine"})
    assert [r["text"] for r in await talk.say("second")] == ["Fine"]


async def test_that_a_message_that_a_shutdown_leaves_waiting_is_not_answered_by_nothing(
    rasa: FakeRasa, talk: Talk
) -> None:
    await hold_lease(talk, datetime.now(UTC) + timedelta(minutes=1))
    hub().closing.set()
    try:
        refused = await talk.send(key="kept", text="Hello")
    finally:
        hub().closing.clear()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    await turns.forget_leases()
    [reply] = (await talk.send(key="kept", text="Hello")).json()["replies"]
    assert reply["text"] == "You said Hello"


async def test_that_leases_of_the_dead_are_forgotten_by_a_process_that_is_alone(
    rasa: FakeRasa, talk: Talk
) -> None:
    await waiting(talk, "left over")
    assert (await conversation(talk)).turn_token is not None
    await turns.forget_leases()
    assert (await conversation(talk)).turn_token is None
    await asyncio.wait_for(turns.answer_left_over(), 10)
    assert (await talk.transcript())[-1]["text"] == "You said left over"
