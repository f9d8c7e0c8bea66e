"""Whether the agent takes chats: set in the rail, kept alive by the console's stream."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.conversations.hub import DESK, hub
from assistant.handoff import presence
from assistant.handoff.presence import Colleague
from assistant.handoff.rules import rules
from backend.core.auth import same_origin
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import forbidden

router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


@dataclass(frozen=True)
class Attendance:
    """The agent at this console and the colleagues who could take a chat from them."""

    me: Colleague
    others: list[Colleague]
    at_once: int

    @classmethod
    async def of(cls, session: AsyncSession, agent: Person) -> "Attendance | None":
        """None for who does not chat."""
        everybody = await presence.colleagues(session)
        me = next((one for one in everybody if one.person.id == agent.id), None)
        others = [one for one in everybody if one.person.id != agent.id]
        return cls(me, others, rules().at_once) if me else None


@router.post("/presence")
async def set_presence(request: Request, agent: Agent) -> Response:
    """Take chats from now on, or none."""
    if not same_origin(request):
        raise forbidden("This form was sent from another site.", "Use the button in the console.")
    if not desk_allows(agent, DeskAction.TAKE_OVER):
        raise forbidden("Chats are not yours to take over.", "Ask the lead of the desk.")
    form = await request.form()
    await presence.set_away(agent, away=form.get("status") == "away")
    await hub().wake(DESK)
    if pages.is_htmx(request):
        return pages.nothing_new()
    return RedirectResponse(f"{HOME}/conversations", 303)
