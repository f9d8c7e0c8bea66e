"""Fifty training dialogues at once, each from the first sentence to the case number."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console

from tests.product import Product, working_day

AT_ONCE = 50
MOST_TURNS = 14


@dataclass
class Dialogue:
    """What one person did and got."""

    number: int
    case: str = ""
    seconds: list[float] = field(default_factory=list)


async def run(product: Product, console: Console) -> None:
    """Print turns per second; raise when a reply was mixed up or a case lost or doubled."""
    person = product.client("nadia@northwind.example")
    before = {case["number"] for case in person.cases()}
    dialogues = [Dialogue(number) for number in range(AT_ONCE)]
    started = time.perf_counter()
    async with httpx.AsyncClient(
        base_url=f"{product.base}/api/v1",
        timeout=120,
        trust_env=False,
        headers={"Authorization": f"Bearer {person.token}"},
        limits=httpx.Limits(max_connections=AT_ONCE),
    ) as http:
        await asyncio.gather(*(_talk(http, dialogue) for dialogue in dialogues))
    took = time.perf_counter() - started
    cases = {case["number"]: case for case in person.cases()}
    opened = {dialogue.case for dialogue in dialogues}
    if len(opened) != AT_ONCE or set(cases) - before != opened:
        raise RuntimeError(f"{len(opened)} case numbers, {len(set(cases) - before)} cases")
    for dialogue in dialogues:
        topics = cases[dialogue.case]["engagement"]["topics"]
        if topics != [_topic(dialogue.number)]:
            raise RuntimeError(f"mixed up: {dialogue.case} has {topics}")
    turns = sum(len(dialogue.seconds) for dialogue in dialogues)
    slowest = max(max(dialogue.seconds) for dialogue in dialogues)
    console.print(
        f"{AT_ONCE} dialogues at once: {turns} turns in {took:.1f} s = {turns / took:.0f} turns "
        f"a second; the slowest turn took {slowest:.2f} s; {AT_ONCE} cases, none lost, doubled "
        "or mixed up."
    )


def _topic(number: int) -> str:
    return f"orders of customer {number:03}"


async def _talk(http: httpx.AsyncClient, dialogue: Dialogue) -> None:
    opened = await http.post("/conversations", json={"portal": "clc"})
    conversation = opened.raise_for_status().json()["id"]
    # Every window is another, or the rule against duplicates would give earlier cases back.
    day, minute = working_day(6 + dialogue.number % 20), dialogue.number // 20 * 15
    facts = {"topics": _topic(dialogue.number), "windows": f"{day}T15:{minute:02}",
             "attendees": "3"}  # fmt: skip
    replies = await _say(http, conversation, dialogue, "I need training on CLC")
    for step in ("get support", "create a case"):
        replies = await _say(http, conversation, dialogue, step)
    for _ in range(MOST_TURNS):
        proposal = next((r["proposal"] for r in replies if r["proposal"]), None)
        if proposal:
            break
        question = next(r["ask"] for r in replies if r["ask"])
        replies = await _say(http, conversation, dialogue, facts.get(question["slot"], "skip"))
    started = time.perf_counter()
    confirmed = await http.post(f"/conversations/{conversation}/proposals/{proposal['id']}/confirm")
    dialogue.seconds.append(time.perf_counter() - started)
    dialogue.case = confirmed.raise_for_status().json()["result"]["number"]


async def _say(
    http: httpx.AsyncClient, conversation: str, dialogue: Dialogue, text: str
) -> list[dict[str, Any]]:
    started = time.perf_counter()
    answer = await http.post(
        f"/conversations/{conversation}/messages",
        json={"client_message_id": uuid.uuid4().hex, "text": text},
    )
    dialogue.seconds.append(time.perf_counter() - started)
    replies: list[dict[str, Any]] = answer.raise_for_status().json()["replies"]
    if not replies:
        raise RuntimeError(f"silence after {text!r}")
    return replies
