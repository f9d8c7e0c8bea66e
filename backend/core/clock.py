"""The product's clock. A demo can move it ahead; nothing else in the code asks for the time."""

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """The present moment of the product, in UTC (real time plus what a demo has skipped)."""
    return datetime.now(UTC) + _offset


def set_offset(seconds: float) -> None:
    """Put the clock `seconds` ahead of real time; kept in the database by `backend.demo`."""
    global _offset
    _offset = timedelta(seconds=seconds)
