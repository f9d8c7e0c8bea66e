"""The conversation in the terminal: what is shown, what can be picked, what goes over the wire."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from assistant.cli import chat
from assistant.cli.chat import Conversation
from assistant.cli.talk import Refused, Talk, events

Sent = list[tuple[str, Any]]


def reply(number: int, text: str, **parts: Any) -> dict[str, Any]:
    return {"id": str(number), "role": "bot", "text": text, **parts}


CHOICE = {
    "slot": "portal",
    "kind": "choice",
    "required": True,
    "options": [
        {"value": "clc", "title": "License Central [CLC]", "payload": '/answer{"value":"clc"}'},
        {"value": "cssm", "title": "CSSM", "payload": '/answer{"value":"cssm"}'},
    ],
}
PREVIEW = {
    "title": "Training on CLC",
    "lines": [{"label": "Attendees", "value": 12}],
    "note": "Two hours on Tuesday",
}


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def hold(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Hold a conversation with a service that answers as told; return the screen's text."""

    def run(greeting: dict[str, Any], said: list[str], answers: list[dict[str, Any]]) -> str:
        left = iter(answers)

        def serve(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/stream"):
                return httpx.Response(204)
            body = json.loads(request.content)
            body.pop("client_message_id", None)
            sent.append((request.url.path.removeprefix("/api/v1/conversations"), body))
            if request.url.path.endswith("/conversations"):
                return httpx.Response(201, json={"id": "c1", "replies": [greeting]})
            return httpx.Response(200, json={"replies": [next(left)]})

        http = httpx.Client(
            base_url="http://test.example/api/v1", transport=httpx.MockTransport(serve)
        )
        typed = iter(said)

        def type_next(_: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr(chat.console, "input", type_next)
        talk = Talk("", http=http)
        with chat.console.capture() as screen:
            try:
                Conversation(talk).hold(talk.begin("clc"))
            except EOFError:
                talk.close()
        sent.pop(0)
        return screen.get()

    return run


def test_that_options_have_numbers_and_a_number_sends_what_was_offered(
    hold: Callable[..., str], sent: Sent
) -> None:
    screen = hold(reply(1, "Which portal?", ask=CHOICE), ["1"], [reply(2, "Good.")])
    assert "1  License Central [CLC]" in screen
    assert "Good." in screen
    assert sent == [("/c1/messages", {"payload": '/answer{"value":"clc"}'})]


def test_that_a_number_is_a_number_when_a_number_is_asked_for(
    hold: Callable[..., str], sent: Sent
) -> None:
    ask = {"slot": "attendees", "kind": "number", "required": True}
    button = {"title": "Get Support", "payload": "/get_support"}
    hold(reply(1, "How many?", ask=ask, buttons=[button]), ["1"], [reply(2, "One.")])
    assert sent == [("/c1/messages", {"text": "1"})]


def test_that_a_letter_presses_a_button(hold: Callable[..., str], sent: Sent) -> None:
    button = {"title": "Get Support", "payload": "/get_support"}
    screen = hold(reply(1, "Here is an article.", buttons=[button]), ["a"], [reply(2, "Sure.")])
    assert "a  Get Support" in screen
    assert sent == [("/c1/messages", {"payload": "/get_support"})]


@pytest.mark.parametrize(
    ("letter", "call"),
    [
        ("a", ("/c1/proposals/p1/confirm", {})),
        ("b", ("/c1/messages", {"payload": "/change"})),
        ("c", ("/c1/proposals/p1/cancel", {})),
    ],
)
def test_that_a_card_can_be_confirmed_changed_and_cancelled(
    hold: Callable[..., str], sent: Sent, letter: str, call: tuple[str, dict[str, Any]]
) -> None:
    proposal = {"id": "p1", "status": "open", "preview": PREVIEW}
    screen = hold(reply(1, "Shall I?", proposal=proposal), [letter], [reply(2, "Done.")])
    assert "Training on CLC" in screen
    assert "Attendees" in screen
    assert "12" in screen
    assert sent == [call]


def test_that_what_was_offered_before_cannot_be_picked_later(
    hold: Callable[..., str], sent: Sent
) -> None:
    hold(reply(1, "Which portal?", ask=CHOICE), ["cssm", "1"], [reply(2, "Fine."), reply(3, "?")])
    assert sent == [("/c1/messages", {"text": "cssm"}), ("/c1/messages", {"text": "1"})]


def test_that_what_somebody_wrote_does_not_steer_the_terminal(hold: Callable[..., str]) -> None:
    card = {
        "kind": "case",
        "title": "C-1 \x1b[2J[red]",
        "lines": [{"label": "Title", "value": "\x1b]0;owned\x07[bold]x[/bold]"}],
    }
    screen = hold(reply(1, "Your case \x1b[31mred", card=card), [], [])
    assert "\x1b[2J" not in screen
    assert "\x1b]0" not in screen
    assert "[red]" in screen
    assert "[bold]x[/bold]" in screen


def test_that_a_message_is_shown_once_and_ones_own_never(hold: Callable[..., str]) -> None:
    again = reply(1, "Which portal?", ask=CHOICE)
    screen = hold(again, ["cssm"], [again])
    assert screen.count("Which portal?") == 1


def test_that_the_stream_is_read_without_pings_and_half_written_text() -> None:
    lines = iter(
        [
            ": ping",
            "",
            "id: 7",
            'data: {"id": "7", "role": "person",',
            'data:  "text": "Hello"}',
            "",
            "event: delta",
            'data: {"text": "Hel"}',
            "",
            "data: rubbish",
            "",
        ]
    )
    assert list(events(lines)) == [("7", {"id": "7", "role": "person", "text": "Hello"})]


def test_that_a_refusal_has_the_words_and_the_next_step() -> None:
    problem = {"title": "Unknown", "detail": "There is no such person.", "hint": "Pick one."}
    transport = httpx.MockTransport(lambda _: httpx.Response(404, json=problem))
    talk = Talk("", http=httpx.Client(base_url="http://test.example", transport=transport))
    with pytest.raises(Refused, match=r"Unknown\. There is no such person\. Pick one\."):
        talk.sign_in("nobody@northwind.example")
