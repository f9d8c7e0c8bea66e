"""Who answers when there are two engines: one at a time, and whoever asked gets the answer."""

import uuid
from typing import Any

import pytest

from assistant.engines import rasa as rasa_engine
from assistant.engines.agent import breaker as breaker_module
from assistant.wording import say
from backend.core.settings import settings
from tests.agent.conftest import Talk, Talking, training
from tests.agent.scripted_model import Says, ScriptedModel, call, text
from tests.assistant.fake_rasa import FakeRasa, answer, echo
from tests.conftest import SignedIn

CREATE = "create_training_engagement"
QUESTION = {"text": "How many people?", "ask": {"slot": "attendees", "kind": "number",
                                                "required": True}}  # fmt: skip


async def on_scm(person: SignedIn) -> Talking:
    """A conversation where Rasa is at home."""
    http = await person("nadia@northwind.example")
    opened = await http.post("/conversations", json={"portal": "scm"})
    assert opened.json()["engine"] == "rasa"
    return Talking(http, opened.json()["id"])


def engines(replies: list[dict[str, Any]]) -> set[str]:
    return {reply["engine"] for reply in replies}


def puzzled(_: Any) -> dict[str, Any]:
    """What Rasa answers when it did not understand."""
    return answer({"text": "I did not get that."}, intent="nlu_fallback")


