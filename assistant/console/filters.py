"""What of the desk's cases is shown, as a page's address says it and as the API is asked."""

from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel

from assistant.console.door import HOME

PAGE = 100
Show = Literal["open", "mine", "unclaimed", "all"]
# The filters that the API knows by the same name and that stand under "More filters".
MORE = ("severity", "category", "portal", "breaching_within", "language", "domain")
_ASSIGNEE: dict[str, str] = {"mine": "me", "unclaimed": "none"}


class Filters(BaseModel):
    """The filters, the order and the place in the list; `view` is the saved view they come from."""

    queue: str = ""
    show: Show = "open"
    status: Literal[
        "", "new", "acknowledged", "in_progress", "customer_pending", "closed", "cancelled"
    ] = ""
    severity: str = ""
    category: str = ""
    portal: str = ""
    breaching_within: str = ""
    language: str = ""
    domain: str = ""
    q: str = ""
    sort: Literal["due", "newest"] = "due"
    view: str = ""
    cursor: str = ""

    def link(self, **changes: str) -> str:
        """The address of the queue with these filters changed; a new list begins at its top."""
        wanted = self.model_dump() | {"cursor": ""} | changes
        kept = {k: v for k, v in wanted.items() if v and v != Filters.model_fields[k].default}
        return HOME + (f"?{urlencode(kept)}" if kept else "")

    def saved(self) -> dict[str, Any]:
        """What a saved view keeps of them, as the API takes it."""
        told = {
            "queue": self.queue,
            "status": self.status,
            "open_only": self.show != "all",
            "assignee": _ASSIGNEE.get(self.show),
            **{name: getattr(self, name).strip() for name in MORE},
        }
        return {name: value for name, value in told.items() if value}

    def arguments(self) -> dict[str, Any]:
        """The same for a list of the API."""
        return self.saved() | {
            "q": self.q.strip() or None,
            "sort": self.sort,
            "cursor": self.cursor or None,
            "limit": PAGE,
        }

    @property
    def narrowed(self) -> int:
        """How many of the filters under "More filters" are set."""
        return sum(bool(getattr(self, name).strip()) for name in MORE)


def of_view(view: dict[str, Any]) -> Filters:
    """The filters of a saved view, as a page shows them."""
    told = view["filters"]
    show: Show = "open" if told["open_only"] else "all"
    if told["assignee"] in {"me", "none"} and told["open_only"]:
        show = "mine" if told["assignee"] == "me" else "unclaimed"
    plain = {name: str(told[name] or "") for name in ("queue", "status", *MORE)}
    return Filters(show=show, view=view["id"], **plain)
