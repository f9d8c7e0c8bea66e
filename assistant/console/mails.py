"""Mails: how far those are that were written, and what became of those that came in.

Their words are shown in demo mode only: outside it they hold other people's codes and links.
"""

from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.shell import around, call, read
from backend.core.identity import Person
from backend.core.settings import settings

MAILS = f"{HOME}/mails"
PAGE = 50
Show = Literal["sent", "received"]
router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


@router.get("/mails")
async def list_mails(
    agent: Agent, to: str = "", state: str = "", show: Show = "sent", cursor: str = ""
) -> Response:
    """The newest mails, to everybody or to one address, in any state or in one."""
    return await _page(agent, {"to": to.strip(), "state": state, "show": show}, cursor)


async def _page(
    agent: Person, filters: dict[str, str], cursor: str = "", form: FormState | None = None,
    tried: str = "", status: int = 200,
) -> Response:  # fmt: skip
    context = await around(agent, "mails") | filters
    words = await _words(agent, filters["to"]) if filters["show"] == "sent" else {}
    found = await read(
        agent, "list_mails" if filters["show"] == "sent" else "list_inbound_mails",
        state=filters["state"] or None, cursor=cursor or None, limit=PAGE,
        **({"to": filters["to"] or None} if filters["show"] == "sent" else {}),
    )  # fmt: skip
    here = {name: value for name, value in filters.items() if value}
    context |= {
        "mails": found["items"], "words_of": words, "form": form or FormState(), "tried": tried,
        "counts": await read(agent, "count_mails"), "sends": settings().smtp_url is not None,
        "query": urlencode(here), "older": None,
    }  # fmt: skip
    if found["next"]:
        context["older"] = f"{MAILS}?{urlencode(here | {'cursor': found['next']})}"
    return pages.page("mails.html", context, status)


async def _words(agent: Person, to: str) -> dict[str, Any]:
    """The mails of the demo, whole, by their ids; once what is queued has been written."""
    if not settings().demo_mode:
        return {}
    outbox = await read(agent, "read_outbox", to=to or None)
    return {mail["id"]: mail for mail in outbox["items"]}


@router.post("/mails/{mail_id}/send-again")
async def send_again(
    request: Request, mail_id: str, agent: Agent, to: str = "", state: str = "", show: Show = "sent"
) -> Response:
    """Have one tried again, and come back to the list; refused, the list says why."""
    form = FormState.read(await request.form())
    answer = await call(
        agent, "send_mail_again", {"mail_id": mail_id}, idempotency_key=form.text("key")
    )
    filters = {"to": to, "state": state, "show": show}
    if form.settle(answer):
        return RedirectResponse(f"{MAILS}?{urlencode(filters)}#mail-{mail_id}", 303)
    return await _page(agent, filters, form=form, tried=mail_id, status=answer.status)
