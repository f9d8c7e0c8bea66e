"""Smart Account requests that wait for the desk's approver, and accounts whose last administrator
has left.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.sections import Sections
from assistant.console.shell import around, call, read
from assistant.conversations.hub import DESK, hub
from backend.core.client import Answer
from backend.core.identity import Person
from backend.core.problems import forbidden, not_found

ACCOUNTS = f"{HOME}/accounts"
PAGE = 50
REPLACE = "replace"
SECTIONS = ("requests", "replace")
Show = Literal["waiting", "pending", "all"]
# What the list asks the API for.
_SHOWN: dict[str, dict[str, Any]] = {
    "waiting": {"to_decide": True},
    "pending": {"status": "pending"},
    "all": {},
}
Doing = Callable[[Person, str, FormState], Awaitable[Answer]]
router = APIRouter(prefix=ACCOUNTS, include_in_schema=False, route_class=ConsoleRoute)


async def _approve(agent: Person, request_id: str, _: FormState) -> Answer:
    return await call(agent, "approve_account_request", {"request_id": request_id})


async def _decline(agent: Person, request_id: str, form: FormState) -> Answer:
    arguments = {"request_id": request_id, "reason": form.text("reason")}
    return await call(agent, "decline_account_request", arguments)


async def _resend(agent: Person, request_id: str, _: FormState) -> Answer:
    return await call(agent, "resend_activation_mail", {"request_id": request_id})


VERBS: dict[str, Doing] = {"approve": _approve, "decline": _decline, "resend": _resend}


async def _page(
    agent: Person, show: Show, cursor: str = "", forms: dict[str, FormState] | None = None
) -> tuple[Sections, dict[str, Any]]:
    found = await read(
        agent, "list_account_requests", **_SHOWN[show], cursor=cursor or None, limit=PAGE
    )
    context = await around(agent, "accounts") | {
        "show": show,
        "requests": found["items"],
        "older": f"{ACCOUNTS}?{urlencode({'show': show, 'cursor': found['next']})}"
        if found["next"]
        else None,
        "here": f"{ACCOUNTS}?{urlencode({'show': show, 'cursor': cursor})}",
        "forms": forms or {},
        "nothing": FormState(),
        "zone": agent.time_zone or "UTC",
    }
    return Sections.of("accounts", SECTIONS, context), context


def _whole(sections: Sections, context: dict[str, Any], status: int = 200) -> Response:
    shown = context | {"sections": sections.shown, "have": sections.have}
    return pages.page("accounts/page.html", shown, status)


def _require_approver(desk: dict[str, Any]) -> None:
    """Others' calls would be refused by the API as well; a page full of buttons would mislead."""
    if desk["waiting_accounts"] is None:
        raise forbidden(
            "Requests for Smart Accounts are decided by the desk’s approver.",
            "Your cases are in the queue.",
        )


@router.get("")
async def show_requests(
    request: Request, agent: Agent, show: Show = "waiting", cursor: str = ""
) -> Response:
    """The requests. htmx gets what differs, or nothing if the browser shows it as it is."""
    sections, context = await _page(agent, show, cursor)
    _require_approver(context)
    if pages.is_htmx(request):
        return sections.update(request.query_params.get("have", ""))
    return _whole(sections, context)


@router.post("/requests/{request_id}/{verb}")
async def decide(
    request: Request, request_id: str, verb: str, agent: Agent, show: Show = "waiting"
) -> Response:
    """Approve, decline, or send the activation mail again. Refused: the form again, and why."""
    doing = VERBS.get(verb)
    if doing is None:
        raise not_found("such button", "Go back to the requests.")
    return await _answered(
        request, agent, show, "requests", f"{request_id}:{verb}",
        lambda form: doing(agent, request_id, form),
    )  # fmt: skip


@router.post("/replace-administrator")
async def replace_administrator(request: Request, agent: Agent, show: Show = "waiting") -> Response:
    """Put somebody in the place of an account's last administrator, by a case with the proof."""

    async def send(form: FormState) -> Answer:
        fields = ("smart_account", "email", "case_number")
        arguments = {name: form.text(name) for name in fields}
        return await call(
            agent, "replace_administrator", arguments, idempotency_key=form.text("key")
        )

    return await _answered(request, agent, show, "replace", REPLACE, send)


async def _answered(
    request: Request, agent: Person, show: Show, section: str, name: str,
    send: Callable[[FormState], Awaitable[Answer]],
) -> Response:  # fmt: skip
    form = FormState.read(await request.form())
    have = form.values.pop("have", "")
    answer = await send(form)
    form.settle(answer)
    await hub().wake(DESK)
    sections, context = await _page(agent, show, forms={name: form})
    if pages.is_htmx(request):
        return sections.update(have, answered=section, said=form.done, status=answer.status)
    if form.done:
        return RedirectResponse(f"{ACCOUNTS}?{urlencode({'show': show})}", 303)
    return _whole(sections, context, answer.status)
