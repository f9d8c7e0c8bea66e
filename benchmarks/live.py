"""From an agent's message to the person's screen, with many chats open in one process.

What is measured is POST to event: the agent's call is sent, and the stream of that chat has the
message. Beside it stand the same with one chat open, and a call that does next to nothing.
"""

import asyncio
import time
import uuid
from contextlib import AsyncExitStack
from statistics import median

import httpx
from rich.console import Console

from benchmarks.measuring import percentile
from tests.product import Product

OPEN = 200
SAMPLES = 60
MOST_MILLISECONDS = 50
PATIENCE_SECONDS = 20


class Listener:
    """A person's open stream: when each message of an agent arrived, by its words."""

    def __init__(self) -> None:
        self._arrived: dict[str, asyncio.Future[float]] = {}

    def expect(self, words: str) -> "asyncio.Future[float]":
        """The moment at which these words arrive."""
        return self._arrived.setdefault(words, asyncio.get_running_loop().create_future())

    async def listen(self, http: httpx.AsyncClient, path: str, ready: asyncio.Event) -> None:
        """Read until cancelled."""
        async with http.stream("GET", f"{path}/stream", timeout=None) as response:
            ready.set()
            async for line in response.aiter_lines():
                now = time.perf_counter()
                for words, future in self._arrived.items():
                    if not future.done() and words in line:
                        future.set_result(now)


async def run(product: Product, console: Console) -> None:
    """Print median and p95; raise when the median is above what was promised."""
    person = product.client("nadia@northwind.example")
    agent = product.client("lee@support.example")
    base = f"{product.base}/api/v1"
    limits = httpx.Limits(max_connections=OPEN + 20, max_keepalive_connections=OPEN + 20)
    async with AsyncExitStack() as opened:
        http, desk = [
            await opened.enter_async_context(
                httpx.AsyncClient(
                    base_url=base, timeout=60, trust_env=False, limits=limits,
                    headers={"Authorization": f"Bearer {one.token}"},
                )
            )
            for one in (person, agent)
        ]  # fmt: skip
        nothing = [await _seconds(desk.get(f"{product.base}/healthz")) for _ in range(SAMPLES)]
        streams: list[asyncio.Task[None]] = []
        first = await _open(http, streams)
        await desk.post(f"/conversations/{first[0]}/take-over")
        alone = await _measure(desk, *first)
        for _ in range(OPEN - 1):
            await _open(http, streams)
        crowded = await _measure(desk, *first)
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    for what, values in (
        ("an empty call", nothing), ("1 chat open", alone), (f"{OPEN} chats open", crowded),
    ):  # fmt: skip
        console.print(
            f"An agent’s message to the person, {what}: median {median(values) * 1000:.1f} ms, "
            f"p95 {percentile(values, 0.95) * 1000:.1f} ms, "
            f"{median(values) / median(nothing):.1f}× an empty call"
        )
    if median(crowded) * 1000 > MOST_MILLISECONDS:
        raise RuntimeError(f"more than {MOST_MILLISECONDS} ms with {OPEN} chats open")


async def _open(http: httpx.AsyncClient, streams: list[asyncio.Task[None]]) -> tuple[str, Listener]:
    """A chat with its stream open."""
    opened = await http.post("/conversations", json={"portal": "clc"})
    conversation = str(opened.raise_for_status().json()["id"])
    listener, ready = Listener(), asyncio.Event()
    path = f"/conversations/{conversation}"
    streams.append(asyncio.create_task(listener.listen(http, path, ready)))
    await asyncio.wait_for(ready.wait(), PATIENCE_SECONDS)
    return conversation, listener


async def _measure(desk: httpx.AsyncClient, conversation: str, listener: Listener) -> list[float]:
    """Seconds from sending to arriving."""
    found = []
    for _ in range(SAMPLES):
        words = uuid.uuid4().hex
        arrives = listener.expect(words)
        started = time.perf_counter()
        said = await desk.post(
            f"/conversations/{conversation}/messages",
            json={"client_message_id": words, "text": words},
        )
        said.raise_for_status()
        found.append(await asyncio.wait_for(arrives, PATIENCE_SECONDS) - started)
    return found


async def _seconds(call: object) -> float:
    started = time.perf_counter()
    await call  # type: ignore[misc]
    return time.perf_counter() - started
