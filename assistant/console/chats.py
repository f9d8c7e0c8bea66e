"""Running chats: who waits for a person, taking over, talking, and giving back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from assistant.console import pages, repository
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around, read
from assistant.console.transcript import Transcript, transcript
from assistant.conversations import presentation, service
from assistant.conversations.models import Conversation
from assistant.conversations.schemas import Incoming
from assistant.handoff import agents
from backend.core.database import database
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import Problem, not_found

GROUPS = ("waiting", "person", "bot")
MOST_CHATS = 50
SECTIONS = ("head", "transcript", "composer")
router = APIRouter(
    prefix=f"{HOME}/conversations", include_in_schema=False, route_class=ConsoleRoute
)


@router.get("")
async def list_chats(request: Request, agent: Agent) -> Response:
    """The chats that wait, those with a person, and those the assistant has."""
    groups: dict[str, list[dict[str, Any]]] = {}
    async with database().read() as session:
        for status in GROUPS if desk_allows(agent, DeskAction.TAKE_OVER) else ():
            rows = await repository.chats(session, agent, status, MOST_CHATS)
            shown = await presentation.conversations(session, rows, for_support=True)
            groups[status] = [
                {"shown": s, "agent": row.agent, "reason": row.reason}
                for row, s in zip(rows, shown, strict=True)
            ]
        names = {p.id: p.name for p in await repository.support_people(session)}
    context = await around(agent, "chats") | {"groups": groups, "names": names}
    sections = Sections.of("chats", ("list",), context)
    if pages.is_htmx(request):
        return sections.update(request.query_params.get("have", ""))
    return pages.page(
        "chats/page.html",
        context | {"sections": sections.shown, "have": sections.have},
    )


@dataclass
class ChatView:
    """A chat with what the page shows beside it."""

    agent: Person
    chat: Transcript
    person: Person
    holder: Person | None
    cases: list[dict[str, Any]]
    shell: dict[str, Any]
    forms: dict[str, FormState] = field(default_factory=dict)

    @classmethod
    async def of(cls, agent: Person, conversation_id: str) -> "ChatView":
        """Read it. Raises 404 for whoever may not."""
        async with database().read() as session:
            conversation = await service.own_or_support(session, agent, conversation_id)
            chat = await transcript(session, conversation)
            person = await session.get_one(Person, conversation.person)
            holder = await session.get(Person, conversation.agent) if conversation.agent else None
        cases = await read(agent, "list_cases", conversation=conversation_id)
        shell = await around(agent, "chats")
        return cls(agent, chat, person, holder, cases["items"], shell)

    def context(self) -> dict[str, Any]:
        """The facts for the templates."""
        conversation: Conversation = self.chat.conversation
        return self.shell | {
            "chat": self.chat,
            "person": self.person,
            "requester_name": self.person.name,
            "holder": self.holder,
            "cases": self.cases,
            "mine": conversation.status == "person" and conversation.agent == self.agent.id,
            "own": conversation.person == self.agent.id,
            "zone": self.agent.time_zone or "UTC",
            "forms": {name: self.forms.get(name, FormState()) for name in _DOING},
        }

    def sections(self) -> Sections:
        """All sections of the page."""
        return Sections.of("chat", SECTIONS, self.context())


@router.get("/{conversation_id}")
async def show_chat(conversation_id: str, agent: Agent) -> Response:
    """The whole page of a chat."""
    return await _whole_page(await ChatView.of(agent, conversation_id))


async def _whole_page(view: ChatView, status: int = 200) -> Response:
    sections = view.sections()
    return pages.page(
        "chat/page.html",
        view.context() | {"sections": sections.shown, "have": sections.have},
        status,
    )


@router.get("/{conversation_id}/live")
async def bring_up_to_date(conversation_id: str, agent: Agent, have: str = "") -> Response:
    """The sections that look different by now."""
    return (await ChatView.of(agent, conversation_id)).sections().update(have)


async def _take_over(agent: Person, conversation_id: str, _: FormState) -> str:
    await agents.take_over(agent, conversation_id, "console")
    return "You talk here now; the assistant is silent"


async def _hand_back(agent: Person, conversation_id: str, form: FormState) -> str:
    await agents.hand_back(agent, conversation_id, form.text("settled"), "console")
    return "The assistant answers again"


async def _say(agent: Person, conversation_id: str, form: FormState) -> str:
    try:
        incoming = Incoming(client_message_id=form.get("key"), text=form.get("text"))
    except ValidationError as exc:
        raise Problem(
            422, "invalid", "Not sent", exc.errors()[0]["msg"].removeprefix("Value error, "), ""
        ) from exc
    await agents.say_as_agent(agent, conversation_id, incoming)
    return "Sent"


_DOING: dict[str, Callable[[Person, str, FormState], Awaitable[str]]] = {
    "take-over": _take_over,
    "hand-back": _hand_back,
    "say": _say,
}
_SECTION = {"take-over": "head", "hand-back": "head", "say": "composer"}


@router.post("/{conversation_id}/{action}")
async def act(request: Request, conversation_id: str, action: str, agent: Agent) -> Response:
    """Take over, talk, hand back. Refused: the same form again, with what was typed and why."""
    doing = _DOING.get(action)
    if doing is None:
        raise not_found("such button", "Go back to the chat.")
    form = FormState.read(await request.form())
    have, status = form.values.pop("have", ""), 200
    try:
        form.done = await doing(agent, conversation_id, form)
        form.values = {}
    except Problem as problem:
        form.settle_problem(problem)
        status = problem.body.status
    view = await ChatView.of(agent, conversation_id)
    view.forms[action] = form
    if pages.is_htmx(request):
        return view.sections().update(
            have, answered=_SECTION[action], said=form.done, status=status
        )
    if form.done:
        return RedirectResponse(f"{HOME}/conversations/{conversation_id}#composer", 303)
    return await _whole_page(view, status)
