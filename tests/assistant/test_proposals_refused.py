"""Cards that a rule refuses, and confirmations that are cut short."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from assistant.conversations import turns
from assistant.conversations.models import Conversation, Proposal
from assistant.proposals import service as proposals
from backend.core import clock, timers
from backend.core.client import LicensingApi
from backend.core.database import database
from tests.assistant.cards import CASE, Card, shown, status, stored
from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa
from tests.conftest import ClockAt
from tests.training.requests import at, request

# --- Refusals ---------------------------------------------------------------------------------


async def test_that_what_a_dry_run_refuses_never_becomes_a_card(rasa: FakeRasa, talk: Talk) -> None:
    rasa.proposes("create_training_engagement", **request(attendees=101))
    [reply] = await talk.say("training")
    assert reply["proposal"] is None
    assert "attendees can’t be “101”: it is at most 100." in reply["text"]
    assert [b["payload"] for b in reply["buttons"]] == ["/change", "/cancel"]


@pytest.mark.parametrize("operation", ["get_me", "list_cases", "drop_everything"])
async def test_that_only_known_writes_are_proposed(
    rasa: FakeRasa, talk: Talk, operation: str
) -> None:
    rasa.proposes(operation)
    [reply] = await talk.say("do it")
    assert reply["proposal"] is None


async def test_that_an_equal_request_is_shown_with_a_way_to_open_another(
    rasa: FakeRasa, talk: Talk
) -> None:
    body = request(windows=[{"start": at(10)}])
    number = (await talk.person.post("/training-engagements", json=body)).json()["number"]
    rasa.proposes("create_training_engagement", **body)
    [reply] = await talk.say("training")
    assert f"You already have case {number}" in reply["text"]
    assert reply["buttons"] == [{"title": "Open another", "payload": "/open_another"}]
    assert (reply["case"]["number"], reply["proposal"]) == (number, None)


async def test_that_a_rule_that_refuses_meanwhile_is_a_conflict_and_said_in_the_chat(
    rasa: FakeRasa, talk: Talk
) -> None:
    number = (await talk.person.post("/cases", json=CASE)).json()["number"]
    rasa.proposes("add_case_note", case_number=number, text="One more thing")
    [reply] = await talk.say("add a note")
    await talk.person.post(f"/cases/{number}/cancel", json={})
    refused = await talk.settle(reply["proposal"])
    assert refused.status_code == 409
    assert f"Case {number} is cancelled." in refused.json()["detail"]
    last = (await talk.transcript())[-1]
    assert f"Case {number} is cancelled." in last["text"]
    assert await status(talk, reply["proposal"]) == "failed"
    assert (await talk.settle(reply["proposal"])).status_code == 409


async def test_that_a_yes_that_a_rule_refuses_is_answered(rasa: FakeRasa, talk: Talk) -> None:
    number = (await talk.person.post("/cases", json=CASE)).json()["number"]
    rasa.proposes("cancel_case", case_number=number)
    await talk.say("cancel it")
    await talk.person.post(f"/cases/{number}/cancel", json={})
    [reply] = await talk.say("yes")
    assert f"Case {number} is cancelled." in reply["text"]


# --- Cut short --------------------------------------------------------------------------------


class Cut(asyncio.CancelledError):
    """Stands for the process that dies: nothing answers any more, not even with an error."""


async def cut_short(rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Card:
    """A card whose confirmation was carried out, and then the process died."""
    card = await shown(rasa, talk)

    async def die(*_: Any) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(proposals, "_settle", die)
        with pytest.raises(Cut):
            await talk.settle(card)
    return card


async def test_that_a_confirmation_cut_between_doing_and_noting_is_finished_once(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await cut_short(rasa, talk, monkeypatch)
    assert len(await talk.cases()) == 1
    assert await status(talk, card) == "open"
    await proposals.finish_confirmed(older_than=timers.NOW)
    await proposals.finish_confirmed(older_than=timers.NOW)
    [case] = await talk.cases()
    said = [m["text"] for m in await talk.transcript() if case["number"] in m["text"]]
    assert said == [f"Done: Case opened. The number is {case['number']}."]
    assert (await talk.settle(card)).json()["result"]["number"] == case["number"]


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("late"), httpx.ConnectError("away")])
async def test_that_an_unknown_outcome_is_no_refusal_and_confirming_again_finishes(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    card = await shown(rasa, talk)
    call = LicensingApi.call

    async def done_but_unheard(self: LicensingApi, *args: Any, **options: Any) -> Any:
        await call(self, *args, **options)
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(LicensingApi, "call", done_but_unheard)
        unknown = await talk.settle(card)
        [reply] = await talk.say("yes")
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (503, "2")
    assert "press Confirm again" in reply["text"]
    assert (await talk.settle(card)).status_code == 200
    assert len(await talk.cases()) == 1


async def test_that_what_is_being_carried_out_is_not_said_to_be_cancelled(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await cut_short(rasa, talk, monkeypatch)
    refused = await talk.settle(card, "cancel")
    assert refused.status_code == 409
    [reply] = await talk.say("no")
    assert reply["text"] == "It is being carried out. Wait a moment for its receipt."
    assert "Cancelled" not in str(await talk.transcript())
    await proposals.finish_confirmed(older_than=timers.NOW)
    assert await status(talk, card) == "executed"


async def test_that_a_new_card_does_not_hide_the_end_of_a_confirmed_one(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await cut_short(rasa, talk, monkeypatch)
    second = await shown(rasa, talk, title="Second")
    await proposals.finish_confirmed(older_than=timers.NOW)
    [case] = await talk.cases()
    said = [m["text"] for m in await talk.transcript() if case["number"] in m["text"]]
    assert said == [f"Done: Case opened. The number is {case['number']}."]
    assert await status(talk, first) == "executed"
    assert await status(talk, second) == "open"


async def test_that_a_yes_cut_short_is_answered_by_its_receipt_and_by_nothing_else(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the words confirmed the card; they are answered after a start."""
    card = await shown(rasa, talk)

    async def die(*_: Any) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(proposals, "_settle", die)
        with pytest.raises(Cut):
            await talk.send(key="yes", text="yes")
    turns_before = len(rasa.turns)
    await proposals.finish_confirmed(older_than=timers.NOW)
    await turns.answer_left_over()
    [reply] = (await talk.send(key="yes", text="yes")).json()["replies"]
    assert reply["text"].startswith("Done: Case opened.")
    assert len(rasa.turns) == turns_before
    assert await status(talk, card) == "executed"


