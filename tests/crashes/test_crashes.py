"""What survives when a process dies: nothing lost, nothing done twice."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.cli.children import start
from assistant.cli.paths import PYTHON
from assistant.cli.supervisor import app_environment, free_port, start_app, wait_ready
from backend.core.settings import ROOT
from tests.product import READY_SECONDS, Person, Product, working_day

FACTS = {"topics": "how orders get assigned", "attendees": "4"}
MOST_QUESTIONS = 8


@pytest.fixture
def crashed(tmp_path: Path) -> Iterator[Product]:
    with Product(tmp_path) as product:
        yield product


def kill(child: Any) -> None:
    os.kill(child.pid, signal.SIGKILL)
    child.process.wait()


def card(person: Person, start_time: str) -> dict[str, Any]:
    """Talk until the card for a training is there; its proposal."""
    facts = FACTS | {"windows": start_time}
    person.begin()
    person.say("I need training on CLC")
    person.press("/get_support")
    replies = person.press("/create_case")
    for _ in range(MOST_QUESTIONS):
        for reply in replies:
            if reply["proposal"]:
                return reply["proposal"]  # type: ignore[no-any-return]
        question = replies[-1]["ask"]
        replies = person.say(facts.get(question["slot"], "skip"))
    raise AssertionError(f"no card: {replies}")


def later(hours: int) -> str:
    return f"{working_day(6)}T{hours:02}:00"


def faulty(product: Product, fault: str) -> None:
    """Replace the app by one with a fault."""
    kill(product.app)
    environment = app_environment(product.state, product.secrets) | {
        "HOST": "127.0.0.1", "PORT": str(product.port), "RASA_URL": product.rasa_url,
        "FAULT": fault, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    product.app = start(
        "The faulty app",
        [str(PYTHON), "-m", "tests.crashes.faulty_app"],
        log=product.state.logs / "faulty.log",
        environment=environment,
        folder=ROOT,
    )
    wait_ready(f"{product.base}/healthz", READY_SECONDS, product.app)


def receipts(person: Person) -> list[str]:
    return [
        message["card"]["reference"]
        for message in person.transcript()
        if (message["card"] or {}).get("kind") == "receipt"
    ]


def test_that_a_card_still_works_after_the_app_was_killed(crashed: Product) -> None:
    nadia = crashed.client("nadia@northwind.example")
    proposal = card(nadia, later(9))
    kill(crashed.app)
    crashed.start_app()
    confirmed = nadia.settle(proposal["id"])
    assert confirmed.status_code == 200, confirmed.text
    assert [case["number"] for case in nadia.cases()] == receipts(nadia)
    assert nadia.settle(proposal["id"]).json() == confirmed.json()
    assert len(nadia.cases()) == 1


def test_that_a_confirmation_cut_short_is_finished_once_and_shown(crashed: Product) -> None:
    nadia = crashed.client("nadia@northwind.example")
    faulty(crashed, "die_before_receipt")
    proposal = card(nadia, later(10))
    with pytest.raises(httpx.HTTPError):
        nadia.settle(proposal["id"])
    crashed.app.process.wait(10)  # type: ignore[union-attr]
    crashed.start_app()
    deadline = time.monotonic() + 15
    while not receipts(nadia) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [case["number"] for case in nadia.cases()] == receipts(nadia)
    assert len(receipts(nadia)) == 1
    assert nadia.settle(proposal["id"]).json()["result"]["number"] == receipts(nadia)[0]
    mails = nadia.http.get("/demo/outbox", params={"to": nadia.email}).json()["items"]
    assert len(mails) == 1


def test_that_rasa_killed_in_mid_turn_costs_no_answer_and_doubles_none(crashed: Product) -> None:
    nadia = crashed.client("nadia@northwind.example")
    faulty(crashed, "slow_actions")
    nadia.begin()
    sent: list[Any] = []
    sending = threading.Thread(
        target=lambda: sent.append(nadia.send(key="one", text="I need training on CLC").json())
    )
    sending.start()
    time.sleep(0.5)
    kill(crashed.rasa)
    sending.join(60)
    assert "try again" in sent[0]["replies"][0]["text"].lower()
    crashed.start_rasa()
    assert nadia.send(key="one", text="I need training on CLC").json() == sent[0]
    replies = nadia.press("/try_again")
    assert "Get Support" in [button["title"] for reply in replies for button in reply["buttons"]]
    asked = [m for m in nadia.transcript() if m["text"] == "I need training on CLC"]
    assert len(asked) == 1


def test_that_without_rasa_a_case_can_be_left_and_rasa_comes_back_by_itself(
    crashed: Product,
) -> None:
    nils = crashed.client("nils@northwind.example")
    nils.begin()
    kill(crashed.rasa)
    replies = nils.say("I need training on CLC")
    titles = [button["title"] for reply in replies for button in reply["buttons"]]
    assert titles == ["Try again", "Leave a case"]
    replies = nils.press("/leave_case")
    answers = {
        "category": "orders", "title": "Order 4100001 hangs", "phone": "+47 555 01 99",
        "description": "It has been stuck for a week.", "severity": "2",
    }  # fmt: skip
    while replies[-1]["ask"]:
        replies = nils.say(answers[replies[-1]["ask"]["slot"]])
    confirmed = nils.settle(replies[-1]["proposal"]["id"])
    assert confirmed.status_code == 200, confirmed.text
    (case,) = nils.cases()
    assert (case["title"], case["queue"], case["severity"]) == (answers["title"], "orders", 2)
    crashed.start_rasa()
    replies = nils.say("I need training on CSSM")
    assert "Get Support" in [button["title"] for reply in replies for button in reply["buttons"]]


def test_that_a_second_process_on_the_same_file_is_refused(crashed: Product) -> None:
    second = start_app(
        crashed.state, crashed.secrets, rasa_url=crashed.rasa_url, host="127.0.0.1",
        port=free_port(),
    )  # fmt: skip
    assert second.process.wait(30) != 0
    assert "Another process already uses" in "\n".join(second.last_lines(40))
    assert httpx.get(f"{crashed.base}/healthz", timeout=5).status_code == 200
