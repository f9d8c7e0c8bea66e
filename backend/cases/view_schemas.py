"""The bodies of the calls about saved views and about how an agent works."""

from datetime import datetime

from pydantic import BaseModel, Field

from backend.cases.listing import CaseFilters
from backend.core.fields import Body, ViewName
from backend.core.receipts import Receipt


class SaveView(Body):
    """Filters of the queue under a name."""

    name: ViewName = Field(description="What you call it; each name once")
    filters: CaseFilters = Field(description="What narrows the list")
    shared: bool = Field(default=False, description="For everybody at the desk; leads only")


class ChangeView(Body):
    """What changes of a saved view; what is left out stays."""

    name: ViewName | None = Field(default=None, description="The new name")
    filters: CaseFilters | None = Field(default=None, description="The new filters, all of them")
    shared: bool | None = Field(default=None, description="Whether everybody has it; leads only")


class ViewPublic(BaseModel):
    """A saved view with how many cases are in it."""

    id: str | None
    name: str
    shared: bool
    mine: bool = Field(description="Whether you saved it")
    is_default: bool = Field(description="Whether your queue opens with it")
    filters: CaseFilters
    count: int = Field(description="Cases in it that you may see; 999 at most")
    more: bool = Field(description="Whether there are more than `count` says")


class ViewAnswer(ViewPublic):
    """A saved view and the receipt of the write that answers with it."""

    receipt: Receipt


class Views(BaseModel):
    """Your own views and the shared ones, by name."""

    items: list[ViewPublic]


class Deleted(BaseModel):
    """What is gone."""

    receipt: Receipt


class ChangeAgent(Body):
    """How you work; what is left out stays."""

    takes_cases: bool | None = Field(default=None, description="Whether rules may give you cases")
    away_until: datetime | None = Field(
        default=None,
        description="Rules give you nothing before this moment; null ends an absence. Without a "
        "zone it is in yours",
    )
    default_view: str | None = Field(
        default=None, max_length=32, description="Id of the view your queue opens with, or null"
    )
    shortcuts: bool | None = Field(
        default=None, description="Whether single keys do something in the console’s list"
    )


class AgentPublic(BaseModel):
    """How an agent works."""

    takes_cases: bool
    away_until: datetime | None
    default_view: str | None
    shortcuts: bool
    open_cases: int = Field(description="Cases you have that have not ended")
    capacity: int = Field(description="So many at most are given to you by rules")


class AgentAnswer(AgentPublic):
    """The same with the receipt of the write."""

    receipt: Receipt
