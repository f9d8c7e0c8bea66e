"""What statistics of conversations give."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class Day(BaseModel):
    """One day of the period, in its zone."""

    day: date
    conversations: int
    messages: int


class Containment(BaseModel):
    """How conversations that began in the period ended. One has ended when it is closed, or when
    nobody has said anything in it for an hour.
    """

    ended: int
    contained: int = Field(description="Without a person taking part and without a case")
    with_person: int = Field(description="A person was asked for, or took over")
    with_case: int = Field(description="A case was opened in it, and no person took part")
    going_on: int = Field(description="Not ended yet, and not counted")
    share: float | None = Field(description="Contained of ended; null while none has ended")


class Counted(BaseModel):
    """How often something occurred."""

    name: str
    count: int
    share: float


class Waiting(BaseModel):
    """How long people waited, in seconds."""

    count: int
    median: float | None
    p90: float | None


class Satisfaction(BaseModel):
    """What people said they think, in the period."""

    up: int
    down: int
    share: float | None = Field(description="Thumbs up of all thumbs")
    rated: int
    mean: float | None = Field(description="1 to 5, of conversations as a whole")
    ratings: dict[int, int]
    reasons: list[Counted] = Field(description="Why an answer did not help")


class Unanswered(BaseModel):
    """Messages that mean alike and that the assistant could not answer well."""

    group: str
    text: str | None = Field(
        description="The masked words of one; null when fewer than three people said it"
    )
    messages: int
    people: int


class ConversationStatistics(BaseModel):
    """Conversations of a period in which their person said something."""

    since: datetime
    until: datetime
    time_zone: str
    portal: str | None
    conversations: int
    messages: int = Field(description="Of people and of those who answered them")
    days: list[Day]
    containment: Containment
    hand_offs: list[Counted] = Field(description="Why conversations went to a person")
    first_answer_by_person: Waiting = Field(
        description="From asking for a person to that person's first words"
    )
    satisfaction: Satisfaction
    engines: list[Counted] = Field(description="Who gave the answers")
    intents: list[Counted] = Field(description="What people meant, as the engine understood it")
    unanswered: list[Unanswered]
