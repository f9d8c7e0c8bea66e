"""The bodies and answers of what the desk does on one case's page."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from backend.cases.schemas import CaseHead, LinkKind
from backend.core.fields import Body, CaseNumber, Email, LongText, Remark, one_line
from backend.core.identity import PersonRef
from backend.core.receipts import Receipt

MOST_TAGS = 20
Tag = Annotated[
    str,
    BeforeValidator(one_line),
    StringConstraints(min_length=1, max_length=40, to_lower=True, pattern=r"^[^,]+$"),
]


class LinkCases(Body):
    """What another case has to do with this one."""

    other: CaseNumber = Field(description="The number of the other case, like C-500123")
    kind: LinkKind = Field(default="related", description="What this case is to the other one")


class MergeCase(Body):
    """The case that goes on in place of this one."""

    into: CaseNumber = Field(
        description="The number of the case that goes on, of the same requester"
    )


class Duplicate(BaseModel):
    """A case that may be the same as this one."""

    case: CaseHead
    reason: str = Field(description="Why it may be the same")


class CannedReplyBody(Body):
    """An answer for many cases."""

    name: Annotated[
        str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=80)
    ] = Field(description="What the desk calls it")
    text: LongText = Field(
        description="The answer; {{requester.first_name}} and the like are filled in by each case"
    )


class CannedReplyPublic(BaseModel):
    """A canned reply as it is kept, its variables not filled in."""

    id: str | None
    name: str
    text: str
    shipped: bool = Field(description="Whether the product came with it; these stay as they are")


class CannedReplies(BaseModel):
    """All canned replies by name."""

    items: list[CannedReplyPublic]


class CannedReplyAnswer(CannedReplyPublic):
    """A canned reply and the receipt of the write."""

    receipt: Receipt


class FilledReply(BaseModel):
    """A canned reply as it would be sent in a case."""

    name: str
    text: str


class RunMacro(Body):
    """Which macro, and its answer as it was changed."""

    macro: str = Field(max_length=80, description="The macro’s id")
    text: LongText | None = Field(
        default=None, description="The answer to send in place of the macro’s own"
    )
    expected_entry: str | None = Field(
        default=None,
        max_length=32,
        description="The id of the last entry of the thread that you have read: if somebody else "
        "has added to it since, nothing is done",
    )


class SetTags(Body):
    """The desk’s words on a case."""

    tags: list[Tag] = Field(max_length=MOST_TAGS, description="All of them; others are removed")


class HandOver(Body):
    """To whom a case goes, and what they should know."""

    to: Email = Field(description="The e-mail address of the agent who gets it")
    note: Remark | None = Field(default=None, description="What they should know; internal")


class DecideSuggestion(Body):
    """Whether what the words of a case suggest is right."""

    field: Literal["severity", "category"] = Field(description="Of which field")
    accept: bool = Field(description="Take it over, or dismiss it")


class Present(Body):
    """That you look at a case, told again every so often."""

    writes: bool = Field(default=False, description="Whether you are writing on it")


class Looker(BaseModel):
    """Somebody else who has the case open."""

    person: PersonRef
    writes: bool
    seen_at: datetime


class Lookers(BaseModel):
    """Who else has the case open right now."""

    items: list[Looker]
    changed: bool = Field(description="Whether the others see something new of you")


class Suggestion(BaseModel):
    """What the words of a case suggest for one of its fields."""

    field: Literal["severity", "category"]
    value: str
    reason: str
    accepted: bool | None = Field(description="Null until somebody of the desk decides")


class PreparedAnswer(BaseModel):
    """A canned reply or a macro that can be chosen."""

    id: str
    kind: Literal["reply", "macro"]
    name: str
    steps: list[str] = Field(description="What a macro does")


class CaseEventPublic(BaseModel):
    """Something that was done to a case."""

    at: datetime
    type: str
    actor: PersonRef
    via: str
    rule: str | None
    text: str


class CaseDesk(BaseModel):
    """What the desk sees beside a case."""

    looking: list[Looker]
    duplicates: list[Duplicate]
    suggestions: list[Suggestion]
    prepared: list[PreparedAnswer]
    history: list[CaseEventPublic] = Field(description="The newest first, 100 at most")
