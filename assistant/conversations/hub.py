"""Wake-ups: something changed in a conversation, read it again. Losing one loses nothing.

In one process they are events in memory; with `REDIS_URL` they also reach other processes. What
an engine is saying at this moment (`growing`) travels with them and is kept nowhere: the stored
message replaces it. So does who is typing, which is over as soon as it is not said again.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
CHANNEL = "ask-licensing:wake"
TYPING_SECONDS = 6.0
DESK = "desk"


class Hub:
    """Who waits for which conversation (or for `DESK`, the console's lists)."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._redis = Redis.from_url(redis_url) if redis_url else None
        self.closing = asyncio.Event()
        self.growing: dict[str, str] = {}
        self.rings = 0  # how often anybody was woken for more than that somebody types
        self._typing: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Pass wake-ups of other processes on while the block lasts."""
        task = asyncio.create_task(self._listen()) if self._redis else None
        try:
            yield
        finally:
            if task:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            if self._redis:
                await self._redis.aclose()

    async def _listen(self) -> None:
        while self._redis is not None:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._hear(json.loads(message["data"]))
            except RedisError as exc:
                log.warning("redis_unreachable", error=str(exc))
                await asyncio.sleep(1)

    async def wake(self, key: str, growing: str = "") -> None:
        """Tell everybody who waits for `key`, here and in other processes.

        `growing` is all that is said so far of an answer that is not stored yet.
        """
        await self._tell({"key": key, "growing": growing})

    async def type(self, key: str, role: str, name: str) -> None:
        """Somebody is typing in conversation `key` right now."""
        await self._tell({"key": key, "role": role, "name": name})

    async def _tell(self, what: dict[str, str]) -> None:
        self._hear(what)
        if self._redis:
            with contextlib.suppress(RedisError):
                await self._redis.publish(CHANNEL, json.dumps(what))

    def _hear(self, what: dict[str, str]) -> None:
        key = what["key"]
        if "role" not in what:
            self._ring(key, what["growing"])
        elif key in self._waiting:
            self._typing[key][what["role"]] = (what["name"], time.monotonic() + TYPING_SECONDS)
            for event in self._waiting[key]:
                event.set()

    def typing(self, key: str, role: str) -> tuple[str, float] | None:
        """Who of this role types there, and until when that counts (`time.monotonic`)."""
        found = self._typing[key].get(role) if key in self._typing else None
        return found if found and found[1] > time.monotonic() else None

    def _ring(self, key: str, growing: str = "") -> None:
        self.rings += 1
        if growing and key in self._waiting:
            self.growing[key] = growing
        else:
            self.growing.pop(key, None)
        for event in self._waiting.get(key, ()):
            event.set()

    @asynccontextmanager
    async def waiting(self, *keys: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever one of `keys` is woken; clear it before you read."""
        event = asyncio.Event()
        for key in keys:
            self._waiting[key].add(event)
        try:
            yield event
        finally:
            for key in keys:
                self._waiting[key].discard(event)
                if not self._waiting[key]:
                    del self._waiting[key]
                    self.growing.pop(key, None)
                    self._typing.pop(key, None)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Until woken, closing, or `seconds` have passed; False once the product is closing."""
        tasks = [asyncio.create_task(e.wait()) for e in (event, self.closing)]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return not self.closing.is_set()


_hub: Hub | None = None


def hub() -> Hub:
    """The hub of this process."""
    global _hub
    if _hub is None:
        _hub = Hub()
    return _hub


def use_hub(value: Hub | None) -> None:
    """Set or forget the hub (start-up, shutdown, tests)."""
    global _hub
    _hub = value
