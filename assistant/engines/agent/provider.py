"""The model behind the agent: any OpenAI-compatible endpoint, and a breaker in front of it."""

import time
from dataclasses import dataclass
from functools import lru_cache

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from backend.core.settings import settings

NO_KEY = SecretStr("none-needed")
FAILURES_TO_OPEN = 3
CHUNK_SECONDS = 20.0


@lru_cache
def chat_model() -> BaseChatModel:
    """The model of the settings. It streams, and never retries by itself: the breaker decides."""
    config = settings()
    return ChatOpenAI(
        model=config.assistant_model,
        api_key=config.openai_api_key or NO_KEY,
        base_url=config.openai_base_url,
        timeout=CHUNK_SECONDS,
        max_retries=0,
        streaming=True,
        stream_usage=True,
        max_completion_tokens=config.agent_answer_tokens,
        use_responses_api=False,
    )


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
