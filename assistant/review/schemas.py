"""What the review inbox takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from assistant.review.intake import Cause
from backend.core.fields import Body
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt

Intent = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
ItemId = Annotated[str, Field(min_length=32, max_length=32)]


class Guess(BaseModel):
    """An intent that the engine thought of."""

    name: str
    confidence: float


class Labelling(BaseModel):
    """Who said what some messages mean."""

    intent: str | None = Field(description="Null: they teach nothing")
    messages: int
    by: PersonRef
    at: datetime


class ReviewMessage(BaseModel):
    """One message, its personal data masked."""

    id: str
    conversation: str = Field(description="Where it was said")
    message: str = Field(description="Its id there")
    text: str
    cause: Cause
    guesses: list[Guess]
    label: Labelling | None
    at: datetime


class ReviewGroupHead(BaseModel):
    """Messages that mean alike, as the list shows them."""

    id: str
    text: str = Field(description="The words of one of them, masked")
    messages: int
    unlabelled: int
    causes: dict[Cause, int] = Field(description="Why the unlabelled ones are here")
    suggestions: list[Guess] = Field(description="What they probably mean, likeliest first")
    newest_at: datetime


class ReviewGroupPublic(ReviewGroupHead):
    """A group with its newest messages, 200 at most."""

    items: list[ReviewMessage]
    labellings: list[Labelling] = Field(description="What was said of it, newest first")


class ReviewGroupAnswer(ReviewGroupPublic):
    """A group after something was done with it."""

    receipt: Receipt


class Mark(Body):
    """A fact in a message's text."""

    start: int = Field(ge=0, le=2000, description="Where it begins, counted in characters")
    end: int = Field(ge=1, le=2000, description="Where it ends, exclusive")
    entity: Intent = Field(description="What kind of fact it is, like `portal`")


class MarkedMessage(Body):
    """What is marked in one message."""

    id: ItemId = Field(description="The message's id in the inbox")
    entities: list[Mark] = Field(max_length=20, description="The facts in it")


class Label(Body):
    """What messages mean."""

    intent: Intent | None = Field(
        default=None, description="The intent; `out_of_scope` for what is none of our business"
    )
    ignore: bool = Field(default=False, description="They teach nothing: keep them out of the data")
    messages: list[ItemId] | None = Field(
        default=None, min_length=1, max_length=200, description="Only these; else all unlabelled"
    )
    expected: int | None = Field(
        default=None,
        ge=1,
        description="How many unlabelled messages you saw; refused when there are others by now",
    )
    marked: list[MarkedMessage] = Field(
        default=[], max_length=200, description="Facts marked in some of the messages"
    )

    @model_validator(mode="after")
    def _one_of(self) -> "Label":
        if (self.intent is None) != self.ignore:
            raise ValueError("Send either an intent or ignore: true.")
        return self


class KnownIntent(BaseModel):
    """Something that people may mean."""

    name: str
    title: str
    examples: int


class KnownIntents(BaseModel):
    """All that the assistant was taught."""

    items: list[KnownIntent]


class Conflict(BaseModel):
    """A sentence with two meanings: it is left out until one of them is taken back."""

    text: str
    intent: str
    other: str
    where: Literal["data", "inbox"] = Field(
        description="`data`: it stands under the other in the training data; `inbox`: somebody "
        "labelled it so"
    )


class TrainingExamples(BaseModel):
    """What was labelled, ready to be taught."""

    examples: dict[str, list[str]] = Field(description="New sentences by intent")
    count: int
    known: int = Field(description="Left out: they stand in the training data already")
    conflicts: list[Conflict]


Sort = Literal["largest", "newest"]
