"""The queue: which case first."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from assistant.console import pages, times
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.sections import Sections
from assistant.console.shell import around, read

PAGE = 100
# Ended cases have no clock; they come after all that have one.
_ORDER = {"overdue": 0, "soon": 0, "running": 0, "paused": 1, "met": 2, "missed": 2}
router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


class Filters(BaseModel):
    """What of the desk's cases is shown, and in which order."""

    queue: str = ""
    show: Literal["open", "mine", "unclaimed", "all"] = "open"
    status: Literal[
        "", "new", "acknowledged", "in_progress", "customer_pending", "closed", "cancelled"
    ] = ""
    q: str = ""
    sort: Literal["due", "newest"] = "due"
    cursor: str = ""

    def link(self, **changes: str) -> str:
        """The address of the queue with these filters changed; a new list begins at its top."""
        wanted = self.model_dump() | {"cursor": ""} | changes
        kept = {k: v for k, v in wanted.items() if v and v != Filters.model_fields[k].default}
        return HOME + (f"?{urlencode(kept)}" if kept else "")

    def arguments(self, agent: str) -> dict[str, Any]:
        """The same for the API."""
        return {
            "queue": self.queue or None,
            "status": self.status or None,
            "open_only": self.show != "all" or None,
            "assignee": {"mine": agent, "unclaimed": "none"}.get(self.show),
            "q": self.q.strip() or None,
            "cursor": self.cursor or None,
            "limit": PAGE,
        }


def _most_pressing_first(case: dict[str, Any]) -> tuple[int, Any]:
    due = times.deadline(case)
    return _ORDER[due.state], due.due


@router.get("")
async def show_queue(
    request: Request, agent: Agent, filters: Annotated[Filters, Query()]
) -> Response:
    """The cases that the agent may work on. htmx gets the list alone, or nothing if the
    browser shows it as it is.
    """
    found = await read(agent, "list_cases", **filters.arguments(agent.email))
    cases = found["items"]
    if filters.sort == "due":
        cases = sorted(cases, key=_most_pressing_first)
    context = await around(agent, f"queue:{filters.queue}") | {
        "filters": filters,
        "cases": cases,
        "older": filters.link(cursor=found["next"]) if found["next"] else None,
        "here": filters.link(cursor=filters.cursor),
    }
    sections = Sections.of("queue", ("cases",), context)
    if not pages.is_htmx(request):
        return pages.page(
            "queue/page.html", context | {"sections": sections.shown, "have": sections.have}
        )
    headers = {"HX-Replace-Url": filters.link()} if _is_search(request) else {}
    return sections.update(request.query_params.get("have", ""), headers=headers)


def _is_search(request: Request) -> bool:
    return request.headers.get("HX-Trigger") == "filters"
