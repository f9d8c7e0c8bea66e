"""The plain form for a case, for when Rasa is down: one question after the other."""

from typing import Any

import pytest

from tests.assistant.conftest import Begin, Talk
from tests.assistant.fake_rasa import FakeRasa


async def leave_case(talk: Talk) -> dict[str, Any]:
    """Say something that fails and press the button; the first question."""
    await talk.say("My order is stuck")
    [question] = await talk.press("/leave_case")
    return question


async def answered(talk: Talk, *texts: str) -> dict[str, Any]:
    """Answer questions; the last reply."""
    reply: dict[str, Any] = {}
    for text in texts:
        [reply] = await talk.say(text)
    return reply


async def test_that_a_case_is_left_while_rasa_is_down(talk: Talk) -> None:
    question = await leave_case(talk)
    assert question["ask"]["slot"] == "category"
    assert question["ask"]["kind"] == "choice"
    assert "smart_account" in [o["value"] for o in question["ask"]["options"]]
    [title] = await talk.press('/answer{"value": "orders"}')
    assert title["ask"]["slot"] == "title"
    description = await answered(talk, "Order 4100001 is stuck")
    assert description["ask"]["slot"] == "description"
    severity = await answered(talk, "It does not move.")
    assert (severity["ask"]["slot"], severity["ask"]["kind"]) == ("severity", "number")
    assert (severity["ask"]["min"], severity["ask"]["max"]) == (1, 4)
    card = await answered(talk, "3")
    assert card["proposal"]["operation"] == "open_case"
    confirmed = await talk.settle(card["proposal"])
    assert confirmed.status_code == 200
    [case] = await talk.cases()
    assert (case["category"], case["title"]) == ("orders", "Order 4100001 is stuck")


@pytest.mark.parametrize(
    ("said", "value"),
    [("Smart account", "smart_account"), ("smart_account", "smart_account"), ("ORDERS", "orders")],
)
async def test_that_a_choice_is_answered_by_value_or_title_in_any_case(
    talk: Talk, said: str, value: str
) -> None:
    await leave_case(talk)
    card = await answered(talk, said, "A title", "A description", "4")
    assert card["proposal"]["arguments"]["category"] == value


@pytest.mark.parametrize("said", ["2", "two", "Two"])
async def test_that_a_number_is_digits_or_a_word(talk: Talk, said: str) -> None:
    await leave_case(talk)
    card = await answered(talk, "other", "A title", "A description", said)
    lines = {line["label"]: line["value"] for line in card["proposal"]["preview"]["lines"]}
    assert lines["Severity"] == "2 · Major"


async def test_that_a_wrong_answer_is_explained_and_asked_again(talk: Talk) -> None:
    await leave_case(talk)
    again = await answered(talk, "everything")
    assert again["ask"]["slot"] == "category"
    assert "can’t be “everything”. It is one of" in again["text"]
    again = await answered(talk, "other", "A title", "A description", "9")
    assert again["ask"]["slot"] == "severity"
    assert "at most 4" in again["text"]
    assert (await answered(talk, "4"))["proposal"]


async def test_that_a_severe_case_asks_for_a_phone_that_the_profile_lacks(begin: Begin) -> None:
    known = await begin()
    await leave_case(known)
    assert (await answered(known, "other", "A", "B", "1"))["proposal"]
    unknown = await begin(phone=None)
    await leave_case(unknown)
    question = await answered(unknown, "other", "A", "B", "1")
    assert question["ask"]["slot"] == "phone"
    again = await answered(unknown, "call me")
    assert (again["ask"]["slot"], "not a phone number" in again["text"]) == ("phone", True)
    card = await answered(unknown, "+47 555 01 99")
    assert card["proposal"]["arguments"]["phone"] == "+47 555 01 99"


@pytest.mark.parametrize("word", ["cancel", "Stop"])
async def test_that_it_can_be_cancelled_at_any_question(
    rasa: FakeRasa, talk: Talk, word: str
) -> None:
    rasa.status = 503
    await leave_case(talk)
    reply = await answered(talk, "orders", word)
    assert reply["text"] == "Cancelled. Nothing was sent."
    rasa.status = 200
    assert (await answered(talk, "hello"))["text"] == "You said hello"


@pytest.mark.parametrize("payload", ["/request_training", "/leave_case", "/try_again"])
async def test_that_an_older_button_is_no_answer_to_the_open_question(
    talk: Talk, payload: str
) -> None:
    await leave_case(talk)
    await talk.press('/answer{"value": "orders"}')
    [again] = await talk.press(payload)
    assert again["ask"]["slot"] == "title"
    [again] = await talk.press('/answer{"value": "mce"}')
    assert again["ask"]["slot"] == "title"
    card = await answered(talk, "A title", "A description", "3")
    assert card["proposal"]["arguments"]["title"] == "A title"
    assert card["proposal"]["arguments"]["category"] == "orders"


async def test_that_it_goes_on_where_it_was_when_rasa_comes_back(
    rasa: FakeRasa, talk: Talk
) -> None:
    rasa.status = 503
    await leave_case(talk)
    await answered(talk, "orders")
    rasa.status = 200
    reply = await answered(talk, "A title")
    assert reply["ask"]["slot"] == "description"
