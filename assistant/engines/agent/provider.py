"""The model behind the agent: any OpenAI-compatible endpoint."""

from functools import lru_cache
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from backend.core.settings import settings

NO_KEY = SecretStr("none-needed")


# What we build ourselves, and the client need not go through.
READY = ("messages", "tools", "tool_choice")


class AsItIs(ChatOpenAI):
    """Hands the body over as it is. The client would hold every message against each kind of
    message there is and walk through every schema: longer than all that we do in a step.
    """

    def _get_request_payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(*args, **kwargs)
        ready = {name: payload.pop(name) for name in READY if name in payload}
        return payload | {"messages": [], "extra_body": ready}


@lru_cache
def chat_model() -> BaseChatModel:
    """The model of the settings. It streams, and never retries by itself: the breaker decides."""
    config = settings()
    return AsItIs(
        model=config.assistant_model,
        api_key=config.openai_api_key or NO_KEY,
        base_url=config.openai_base_url,
        timeout=config.agent_silence_seconds,
        max_retries=0,
        streaming=True,
        stream_usage=True,
        max_completion_tokens=config.agent_answer_tokens,
        use_responses_api=False,
    )
