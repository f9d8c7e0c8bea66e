"""The support console under `/console`: queue, cases, running chats, mails."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from assistant.console import (
    accounts,
    cases,
    chats,
    desk,
    door,
    insights,
    live,
    mails,
    pages,
    queue,
    review,
)
from assistant.console.door import HOME, Agent, ConsoleRoute
from backend.core.problems import not_found

router = APIRouter()
_rest = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


@_rest.get("/static/{name}")
async def send_static(name: str, v: str | None = None) -> Response:
    """A style sheet or script of the console."""
    return pages.asset(name, v)


@_rest.get("/{path:path}")
async def send_not_found(path: str, _agent: Agent) -> Response:
    """A page of our own for addresses that lead nowhere."""
    if not path:
        return RedirectResponse(HOME, 308)
    raise not_found(f"page /console/{path}", "Go back to the queue.")


for part in (
    door.router,
    live.router,
    queue.router,
    desk.router,
    cases.router,
    chats.router,
    accounts.router,
    insights.router,
    review.router,
    mails.router,
    _rest,
):
    router.include_router(part)
