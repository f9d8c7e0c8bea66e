"""An event as people see it."""

from datetime import datetime

from pydantic import BaseModel, Field

from backend.core.identity import PersonRef


class EventPublic(BaseModel):
    """Something that happened in a Smart Account: who, what, when, and how it came about."""

    at: datetime
    type: str = Field(description="What kind of event, like `user_added`")
    actor: PersonRef = Field(description="Who did it; the account itself when a rule or time did")
    on_behalf_of: PersonRef | None = Field(
        default=None, description="In whose place a delegate did it"
    )
    via: str = Field(description="rest, rasa, agent, console, mcp, rule, feed or mail")
    rule: str | None = Field(default=None, description="The rule that decided it")
    text: str = Field(description="What happened, in words")
    subject: str = Field(description="Whom or what it is about")
