"""The outbox of the demo: every mail that the product wrote, readable without a mail server."""

from fastapi import APIRouter, Response

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.shell import around, read

router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


@router.get("/mails")
async def list_mails(agent: Agent, to: str = "") -> Response:
    """The newest mails, to everybody or to one address. 404 outside demo mode."""
    mails = (await read(agent, "read_outbox", to=to.strip() or None))["items"]
    return pages.page("mails.html", await around(agent, "mails") | {"mails": mails, "to": to})
