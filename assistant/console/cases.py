"""One case: where it stands, all that was said, and everything an agent does with it."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.console import pages, repository
from assistant.console.actions import ACTIONS
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around, call, read
from assistant.console.transcript import Transcript, transcript
from assistant.conversations import repository as conversations
from assistant.conversations.hub import DESK, hub
from backend.core.database import database
from backend.core.fields import normal_case_number
from backend.core.identity import Person, by_address
from backend.core.looks import note_look
from backend.core.problems import not_found

SECTIONS = (
    "company",
    "head",
    "advice",
    "engagement",
    "thread",
    "reply",
    "note",
    "transcript",
    "order",
    "desk",
    "schedule",
    "end",
    "together",
    "history",
)
# What stands beside a case that is no longer the agent's to work on.
NOTHING_BESIDE: dict[str, Any] = {
    "looking": [], "duplicates": [], "suggestions": [], "prepared": [], "history": [],
}  # fmt: skip
router = APIRouter(prefix=f"{HOME}/cases", include_in_schema=False, route_class=ConsoleRoute)


@dataclass
class CaseView:
    """A case with what the page shows beside it."""

    agent: Person
    case: dict[str, Any]
    requester: Person | None
    agents: list[Person]
    chat: Transcript | None
    shell: dict[str, Any]
    order: dict[str, Any] | None = None
    beside: dict[str, Any] = field(default_factory=lambda: NOTHING_BESIDE)
    forms: dict[str, FormState] = field(default_factory=dict)

    @classmethod
    async def of(cls, agent: Person, case: dict[str, Any]) -> "CaseView":
        """Read what belongs to this case."""
        shell = await around(agent, "case")
        order = await _order_of(agent, case)
        beside = await call(agent, "get_case_desk", {"case_number": case["number"]})
        async with database().read() as session:
            conversation = case["conversation"] and await conversations.readable(
                session, agent, case["conversation"]
            )
            if conversation:
                await note_look(
                    session, agent.id, "transcript", conversation.id,
                    person=conversation.person, case_number=case["number"],
                )  # fmt: skip
            return cls(
                agent=agent,
                case=case,
                requester=await by_address(session, case["requester"]["email"]),
                agents=await repository.agents_of(session, case["queue"]),
                chat=await transcript(session, conversation) if conversation else None,
                shell=shell,
                order=order,
                beside=beside.body if beside.ok else NOTHING_BESIDE,
            )

    def context(self) -> dict[str, Any]:
        """The facts for the templates."""
        return self.shell | {
            "case": self.case,
            "requester": self.requester,
            "agents": self.agents,
            "chat": self.chat,
            "order": self.order,
            "beside": self.beside,
            "prepared": {one["id"]: one for one in self.beside["prepared"]},
            "requester_name": self.case["requester"]["name"],
            "ended": self.case["status"] in {"closed", "cancelled"},
            "zone": self.agent.time_zone or "UTC",
            "forms": {name: self.forms.get(name, FormState()) for name in ACTIONS},
        }

    def sections(self) -> Sections:
        """All sections of the page."""
        return Sections.of("case", SECTIONS, self.context())


async def _order_of(agent: Person, case: dict[str, Any]) -> dict[str, Any] | None:
    """The order that a case names; None if it names none, or one that does not exist."""
    if case["order_number"] is None:
        return None
    answer = await call(agent, "get_case_order", {"case_number": case["number"]})
    return answer.body if answer.ok else None


@router.get("/{number}")
async def show_case(number: str, agent: Agent) -> Response:
    """The whole page of a case."""
    right = normal_case_number(number)
    if right != number:
        return RedirectResponse(f"{HOME}/cases/{right}", 303)
    case = await read(agent, "get_case", case_number=number)
    return await _whole_page(await CaseView.of(agent, case))


async def _whole_page(view: CaseView, status: int = 200) -> Response:
    sections = view.sections()
    settings = await call(view.agent, "get_my_desk_settings", {})
    return pages.page(
        "case/page.html",
        view.context()
        | {
            "sections": sections.shown,
            "have": sections.have,
            "shortcuts": settings.ok and settings.body["shortcuts"],
        },
        status,
    )


@router.get("/{number}/live")
async def bring_up_to_date(number: str, agent: Agent, have: str = "") -> Response:
    """The sections that look different by now."""
    view = await CaseView.of(agent, await read(agent, "get_case", case_number=number))
    return view.sections().update(have)


@router.post("/{number}/presence")
async def stay(request: Request, number: str, agent: Agent) -> Response:
    """Say that the agent is still here, and what has changed meanwhile. Others hear of it when
    there is something new to see.
    """
    form = FormState.read(await request.form())
    told = {"case_number": number, "writes": form.get("writes") == "yes"}
    answer = await call(agent, "look_at_case", told)
    if answer.ok and answer.body["changed"]:
        await hub().wake(DESK)
    view = await CaseView.of(agent, await read(agent, "get_case", case_number=number))
    return view.sections().update(form.get("have"))


@router.post("/{number}/prepare")
async def prepare(request: Request, number: str, agent: Agent) -> Response:
    """Put a prepared answer into the reply box, to be read and changed before it is sent."""
    form = FormState.read(await request.form())
    have = form.values.pop("have", "")
    view = await CaseView.of(agent, await read(agent, "get_case", case_number=number))
    status = await _fill(agent, number, form, view.beside["prepared"])
    view.forms["reply"] = form
    if pages.is_htmx(request):
        return view.sections().update(have, answered="reply", said=form.done, status=status)
    return await _whole_page(view, status)


async def _fill(agent: Person, number: str, form: FormState, prepared: list[dict[str, Any]]) -> int:
    """The chosen answer behind what was typed; the status of the answer to the browser."""
    name = form.values.pop("prepared", "").strip()
    form.values.pop("macro", None)
    if not name:
        return 200
    chosen = next((one for one in prepared if name in {one["id"], said_of(one)}), None)
    if chosen is None:
        form.errors["prepared"] = f"Nothing prepared is called “{name}”. Choose one of the list."
        return 422
    if chosen["reply"]:
        arguments = {"case_number": number, "reply_id": chosen["reply"]}
        answer = await call(agent, "fill_canned_reply", arguments)
        if not answer.ok:
            form.refuse(answer.body)
            form.errors, form.problem = {}, " ".join(form.errors.values()) or form.problem
            return answer.status
        typed = form.get("text").strip()
        form.values["text"] = f"{typed}\n\n{answer.body['text']}" if typed else answer.body["text"]
    if chosen["kind"] == "macro":
        form.values["macro"] = chosen["id"]
    form.done = f"“{chosen['name']}” is in your answer. Read it, then send it"
    return 200


def said_of(one: dict[str, Any]) -> str:
    """What a prepared answer is called in the list to choose from."""
    return f"Macro: {one['name']}" if one["kind"] == "macro" else str(one["name"])


@router.post("/{number}/{action}")
async def act(request: Request, number: str, action: str, agent: Agent) -> Response:
    """Do something with a case. Refused: the same form again, with what was typed and why."""
    doing = ACTIONS.get(action)
    if doing is None:
        raise not_found("such button", "Go back to the case.")
    form = FormState.read(await request.form())
    have = form.values.pop("have", "")
    status, case = await doing.run(agent, number, form)
    if case is None or case["number"] != number:
        case = await read(agent, "get_case", case_number=number)
    await hub().wake(DESK)
    view = await CaseView.of(agent, case)
    view.forms[action] = form
    if pages.is_htmx(request):
        return view.sections().update(have, answered=doing.section, said=form.done, status=status)
    if form.done:
        return RedirectResponse(f"{HOME}/cases/{number}#{doing.section}", 303)
    return await _whole_page(view, status)