async def test_that_one_that_cannot_be_finished_does_not_keep_others_from_it(
    rasa: FakeRasa, talk: Talk, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = await cut_short(rasa, talk, monkeypatch)
    other = await begin()
    card = await cut_short(rasa, other, monkeypatch)
    async with database().write() as session:
        broken = await session.get_one(Proposal, lost["id"])
        broken.operation = "renamed_meanwhile"
    await proposals.finish_confirmed(older_than=timers.NOW)
    assert await status(other, card) == "executed"
    async with database().write() as session:
        (await session.get_one(Proposal, lost["id"])).operation = "open_case"
    await proposals.finish_confirmed(older_than=timers.NOW)
    assert await status(talk, lost) == "executed"


async def test_that_a_card_ended_during_a_turn_still_begins_a_fresh_session(
    rasa: FakeRasa, talk: Talk
) -> None:
    card = await shown(rasa, talk)
    rasa.says({"text": "I see"})
    await talk.say("what is a case?")
    rasa.hold()
    asked = asyncio.create_task(talk.say("and a virtual account?"))
    await rasa.arrived.wait()
    await talk.settle(card, "cancel")
    rasa.go_on()
    await asked
    await talk.say("something new")
    assert [turn["reset"] for turn in rasa.turns[-2:]] == [False, True]


async def test_that_a_confirmation_survives_the_cards_time(
    rasa: FakeRasa, talk: Talk, monkeypatch: pytest.MonkeyPatch, clock_at: ClockAt
) -> None:
    """It was confirmed in time; finishing it later is no new confirmation."""
    card = await cut_short(rasa, talk, monkeypatch)
    clock_at(clock.now() + timedelta(minutes=20))
    await proposals.finish_confirmed(older_than=timers.NOW)
    assert await status(talk, card) == "executed"


async def test_that_proposals_belong_to_one_conversation(rasa: FakeRasa, talk: Talk) -> None:
    card = await shown(rasa, talk)
    proposal = await stored(card)
    async with database().read() as session:
        owner = (await session.get_one(Conversation, talk.id)).person
    assert (proposal.conversation_id, proposal.person) == (talk.id, owner)
