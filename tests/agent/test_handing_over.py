"""Who answers when there are two engines: one at a time, and whoever asked gets the answer."""

import uuid
from typing import Any

import pytest

from assistant.engines.agent import breaker as breaker_module
from assistant.wording import say
from backend.core.settings import settings
from tests.agent.conftest import Talk, Talking, training
from tests.agent.scripted_model import Says, ScriptedModel, call, text
from tests.assistant.fake_rasa import FakeRasa, answer
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
