"""One turn through our API against the same turn sent straight to Rasa's own REST channel.

Both go to the same Rasa, which calls the same actions; what differs is what we add: signing in,
the message store, the lease, the router, the reply's storage. Samples of both are taken in turn,
so that a busy machine slows both.
"""

import time
import uuid
from typing import Any

import httpx
from rich.console import Console

from benchmarks.measuring import compare
from tests.product import Product, working_day

DIALOGUES = 40
LONG_TURNS = 200


def _dialogue() -> list[tuple[str, str, str]]:
    """`(what is measured, text, payload)`; a turn without a name only leads to the next."""
    return [
        ("a small turn (“hello”)", "hello", ""),
        ("", "I need training on CLC", ""),
        ("", "get support", ""),
        ("", "create a case", ""),
        ("a form turn (topics)", "how orders get assigned", ""),
        ("a form turn (time)", f"{working_day(6)}T15:00", ""),
    ]


async def run(product: Product, console: Console) -> None:
    """Print the ratios."""
    person = product.client("nadia@northwind.example")
    ours: dict[str, list[float]] = {}
    raw: dict[str, list[float]] = {}
    with httpx.Client(base_url=product.rasa_url, timeout=60, trust_env=False) as rasa:
        for _ in range(DIALOGUES):
            _ours(person, ours)
            _raw(rasa, raw)
    compare(
        console,
        "A turn through our API, against Rasa's REST channel alone",
        [
            (name, raw[name], ours[name], 3.0 if "small" in name else 1.5,
             3.0 if "small" in name else 2.0)
            for name in ours
        ],
        ("Rasa", "ours"),
    )  # fmt: skip
    _long(person, console)


def _ours(person: Any, found: dict[str, list[float]]) -> None:
    person.begin()
    for name, text, _ in _dialogue():
        started = time.perf_counter()
        person.say(text)
        if name:
            found.setdefault(name, []).append(time.perf_counter() - started)


def _raw(rasa: httpx.Client, found: dict[str, list[float]]) -> None:
    sender = uuid.uuid4().hex
    metadata = {
        "person": "nadia@northwind.example", "portal": "clc", "time_zone": "Europe/Oslo",
        "language": "en",
    }  # fmt: skip
    for name, text, _ in _dialogue():
        started = time.perf_counter()
        answer = rasa.post(
            "/webhooks/rest/webhook",
            json={"sender": sender, "message": text, "metadata": metadata},
        )
        if name:
            found.setdefault(name, []).append(time.perf_counter() - started)
        if not answer.raise_for_status().json():
            raise RuntimeError(f"Rasa said nothing to {text!r}")


def _long(person: Any, console: Console) -> None:
    """A turn late in a long conversation, against the same turn at its beginning."""
    person.begin()
    seconds = []
    for _ in range(LONG_TURNS):
        started = time.perf_counter()
        person.say("hello")
        seconds.append(time.perf_counter() - started)
    compare(
        console,
        "A long conversation: its last 20 turns, against its first 20",
        [(f"“hello”, turn {LONG_TURNS}", seconds[:20], seconds[-20:], 2.0, 2.0)],
        ("first", "last"),
    )
