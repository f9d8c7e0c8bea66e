"""The app is killed while a model thinks: no message is lost, no reply comes twice."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.agent.conftest import training
from tests.agent.scripted_model import Says, ScriptedModel, call, text
from tests.crashes.test_crashes import kill, receipts
from tests.product import Person, Product

CREATE = "create_training_engagement"
WAIT_SECONDS = 20
WISH = "I need training on CLC"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture
def crashed(tmp_path: Path, model: ScriptedModel) -> Iterator[Product]:
    settings = {"OPENAI_BASE_URL": model.url, "ASSISTANT_MODEL": "scripted"}
    with Product(tmp_path, with_rasa=False, environment=settings) as product:
        yield product


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def killed_in_mid_turn(
    product: Product, model: ScriptedModel, person: Person, *, at_call: int = 1
) -> None:
    """Say WISH with the key "one", and kill the app in the middle of this model call."""
    failed: list[httpx.HTTPError] = []

    def send() -> None:
        try:
            person.send(key="one", text=WISH)
        except httpx.HTTPError as exc:
            failed.append(exc)

    sending = threading.Thread(target=send)
    sending.start()
    until(lambda: len(asked(model)) == at_call, "the model was not asked")
    kill(product.app)
    sending.join(WAIT_SECONDS)
    assert failed, "the turn ended before the kill"


def asked(model: ScriptedModel) -> list[dict[str, Any]]:
    """What the model was asked in conversations; at its start the app asks what it can do."""
    return [request for request in model.requests if WISH in str(request["messages"])]


def words(person: Person) -> list[tuple[str, str]]:
    return [(m["role"], m["text"]) for m in person.transcript()][1:]


def test_that_a_turn_killed_while_the_model_hangs_is_answered_once_after_a_restart(
    crashed: Product, model: ScriptedModel
) -> None:
    nadia = crashed.client("nadia@northwind.example")
    nadia.begin()
    model.steps(Says(silent=True))
    killed_in_mid_turn(crashed, model, nadia)
    model.steps(text("Which day suits you?"))
    crashed.start_app()
    until(lambda: len(words(nadia)) == 2, "what was left over is not answered")
    told = [("user", WISH), ("bot", "Which day suits you?")]
    assert words(nadia) == told
    again = nadia.send(key="one", text=WISH).json()["replies"]
    assert [reply["text"] for reply in again] == ["Which day suits you?"]
    assert words(nadia) == told
    model.steps(call(CREATE, training()))
    card = nadia.say("next week")[-1]["proposal"]
    assert nadia.settle(card["id"]).status_code == 200
    assert [case["number"] for case in nadia.cases()] == receipts(nadia)


def test_that_a_turn_killed_between_a_read_and_its_card_shows_one_card(
    crashed: Product, model: ScriptedModel
) -> None:
    nadia = crashed.client("nadia@northwind.example")
    nadia.begin()
    model.steps(call("get_me", {}), Says(silent=True))
    killed_in_mid_turn(crashed, model, nadia, at_call=2)
    assert asked(model)[-1]["messages"][-1]["role"] == "tool"
    model.steps(call(CREATE, training()))
    crashed.start_app()
    replies = nadia.send(key="one", text=WISH).json()["replies"]
    assert len(replies) == 1
    cards = [m["proposal"] for m in nadia.transcript() if m["proposal"]]
    assert [card["status"] for card in cards] == ["open"]
    assert nadia.cases() == []
    kill(crashed.app)
    crashed.start_app()
    assert nadia.settle(cards[0]["id"]).status_code == 200
    assert len(nadia.cases()) == 1
    assert [role for role, _ in words(nadia)] == ["user", "bot", "bot"]


def test_that_words_said_during_the_outage_wait_for_those_before(
    crashed: Product, model: ScriptedModel
) -> None:
    nadia = crashed.client("nadia@northwind.example")
    nadia.begin()
    model.steps(Says(silent=True))
    killed_in_mid_turn(crashed, model, nadia)
    with pytest.raises(httpx.HTTPError):
        nadia.say("are you there?")
    model.script = lambda request: text(f"You said: {request['messages'][-1]['content']}")
    crashed.start_app()
    nadia.say("are you there?")
    assert words(nadia) == [
        ("user", WISH), ("bot", f"You said: {WISH}"),
        ("user", "are you there?"), ("bot", "You said: are you there?"),
    ] or words(nadia) == [
        ("user", WISH), ("user", "are you there?"),
        ("bot", f"You said: {WISH}"), ("bot", "You said: are you there?"),
    ]  # fmt: skip
