"""The model behind the agent: any OpenAI-compatible endpoint."""

from functools import lru_cache

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from backend.core.settings import settings

NO_KEY = SecretStr("none-needed")


@lru_cache
def chat_model() -> BaseChatModel:
    """The model of the settings. It streams, and never retries by itself: the breaker decides."""
    config = settings()
    return ChatOpenAI(
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
