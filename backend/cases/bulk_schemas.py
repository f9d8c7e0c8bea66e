"""The body of a change of many cases, and what became of each."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from backend.cases.schemas import Status
from backend.core.fields import Body, CaseNumber, Email, LongText
from backend.core.receipts import Receipt

MOST_CASES = 200


class Change(StrEnum):
    """What is done to each case."""

    CLAIM = "claim"
    ASSIGN = "assign"
    MOVE = "move"
    SEVERITY = "severity"
    STATUS = "status"
    CLOSE = "close"


# What each of them needs to know.
NEEDS = {Change.MOVE: "queue", Change.SEVERITY: "severity", Change.STATUS: "status"}


class ChangeCases(Body):
    """One change for many cases."""

    change: Change = Field(description="What to do with each case")
    numbers: list[Annotated[CaseNumber, StringConstraints(min_length=1, max_length=40)]] = Field(
        min_length=1, max_length=MOST_CASES, description="The cases, 1 to 200"
    )
    assignee: Email | None = Field(
        default=None, description="With `assign`: the agent who gets them; left out releases them"
    )
    queue: str | None = Field(default=None, max_length=30, description="With `move`: where to")
    severity: int | None = Field(default=None, ge=1, le=4, description="With `severity`")
    status: Status | None = Field(default=None, description="With `status`")
    reply: LongText | None = Field(
        default=None, description="With `close`: what the requesters are told first"
    )

    @model_validator(mode="after")
    def _whole(self) -> "ChangeCases":
        needed = NEEDS.get(self.change)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"Say which {needed}: “{self.change}” needs it.")
        return self


class CaseResult(BaseModel):
    """What became of one case."""

    number: str
    status: Literal["changed", "skipped", "failed"]
    detail: str
    hint: str = ""


class CasesChanged(BaseModel):
    """What became of all of them. One that can’t be changed keeps no other from it."""

    results: list[CaseResult]
    changed: int
    skipped: int
    failed: int
    receipt: Receipt
