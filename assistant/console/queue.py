"""The queue: which case first."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from assistant.console import pages, repository
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.filters import Filters, of_view
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around, read
from assistant.conversations import presentation, searching
from assistant.conversations import repository as conversations
from backend.core.database import database
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.portals import PORTAL_NAMES
from backend.core.search import LONGEST_SEARCH, Search

MOST_CHATS = 10
SECTIONS = ("views", "cases", "found")
router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


@router.get("")
async def show_queue(
    request: Request, agent: Agent, filters: Annotated[Filters, Query()]
) -> Response:
    """The cases that the agent may work on. htmx gets the list alone, or nothing if the
    browser shows it as it is. The bare address opens the view that the agent chose.
    """
    filters.q = filters.q[:LONGEST_SEARCH]
    views = await _views(agent)
    if not request.url.query and not pages.is_htmx(request):
        for view in views:
            if view["is_default"]:
                return RedirectResponse(of_view(view).link(), 303)
    sections, context = await queue_page(agent, filters, views)
    if not pages.is_htmx(request):
        return whole(sections, context)
    headers = {"HX-Replace-Url": filters.link()} if _is_search(request) else {}
    return sections.update(request.query_params.get("have", ""), headers=headers)


def whole(sections: Sections, context: dict[str, Any], status: int = 200) -> Response:
    """The whole page."""
    shown = context | {"sections": sections.shown, "have": sections.have}
    return pages.page("queue/page.html", shown, status)


async def queue_page(
    agent: Person, filters: Filters, views: list[dict[str, Any]] | None = None, **more: Any
) -> tuple[Sections, dict[str, Any]]:
    """The sections of the page and its facts."""
    found = await read(agent, "list_cases", **filters.arguments())
    views = await _views(agent) if views is None else views
    async with database().read() as session:
        colleagues = await repository.support_people(session)
    settings = await read(agent, "get_my_desk_settings") if _works(agent) else None
    context = (
        await around(agent, f"queue:{filters.queue}")
        | {
            "filters": filters,
            "cases": found["items"],
            "older": filters.link(cursor=found["next"]) if found["next"] else None,
            "here": filters.link(cursor=filters.cursor),
            "views": [view | {"link": of_view(view).link()} for view in views],
            "view": next((view for view in views if view["id"] == filters.view), None),
            "chats": await _chats(agent, filters.q),
            "colleagues": [one for one in colleagues if _works(one)],
            "portals": {portal.value: name for portal, name in PORTAL_NAMES.items()},
            "works": _works(agent),
            "leads": desk_allows(agent, DeskAction.SHARE_VIEWS),
            "shortcuts": bool(settings and settings["shortcuts"]),
            "settings": settings,
            "saving": FormState(),
            "done": None,
            "back": filters.link().partition("?")[2],
        }
        | more
    )
    return Sections.of("queue", SECTIONS, context), context


def _works(agent: Person) -> bool:
    return desk_allows(agent, DeskAction.WORK_CASES)


async def _views(agent: Person) -> list[dict[str, Any]]:
    if not _works(agent):
        return []
    return list((await read(agent, "list_desk_views"))["items"])


async def _chats(agent: Person, q: str) -> list[Any]:
    """The talks in which the words were said, for whoever may read all of them."""
    search = Search.of(q)
    if search is None or not desk_allows(agent, DeskAction.TAKE_OVER):
        return []
    async with database().read() as session:
        rows, _ = await searching.page(
            session, conversations.readable_by(agent), search, None, MOST_CHATS
        )
        found = await searching.snippets(session, rows, search)
        return await presentation.conversations(session, rows, for_support=True, found=found)


def _is_search(request: Request) -> bool:
    return request.headers.get("HX-Trigger") == "filters"
