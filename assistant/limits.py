"""Rate limits per person, in memory or in Redis."""

import time
from functools import lru_cache

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from backend.core.problems import Problem
from backend.core.settings import settings

log = structlog.get_logger(__name__)


@lru_cache
def _limiter() -> MovingWindowRateLimiter:
    url = settings().redis_url
    storage = RedisStorage(f"async+{url}", implementation="redispy") if url else MemoryStorage()
    return MovingWindowRateLimiter(storage)


async def limit(what: str, person: str, a_minute: int) -> None:
    """Count one; raise a 429 `Problem` when the person has used up this minute."""
    item = RateLimitItemPerMinute(a_minute)
    try:
        allowed = await _limiter().hit(item, what, person)
    except RedisError as exc:
        # A limit protects the product; without its memory people come first.
        log.warning("limits_unreachable", error=type(exc).__name__)
        return
    if not allowed:
        stats = await _limiter().get_window_stats(item, what, person)
        wait = max(1, int(stats.reset_time - time.time()) + 1)
        raise Problem(
            429,
            "too-many",
            "Too many at once",
            f"More than {a_minute} {what} within a minute.",
            f"Wait {wait} seconds and go on.",
            headers={"Retry-After": str(wait)},
        )
