"""Running chats: who waits for a person, taking over, talking, and giving back."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from assistant.console import pages, repository
from assistant.console.chat_view import ChatView
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around
from assistant.conversations import presentation
from assistant.conversations.schemas import ConversationPublic, Incoming
from assistant.handoff import agents, whispers
from assistant.handoff.schemas import WhisperIn
from backend.core.database import database
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import Problem, not_found

GROUPS = ("waiting", "person", "bot")
MOST_CHATS = 50
router = APIRouter(
    prefix=f"{HOME}/conversations", include_in_schema=False, route_class=ConsoleRoute
)


def _turn(shown: ConversationPublic) -> int:
    return shown.queue.position if shown.queue else 0


@router.get("")
async def list_chats(request: Request, agent: Agent) -> Response:
    """The chats that wait, those with a person, and those the assistant has."""
    groups: dict[str, list[dict[str, Any]]] = {}
    async with database().read() as session:
        for status in GROUPS if desk_allows(agent, DeskAction.TAKE_OVER) else ():
            rows = await repository.chats(session, agent, status, MOST_CHATS)
            shown = await presentation.conversations(session, rows, for_support=True)
            unread = await agents.unread(session, list(rows))
            groups[status] = [
                {"shown": s, "agent": row.agent, "reason": row.reason, "new": unread.get(row.id, 0)}
                for row, s in zip(rows, shown, strict=True)
            ]
        # First come, first served.
        groups.get("waiting", []).sort(key=lambda one: _turn(one["shown"]))
        names = {p.id: p.name for p in await repository.support_people(session)}
    context = await around(agent, "chats") | {"groups": groups, "names": names}
    sections = Sections.of("chats", ("list",), context)
    if pages.is_htmx(request):
        return sections.update(request.query_params.get("have", ""))
    return pages.page(
        "chats/page.html",
        context | {"sections": sections.shown, "have": sections.have},
    )


@router.get("/{conversation_id}")
async def show_chat(conversation_id: str, agent: Agent) -> Response:
    """The whole page of a chat."""
    return await _whole_page(await _seen(agent, conversation_id))


async def _seen(agent: Person, conversation_id: str) -> ChatView:
    """The chat, which its agent has before them now."""
    view = await ChatView.of(agent, conversation_id, list(_DOING))
    await agents.note_seen(agent, view.chat.conversation)
    return view


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
    return (await _seen(agent, conversation_id)).sections().update(have)


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
        raise _not_sent(exc) from exc
    await agents.say_as_agent(agent, conversation_id, incoming)
    return "Sent"


def _not_sent(exc: ValidationError) -> Problem:
    said = exc.errors()[0]["msg"].removeprefix("Value error, ")
    return Problem(422, "invalid", "Not sent", said, "")


async def _whisper(agent: Person, conversation_id: str, form: FormState) -> str:
    try:
        said = WhisperIn(text=form.get("text"))
    except ValidationError as exc:
        raise _not_sent(exc) from exc
    await whispers.whisper(agent, conversation_id, said.text, "console")
    return "Whispered"


async def _pass_on(agent: Person, conversation_id: str, form: FormState) -> str:
    await agents.pass_on(agent, conversation_id, form.get("to"), "console")
    return "Your colleague talks here now"


async def _close(agent: Person, conversation_id: str, _: FormState) -> str:
    await agents.close(agent, conversation_id, "console")
    return "The chat is closed"


_DOING: dict[str, Callable[[Person, str, FormState], Awaitable[str]]] = {
    "take-over": _take_over,
    "hand-back": _hand_back,
    "pass-on": _pass_on,
    "close": _close,
    "say": _say,
    "whisper": _whisper,
}
_SECTION = {
    "take-over": "head", "hand-back": "ways", "pass-on": "ways", "close": "ways",
    "say": "composer", "whisper": "whispers",
}  # fmt: skip


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
    view = await _seen(agent, conversation_id)
    view.forms[action] = form
    if pages.is_htmx(request):
        return view.sections().update(
            have, answered=_SECTION[action], said=form.done, status=status
        )
    if form.done:
        return RedirectResponse(f"{HOME}/conversations/{conversation_id}#composer", 303)
    return await _whole_page(view, status)
