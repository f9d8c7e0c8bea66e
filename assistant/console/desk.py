"""What an agent does with the queue itself: saved views, many cases at once, how one works."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.filters import Filters
from assistant.console.forms import FormState
from assistant.console.queue import queue_page, whole
from assistant.console.shell import around, call, read
from assistant.conversations.hub import DESK, hub
from backend.core.client import Answer
from backend.core.identity import Person
from backend.core.problems import not_found

router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)
# The fields of the bar below the list that belong to a change.
_FIELD = {
    "assign": "assignee", "move": "queue", "severity": "severity", "status": "status",
    "close": "reply",
}  # fmt: skip


def _filters_of(form: FormState) -> Filters:
    """The filters of the page on which a form stood."""
    try:
        return Filters.model_validate(dict(parse_qsl(form.values.pop("back", ""))))
    except ValidationError:
        return Filters()


@router.post("/bulk")
async def change_many(request: Request, agent: Agent) -> Response:
    """Change the cases that were picked, and say of each what became of it."""
    sent = await request.form()
    numbers = [str(value) for value in sent.getlist("numbers")]
    form = FormState.read(sent)
    filters, change = _filters_of(form), form.get("change")
    field = _FIELD.get(change)
    arguments: dict[str, Any] = {"numbers": numbers, "change": change}
    if field and form.text(field):
        arguments[field] = form.text(field)
    answer = await call(agent, "change_cases", arguments, idempotency_key=form.text("key"))
    form.settle(answer)
    await hub().wake(DESK)
    done = answer.body if answer.ok else None
    sections, context = await queue_page(agent, filters, done=done, bulk=form)
    return whole(sections, context, answer.status)


@router.get("/bulk")
async def back_to_the_queue(_agent: Agent) -> Response:
    """Whoever loads the answer's address anew finds the queue."""
    return RedirectResponse(HOME, 303)


@router.post("/views")
async def save_view(request: Request, agent: Agent) -> Response:
    """Save the filters of the page under a name."""
    form = FormState.read(await request.form())
    filters = _filters_of(form)
    answer = await call(
        agent,
        "save_desk_view",
        {
            "name": form.get("name"),
            "filters": filters.saved(),
            "shared": bool(form.get("shared")) or None,
        },
        idempotency_key=form.text("key"),
    )
    if answer.ok:
        return RedirectResponse(filters.link(view=answer.body["id"]), 303)
    form.settle(answer)
    sections, context = await queue_page(agent, filters, saving=form)
    return whole(sections, context, answer.status)


async def _open_with(agent: Person, view_id: str, _: Filters) -> Answer:
    return await call(agent, "change_my_desk_settings", {"default_view": view_id})


async def _open_with_all(agent: Person, _id: str, _: Filters) -> Answer:
    return await call(agent, "change_my_desk_settings", {}, clear=["default_view"])


async def _update(agent: Person, view_id: str, filters: Filters) -> Answer:
    arguments = {"view_id": view_id, "filters": filters.saved()}
    return await call(agent, "change_desk_view", arguments)


async def _delete(agent: Person, view_id: str, _: Filters) -> Answer:
    return await call(agent, "delete_desk_view", {"view_id": view_id})


_VIEW_ACTIONS = {
    "open-with": _open_with, "open-with-all": _open_with_all, "update": _update,
    "delete": _delete,
}  # fmt: skip


@router.post("/views/{view_id}/{action}")
async def change_view(request: Request, view_id: str, action: str, agent: Agent) -> Response:
    """Delete a view, keep the page's filters in it, or have the queue open with it."""
    doing = _VIEW_ACTIONS.get(action)
    if doing is None:
        raise not_found("such button", "Go back to the queue.")
    form = FormState.read(await request.form())
    filters = _filters_of(form)
    answer = await doing(agent, view_id, filters)
    if answer.ok:
        left = filters.model_copy(update={"view": ""}) if action == "delete" else filters
        address = left.link()
        return RedirectResponse(address if "?" in address else f"{HOME}?queue=", 303)
    form.settle(answer)
    sections, context = await queue_page(agent, filters, saving=form)
    return whole(sections, context, answer.status)


async def _my_page(agent: Person, form: FormState, status: int = 200) -> Response:
    settings = await read(agent, "get_my_desk_settings")
    context = await around(agent, "me") | {"settings": settings, "form": form}
    return pages.page("me.html", context, status)


@router.get("/me")
async def show_me(agent: Agent) -> Response:
    """How the agent works."""
    return await _my_page(agent, FormState())


@router.post("/me")
async def change_me(request: Request, agent: Agent) -> Response:
    """Be away, take no cases by rule, switch the keys off."""
    form = FormState.read(await request.form())
    told: dict[str, Any] = {
        "takes_cases": form.get("takes_cases") == "yes",
        "shortcuts": form.get("shortcuts") == "yes",
        "away_until": form.text("away_until"),
    }
    clear = [] if told["away_until"] else ["away_until"]
    answer = await call(agent, "change_my_desk_settings", told, clear=clear)
    form.settle(answer)
    return await _my_page(agent, form, answer.status)
