"""The trained model and the channel, in a real Rasa server; no action server behind it."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from assistant.cli.paths import State
from assistant.cli.secret_file import Secrets
from assistant.cli.supervisor import free_port, start_rasa, stop, wait_rasa
from assistant.cli.training import train

FILES = (
    "sentences.yml", "account_sentences.yml", "order_sentences.yml", "notification_sentences.yml",
)  # fmt: skip
SENTENCES: dict[str, dict[str, list[dict[str, Any]]]] = {
    name: yaml.safe_load((Path(__file__).parent / name).read_text()) for name in FILES
}
UNDERSTOOD = 0.96
FACTS_FOUND = 0.97
WEBHOOK = "/webhooks/ask_licensing/webhook"


@pytest.fixture(scope="module")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    state, secrets = State.at(tmp_path_factory.mktemp("rasa")), Secrets.made_up()
    port = free_port()
    child = start_rasa(
        state.folder, train(state).model, secrets, "http://127.0.0.1:9/actions/webhook", port
    )
    try:
        wait_rasa(child, port, 120)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=30,
            trust_env=False,
            headers={"X-Rasa-Secret": secrets.rasa_secret},
        ) as client:
            yield client
    finally:
        stop([child])


def send(
    rasa: httpx.Client, text: str = "hello", sender: str = "", message_id: str = "", **more: Any
) -> dict[str, Any]:
    body = {
        "sender": sender or uuid.uuid4().hex,
        "message_id": message_id or uuid.uuid4().hex,
        "metadata": {"person": "nadia@northwind.example"},
        **({} if "payload" in more else {"text": text}),
        **more,
    }
    answer = rasa.post(WEBHOOK, json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("file", FILES)
@pytest.mark.timeout(400)
def test_that_unseen_sentences_are_understood(rasa: httpx.Client, file: str) -> None:
    wrong, lost, facts = [], [], 0
    for intent, rows in SENTENCES[file].items():
        for row in rows:
            told = send(rasa, row["text"])
            if told["intent"]["name"] != intent:
                wrong.append((row["text"], intent, told["intent"]))
            found = {(e["entity"], e["value"]) for e in told["entities"]}
            facts += len(row.get("facts", {}))
            lost += [(row["text"], f) for f in row.get("facts", {}).items() if f not in found]
    count = sum(map(len, SENTENCES[file].values()))
    right, kept = 1 - len(wrong) / count, 1 - len(lost) / facts
    print(f"{file}: intents {right:.3f} of {count}, facts {kept:.3f}")
    assert 1 - len(wrong) / count >= UNDERSTOOD, wrong
    assert 1 - len(lost) / facts >= FACTS_FOUND, lost


def test_that_no_sentence_stands_in_the_training_data() -> None:
    data = Path(__file__).parents[2] / "data"
    trained = {
        line.strip().removeprefix("- ").lower()
        for file in data.glob("*/nlu.yml")
        for line in file.read_text().splitlines()
    }
    rows = [
        row["text"].lower()
        for sentences in SENTENCES.values()
        for rows in sentences.values()
        for row in rows
    ]
    assert not trained & {*rows}
    assert len(rows) >= 500


def test_that_a_sentence_is_understood_quickly(rasa: httpx.Client) -> None:
    send(rasa)
    times = []
    for number in range(20):
        begun = time.perf_counter()
        send(rasa, f"hello there, good morning number {number}")
        times.append(time.perf_counter() - begun)
    assert sorted(times)[len(times) // 2] < 0.25


def test_that_a_wrong_secret_is_401(rasa: httpx.Client) -> None:
    for secret in ("wrong", ""):
        answer = rasa.post(WEBHOOK, json={}, headers={"X-Rasa-Secret": secret})
        assert answer.status_code == 401
    assert rasa.post(WEBHOOK, json={"sender": "s"}).status_code == 422


def test_that_a_message_sent_twice_is_one_turn(rasa: httpx.Client) -> None:
    sender, message = uuid.uuid4().hex, uuid.uuid4().hex
    first = send(rasa, "hello", sender, message)
    again = send(rasa, "hello", sender, message)
    assert first["messages"]
    assert again == first
    other = send(rasa, "thank you", sender)
    assert other["messages"] != first["messages"]
    assert send(rasa, "hello", sender, message)["messages"] == first["messages"]


def test_that_text_with_a_slash_is_text(rasa: httpx.Client) -> None:
    told = send(rasa, "/goodbye")
    assert told["intent"]["confidence"] < 1.0
    assert send(rasa, '/greet{"portal":"clc"}')["intent"]["confidence"] < 1.0
    assert send(rasa, payload="/goodbye")["intent"] == {"name": "goodbye", "confidence": 1.0}
    assert send(rasa, "/")["intent"]["confidence"] < 1.0


def test_that_a_failed_action_leaves_no_trace(rasa: httpx.Client) -> None:
    sender, message = uuid.uuid4().hex, uuid.uuid4().hex
    send(rasa, "hello", sender)
    told = send(rasa, "I need training on CLC", sender, message)
    assert told["messages"] == []
    assert told["intent"]["name"] == "request_training"
    after = send(rasa, "hello", sender)
    assert after["active_form"] is None
    assert after["messages"]


@pytest.mark.parametrize(
    "intent",
    [
        "greet",
        "help",
        "thanks",
        "goodbye",
        "bot_challenge",
        "small_talk",
        "abuse",
        "other_language",
        "out_of_scope",
        "talk_to_person",
        "get_support",
    ],
)
def test_that_what_needs_no_action_is_answered(rasa: httpx.Client, intent: str) -> None:
    told = send(rasa, payload=f"/{intent}")
    assert told["messages"][0]["text"]


def test_that_the_200th_turn_costs_what_the_first_did(rasa: httpx.Client) -> None:
    sender = uuid.uuid4().hex
    times = []
    for number in range(200):
        begun = time.perf_counter()
        assert send(rasa, payload="/greet" if number % 2 else "/thanks", sender=sender)["messages"]
        times.append(time.perf_counter() - begun)
    early, late = sorted(times[5:25])[10], sorted(times[-20:])[10]
    assert late < 2 * early, (early, late)


def test_that_a_reset_begins_anew(rasa: httpx.Client) -> None:
    sender = uuid.uuid4().hex
    send(rasa, "hello", sender)
    told = send(rasa, "thank you", sender, reset=True)
    assert told["messages"]
    assert told["slots"] == {}