async def test_that_the_agent_takes_what_rasa_did_not_understand(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await on_scm(person)
    assert engines(await nadia.say("hello")) == {"rasa"}
    assert model.requests == []
    rasa.answers = puzzled
    model.steps(text("A severity says how urgent it is."))
    replies = await nadia.say("erm, the thing with the numbers one to four")
    assert [reply["text"] for reply in replies] == ["A severity says how urgent it is."]
    assert engines(replies) == {"agent"}
    known = [message["content"] for message in model.requests[0]["messages"]]
    assert "hello" in known
    assert "You said hello" in known


async def test_that_rasa_says_that_it_did_not_understand_when_the_model_fails(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await on_scm(person)
    rasa.answers = puzzled
    model.steps(Says(status=500))
    replies = await nadia.say("blah")
    assert [reply["text"] for reply in replies] == ["I did not get that."]
    assert engines(replies) == {"rasa"}


async def test_that_in_a_form_rasa_keeps_what_it_did_not_understand(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await on_scm(person)
    rasa.answers = lambda _: (
        answer(QUESTION, intent="nlu_fallback") | {"active_form": "training_form"}
    )
    for words in ("training", "lots", "a few more"):
        assert engines(await nadia.say(words)) == {"rasa"}
    assert model.requests == []


async def test_that_the_agent_gets_the_answer_to_what_it_asked(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await on_scm(person)
    rasa.answers = puzzled
    model.steps(text("Which case do you mean?"))
    await nadia.say("that one")
    heard = len(rasa.turns)
    model.steps(text("I see."))
    assert engines(await nadia.say("the newest")) == {"agent"}
    assert len(rasa.turns) == heard
    assert engines(await nadia.say("thank you")) == {"agent"}
    rasa.reset()
    assert engines(await nadia.say("hello")) == {"rasa"}


async def test_that_the_agent_steps_in_when_rasa_is_down(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await on_scm(person)
    rasa.status = 500
    model.steps(text("I am here."))
    replies = await nadia.say("hello")
    assert [reply["text"] for reply in replies] == ["I am here."]


async def test_that_rasa_goes_on_in_mid_conversation_and_keeps_its_form(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("On which day?"))
    await nadia.say("I need training")
    model.steps(Says(status=500))
    rasa.answers = lambda _: answer(QUESTION) | {"active_form": "training_form"}
    replies = await nadia.say("monday")
    assert [reply["text"] for reply in replies] == [say("agent_off"), QUESTION["text"]]
    model.requests.clear()
    model.steps(text("I am back."))
    assert engines(await nadia.say("12")) == {"rasa"}
    # A refusal in the form has no question of its own; the form is open all the same.
    rasa.answers = lambda _: answer({"text": "Not so many."}) | {"active_form": "training_form"}
    assert engines(await nadia.say("101")) == {"rasa"}
    assert engines(await nadia.say("11")) == {"rasa"}
    assert model.requests == []
    rasa.says({"text": "Cancelled."})
    await nadia.say("cancel")
    assert engines(await nadia.say("hello again")) == {"agent"}


async def test_that_rasas_card_is_corrected_by_rasa_and_then_the_agent_is_back(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(Says(status=500))
    body = training()
    rasa.proposes(CREATE, **body)
    await nadia.card("training for three")
    model.requests.clear()
    model.steps(text("I am back."))
    rasa.proposes(CREATE, **body | {"attendees": 15})
    card = await nadia.card("make it 15 people")
    assert card["arguments"]["attendees"] == 15
    assert model.requests == []
    assert (await nadia.settle(card["id"])).status_code == 200
    assert [reply["text"] for reply in await nadia.say("thanks")] == ["I am back."]


async def test_that_the_agents_card_survives_its_failure(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(call(CREATE, training()))
    card = await nadia.card("training")
    model.steps(Says(status=500))
    assert engines(await nadia.say("what is a virtual account?")) == {"rasa"}
    before = len(await nadia.cases())
    assert (await nadia.settle(card["id"])).status_code == 200
    assert len(await nadia.cases()) == before + 1


async def test_that_try_again_asks_the_agent_first(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(Says(status=500))
    rasa.status = 500
    replies = await nadia.say("who am I?")
    assert replies[-1]["text"] == say("engine_down")
    model.steps(text("You are Nadia."))
    replies = await nadia.say("", payload="/try_again")
    assert [reply["text"] for reply in replies] == ["You are Nadia."]
    assert model.requests[-1]["messages"][-1]["content"] == "who am I?"


WISH = "I need training on CLC for 12 people"


def heard(rasa: FakeRasa) -> list[tuple[str, bool]]:
    """What Rasa was told, and whether a session began with it."""
    return [(turn.get("text") or turn["payload"], turn["reset"]) for turn in rasa.turns]


async def to_the_agent(nadia: Talking, model: ScriptedModel, *words: str) -> None:
    """Say these, which the agent answers; then it fails."""
    model.steps(text("When would suit you?"))
    for said in words:
        assert engines(await nadia.say(said)) == {"agent"}
    model.steps(Says(status=500))


async def test_that_rasa_is_told_what_only_the_agent_heard(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    await to_the_agent(nadia, model, WISH, "in German", "topics: orders", "for our new people")
    replies = await nadia.say("next Tuesday 3pm")
    assert [reply["text"] for reply in replies] == [
        say("agent_off"), "You said next Tuesday 3pm",
    ]  # fmt: skip
    assert heard(rasa) == [
        ("in German", True), ("topics: orders", False), ("for our new people", False),
        ("next Tuesday 3pm", False),
    ]  # fmt: skip
    assert len({turn["message_id"] for turn in rasa.turns}) == len(rasa.turns)
    model.steps(Says(status=500))
    await nadia.say("thanks")
    assert heard(rasa)[4:] == [("thanks", False)]


async def test_that_what_is_told_again_is_told_under_the_same_ids(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    """The second message is tried anew after Rasa failed: nothing counts twice."""
    nadia = await talk("nadia@northwind.example")
    await to_the_agent(nadia, model, WISH)
    rasa.answers = lambda turn: answer({"text": "Yes."} if turn["text"] == WISH else {})
    assert (await nadia.say("next Tuesday 3pm"))[-1]["text"] == say("engine_down")
    rasa.answers = echo
    await nadia.say("", payload="/try_again")
    first, second = rasa.turns[:2], rasa.turns[2:]
    assert first == second
    assert [turn["text"] for turn in first] == [WISH, "next Tuesday 3pm"]


async def test_that_nothing_is_proposed_or_shown_by_what_rasa_is_told_again(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    await to_the_agent(nadia, model, WISH)
    body = training()
    card = {"propose": {"operation": CREATE, "arguments": body}}
    button = {"title": "Pay", "payload": "/pay"}
    rasa.answers = lambda turn: (
        answer(card, {"text": "Secret", "buttons": [button]})
        if turn["text"] == WISH
        else answer({"text": "When?"})
    )
    replies = await nadia.say("soon")
    assert [reply["text"] for reply in replies] == [say("agent_off"), "When?"]
    listed = (await nadia.http.get(f"/conversations/{nadia.id}/messages")).json()["items"]
    assert not [message for message in listed if message["proposal"]]
    replies = await nadia.say("", payload="/pay")
    assert replies[0]["text"].startswith(say("unknown_payload"))


@pytest.mark.parametrize("failure", ["an error", "an empty answer", "silence"])
async def test_that_the_present_message_is_answered_when_telling_again_fails(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa, failure: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(rasa_engine, "CATCH_UP_SECONDS", 0.3)
    nadia = await talk("nadia@northwind.example")
    await to_the_agent(nadia, model, WISH, "in German")
    rasa.fails = lambda turn: failure if turn["text"] == WISH else None
    replies = await nadia.say("next Tuesday 3pm")
    assert replies[-1]["text"] == "You said next Tuesday 3pm"
    assert heard(rasa) == [(WISH, True), ("next Tuesday 3pm", True)]


@pytest.mark.parametrize("how", ["confirm", "cancel"])
async def test_that_words_of_a_task_that_ended_are_not_told_again(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa, how: str
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(text("When?"), call(CREATE, training()), text("Welcome."))
    await nadia.say(WISH)
    card = await nadia.card("next Tuesday 3pm")
    assert (await nadia.settle(card["id"], how)).status_code == 200
    await to_the_agent(nadia, model, "thank you")
    await nadia.say("what is a virtual account?")
    assert heard(rasa) == [("thank you", True), ("what is a virtual account?", False)]


async def test_that_pressed_buttons_and_what_rasa_heard_are_not_told_again(
    talk: Talk, model: ScriptedModel, rasa: FakeRasa
) -> None:
    nadia = await talk("nadia@northwind.example")
    model.steps(Says(status=500))
    rasa.says({"text": "Hi.", "buttons": [{"title": "Help", "payload": "/help"}]})
    await nadia.say("hello")
    await nadia.say("", payload="/help")
    await to_the_agent(nadia, model, "I need training")
    await nadia.say("monday")
    assert heard(rasa) == [
        ("hello", True), ("/help", False), ("I need training", False), ("monday", False),
    ]  # fmt: skip


@pytest.mark.parametrize("portal", ["clc", "scm"])
async def test_that_every_message_is_answered_by_one_engine(
    person: SignedIn, model: ScriptedModel, rasa: FakeRasa, portal: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whatever fails in whatever order, a message has replies of one engine, and of the system."""
    monkeypatch.setattr(settings(), "agent_pause_seconds", 0.0)
    http = await person("nadia@northwind.example")
    opened = await http.post("/conversations", json={"portal": portal})
    nadia = Talking(http, opened.json()["id"])
    faults = [Says(status=500), text("Hm."), Says(text="half of it", cut_after=1), text("Yes?")]
    for number in range(2 * breaker_module.FAILURES_TO_OPEN + len(faults)):
        model.steps(faults[number % len(faults)])
        rasa.answers = puzzled if number % 3 else lambda _: answer({"text": "Understood."})
        rasa.status = 500 if number % 5 == 4 else 200
        replies = await nadia.say(f"message {uuid.uuid4().hex[:6]}")
        spoke = {reply["engine"] for reply in replies if reply["role"] == "bot"}
        assert len(spoke) <= 1, replies
        assert replies
