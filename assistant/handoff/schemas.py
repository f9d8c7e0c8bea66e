"""What the calls of a hand-over take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from assistant.conversations.schemas import Words
from backend.core.fields import clean
from backend.core.identity import PersonRef


class HandBack(BaseModel):
    """What the assistant is to know when it goes on."""

    settled: Annotated[str, BeforeValidator(clean), Field(max_length=1000)] | None = Field(
        default=None,
        description="What the person and you settled, in a sentence or two; the transcript tells "
        "it if you leave it out. The person may read it",
    )


class PassOn(BaseModel):
    """To whom a chat goes."""

    to: str = Field(max_length=254, description="E-mail of a support agent who is there")


class WhisperIn(BaseModel):
    """A word among agents."""

    text: Words = Field(description="Only support agents ever see it")


class WhisperPublic(BaseModel):
    """A whisper as agents read it. It stands after message `after` of the conversation."""

    id: str
    author: PersonRef
    text: str
    after: str
    at: datetime


class Whispers(BaseModel):
    """All whispers of a chat, oldest first."""

    items: list[WhisperPublic]


class Typing(BaseModel):
    """It was passed on to whoever watches, and is kept nowhere."""

    heard: bool = Field(description="False where nobody would see it: no agent has the chat")
