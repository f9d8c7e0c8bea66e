"""What the conversation's calls take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from backend.core.fields import clean
from backend.core.settings import settings

Role = Literal["user", "bot", "person", "system"]
Engine = Literal["rasa", "agent"]
ConversationStatus = Literal["bot", "waiting", "person", "closed"]


class NewConversation(BaseModel):
    """Where the person is, and which engine is wanted."""

    portal: Literal["clc", "cssm", "scm"] = Field(description="The portal that the widget is on")
    engine: Engine | None = Field(default=None, description="The portal's own if left out")


class Button(BaseModel):
    """Something the person may do next."""

    title: str
    payload: str


class ReplyProposal(BaseModel):
    """A write that waits for confirmation, as its card shows it."""

    id: str
    operation: str
    arguments: dict[str, Any]
    preview: dict[str, Any]
    status: Literal["open", "executed", "superseded", "cancelled", "expired", "failed"]
    expires_at: datetime


Reason = Literal["wrong", "not_understood", "incomplete", "outdated", "unclear", "other"]


class FeedbackGiven(BaseModel):
    """What the conversation's person thinks of an answer, or of the whole."""

    thumb: Literal["up", "down"] | None = None
    rating: int | None = None
    reasons: list[Reason] = []
    comment: str | None = None


class Reply(BaseModel):
    """One message as it is shown. `id` grows within its conversation."""

    id: str
    role: Role
    engine: str | None = None
    author: str | None = Field(default=None, description="Name of the support agent")
    text: str
    buttons: list[Button] = []
    ask: dict[str, Any] | None = None
    card: dict[str, Any] | None = None
    proposal: ReplyProposal | None = None
    sources: list[dict[str, Any]] = []
    case: dict[str, Any] | None = None
    client_message_id: str | None = None
    feedback: FeedbackGiven | None = Field(default=None, description="What its person thinks of it")
    why: dict[str, Any] | None = Field(default=None, description="Support agents only")
    at: datetime


class ConversationPublic(BaseModel):
    """A conversation without its messages."""

    id: str
    portal: str
    engine: str
    status: ConversationStatus
    person: dict[str, str] | None = Field(default=None, description="Support agents only")
    last: str | None = Field(default=None, description="Begin of the newest message")
    feedback: FeedbackGiven | None = Field(
        default=None, description="What its person thinks of the whole"
    )
    found: str | None = Field(
        default=None,
        description="In a search: where the words were said last, as HTML with hits in `<mark>`",
    )
    created_at: datetime
    updated_at: datetime


class ConversationOpened(ConversationPublic):
    """A new conversation with its greeting."""

    replies: list[Reply]


def _words(text: str) -> str:
    most = settings().message_characters
    if not text:
        raise ValueError("An empty message can’t be answered. Type what you need.")
    if len(text) > most:
        raise ValueError(
            f"This message has {len(text)} characters; {most} is the most. "
            "Send it in parts, or the essential part only."
        )
    return text


Words = Annotated[str, BeforeValidator(clean), AfterValidator(_words)]


class Incoming(BaseModel):
    """One message: exactly one of `text`, `payload` and `file_id`."""

    client_message_id: str = Field(
        min_length=1,
        max_length=100,
        description="Made by the client; the same id is the same message, stored and answered once",
    )
    text: Words | None = Field(default=None, description="The person's words")
    payload: str | None = Field(
        default=None, max_length=2000, description="Of a button this conversation offered"
    )
    file_id: str | None = Field(default=None, max_length=32, description="Of an uploaded file")
    in_reply_to: str | None = Field(
        default=None,
        max_length=20,
        description="Id of a support agent's message that this text answers; it goes to their case",
    )

    @model_validator(mode="after")
    def _one_of(self) -> "Incoming":
        given = [v for v in (self.text, self.payload, self.file_id) if v is not None]
        if len(given) != 1:
            raise ValueError("Send exactly one of text, payload and file_id.")
        return self


class Replies(BaseModel):
    """What the turn answered."""

    replies: list[Reply]


class Confirmed(BaseModel):
    """What a confirmation did."""

    proposal: ReplyProposal
    result: dict[str, Any] | None
    receipt: dict[str, Any] | None
    replies: list[Reply]


class FeedbackIn(BaseModel):
    """A thumb on an answer and why, or a rating of the whole. It takes the place of what the
    same person said of the same answer, or of the whole, before.
    """

    message_id: str | None = Field(
        default=None, max_length=20, description="The answer's id; left out for the whole"
    )
    thumb: Literal["up", "down"] | None = Field(default=None, description="Whether it helped")
    rating: int | None = Field(default=None, ge=1, le=5, description="1 bad to 5 very good")
    reasons: Annotated[list[Reason], Field(max_length=6)] | None = Field(
        default=None, description="What was wrong with it"
    )
    comment: Annotated[str, BeforeValidator(clean), Field(max_length=2000)] | None = Field(
        default=None, description="In words"
    )

    @model_validator(mode="after")
    def _something(self) -> "FeedbackIn":
        if self.thumb is None and self.rating is None and not (self.comment or self.reasons):
            raise ValueError("Send a thumb, a rating, a reason or a comment.")
        if self.reasons is not None:
            self.reasons = list(dict.fromkeys(self.reasons))
        return self


class FeedbackKept(FeedbackGiven):
    """What is kept now."""

    kept: Literal[True] = True
    message_id: str | None = None


class FileStored(BaseModel):
    """The id to send as `file_id`."""

    file_id: str
    filename: str
    size: int


class FileShown(BaseModel):
    """A file of the conversation, with its text if it is a list."""

    file_id: str
    filename: str
    size: int
    media_type: str
    rows: int = Field(description="Rows of a CSV file below its heading; 0 for other files")
    text: str | None = Field(description="Of a CSV file with at most 500 rows and 256 KB")
    problem: str | None = Field(description="Why there is no text, in words")
