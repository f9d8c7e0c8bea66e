"""The breaker in front of the model: what fails is left alone for a while."""

import time
from dataclasses import dataclass

from backend.core.settings import settings

FAILURES_TO_OPEN = 3


@dataclass
class Breaker:
    """Stops asking a model that fails; lets one turn try again after a pause."""

    failures: int = 0
    opened_at: float | None = None
    reason: str = ""

    @property
    def closed(self) -> bool:
        """Whether the model may be asked now."""
        if self.opened_at is None:
            return True
        return time.monotonic() - self.opened_at >= settings().agent_pause_seconds

    def succeeded(self) -> None:
        """The model answered."""
        self.failures, self.opened_at, self.reason = 0, None, ""

    def failed(self, reason: str) -> None:
        """The model failed; after several in a row, or at a second try, it is left alone."""
        self.failures += 1
        self.reason = reason
        if self.failures >= FAILURES_TO_OPEN or self.opened_at is not None:
            self.opened_at = time.monotonic()


breaker = Breaker()


def available() -> bool:
    """Whether the agentic engine can answer now."""
    return settings().has_model and breaker.closed


def reason() -> str:
    """Why it can't, for the turn's *why*."""
    return breaker.reason if settings().has_model else "no model is configured"
