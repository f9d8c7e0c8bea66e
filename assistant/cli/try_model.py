"""`ask-licensing llm --try`: a few conversations with the small model, printed as they went.

A product of its own, in a folder that is thrown away and without Rasa, so that whatever is
answered the model answered, or the product said that the model could not.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.cli.children import Child, free_port, start, stop, wait_ready
from assistant.cli.display import console, say
from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets
from assistant.cli.supervisor import start_app
from assistant.cli.talk import Reply, Talk
from backend.core.settings import ROOT

PERSON, SUPPORT = "nadia@northwind.example", "lee@support.example"
CONFIRM = "(confirms the card)"
# A reading, a write up to its receipt, a question, and what it is not there for.
CONVERSATIONS = (
    ("show me my cases",),
    ("I need training on CLC for 12 people next week.",),
    (
        "Open a case, severity 3: the licences for Oslo are missing since Monday.",
        "Please open the case now.",
        CONFIRM,
    ),
    ("What is a virtual account?",),
    ("What will the weather be like in Paris tomorrow?",),
)
# It reads slowly, and picks better among few tools.
ROOM = {
    "AGENT_PROMPT_TOKENS": "1500", "AGENT_SILENCE_SECONDS": "240", "TURN_SECONDS": "300",
    "AGENT_ANSWER_TOKENS": "200", "AGENT_MODEL_CALLS": "4", "ASSISTANT_MODEL": "smollm2",
    "OPENAI_API_KEY": "none",
}  # fmt: skip
START_SECONDS = 120
NOWHERE = "http://127.0.0.1:9"  # no Rasa listens there


def play(model_server: list[str], environment: dict[str, str], port: int) -> int:
    """Start the model and a product, hold the conversations, stop both; 0 when all were answered.

    `model_server` is the command that serves the model on 127.0.0.1:`port`.
    """
    with tempfile.TemporaryDirectory(prefix="ask-licensing-") as folder:
        state = State.at(Path(folder))
        model = start(
            "The model", model_server, log=state.logs / "model.log", environment=environment,
            folder=ROOT,
        )  # fmt: skip
        children = [model]
        try:
            wait_ready(f"http://127.0.0.1:{port}/v1/models", START_SECONDS, model)
            address = _start_product(state, port, children)
            answered = [_hold(address, lines) for lines in CONVERSATIONS]
        finally:
            stop(children)
    say(f"The model answered {sum(answered)} of {len(answered)} conversations.")
    return 0 if all(answered) else 1


def _start_product(state: State, model_port: int, children: list[Child]) -> str:
    port = free_port()
    settings = ROOM | {"OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1"}
    with _environment(settings):
        app = start_app(state, Secrets.made_up(), rasa_url=NOWHERE, host="127.0.0.1", port=port)
    children.append(app)
    address = f"http://127.0.0.1:{port}"
    wait_ready(f"{address}/healthz", START_SECONDS, app)
    return address


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _hold(address: str, lines: Iterable[str]) -> bool:
    """One conversation; whether the model answered each line of it."""
    console.rule()
    talk, desk = (Talk(address, seconds=float(ROOM["TURN_SECONDS"]) + 30) for _ in range(2))
    talk.sign_in(PERSON)
    desk.sign_in(SUPPORT)
    talk.begin("cssm", "agent")
    engines = set()
    card = ""
    for line in lines:
        if line == CONFIRM and not card:
            continue  # no card came: there is nothing to confirm
        console.print(f"[bold cyan]you ›[/] {line}")
        begun = time.monotonic()
        confirming = line == CONFIRM
        replies = talk.decide(card, "confirm") if confirming else talk.say(text=line)
        _show(replies, time.monotonic() - begun)
        if not confirming:
            engines |= {reply["engine"] for reply in replies}
            _show_calls(desk.messages(talk.conversation))
        card = next((reply["proposal"]["id"] for reply in replies if reply["proposal"]), "")
    return engines == {"agent"}


def _show(replies: Iterable[Reply], seconds: float) -> None:
    for reply in replies:
        say(f"{reply['engine']} › {reply['text']}")
        for card in filter(
            None, (reply["proposal"] and reply["proposal"]["preview"], reply["card"])
        ):
            say(f"  [card] {card.get('title', '')}")
            for line in card.get("lines") or []:
                say(f"    {line['label']}: {line['value']}")
    say(f"  ({seconds:.1f} s)")


def _show_calls(messages: list[dict[str, Any]]) -> None:
    """What it called for the last line, as the desk sees it."""
    why = next(one["why"] or {} for one in reversed(messages) if one["role"] == "user")
    for call in why.get("tools") or []:
        say(f"  [tool] {call['name']} {call['arguments']} {'' if call['ok'] else '(refused)'}")
    if "tokens" in why:
        say(f"  [{why['model_calls']} model calls, {why['tokens']['input']} tokens read]")
