"""Systems outside that are told of cases: how each is, what it was told, what did not arrive."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.console import pages
from assistant.console.door import HOME, Agent, ConsoleRoute
from assistant.console.forms import FormState
from assistant.console.shell import around, call, read
from backend.core.client import Answer
from backend.core.identity import Person
from backend.core.problems import not_found

CASE_SYSTEM = f"{HOME}/case-system"
LAST = 20
ADD = "add"
router = APIRouter(prefix=CASE_SYSTEM, include_in_schema=False, route_class=ConsoleRoute)
# What a button below an endpoint does: the call, and what it sends beside the endpoint's id.
VERBS: dict[str, tuple[str, dict[str, Any]]] = {
    "test": ("test_webhook", {}),
    "resume": ("change_webhook", {"active": True}),
    "stop": ("change_webhook", {"active": False}),
    "rotate": ("rotate_webhook_secret", {}),
    "delete": ("delete_webhook", {}),
}


async def _page(
    agent: Person,
    name: str = "",
    form: FormState | None = None,
    secret: str = "",
    status: int = 200,
) -> Response:
    """The page; `form` is what came of the form `name`, `secret` is shown on this page only."""
    found = await read(agent, "list_webhooks", limit=200)
    context = await around(agent, "case-system") | {
        "endpoints": [
            one | {"deliveries": await _deliveries(agent, one["id"])} for one in found["items"]
        ],
        "forms": {name: form} if form else {},
        "nothing": FormState(),
        "secret": secret,
        "zone": agent.time_zone or "UTC",
    }
    return pages.page("case_system/page.html", context, status)


async def _deliveries(agent: Person, webhook_id: str) -> list[dict[str, Any]]:
    """The last messages, and before them those that were given up."""
    last = await read(agent, "list_webhook_deliveries", webhook_id=webhook_id, limit=LAST)
    dead = await read(
        agent, "list_webhook_deliveries", webhook_id=webhook_id, status="dead", limit=LAST
    )
    given_up = {one["id"] for one in dead["items"]}
    return [*dead["items"], *(one for one in last["items"] if one["id"] not in given_up)]


@router.get("")
async def show_case_system(agent: Agent) -> Response:
    """Everything that is told outside, and how it arrives."""
    return await _page(agent)


@router.post("")
async def add_endpoint(request: Request, agent: Agent) -> Response:
    """A new endpoint; its secret stands on the page that answers, and on none after it."""
    form = FormState.read(await request.form())
    arguments = {
        "url": form.get("url"),
        "description": form.get("description"),
        "is_observer": form.get("is_observer") == "yes",
    }
    answer = await call(agent, "create_webhook", arguments)
    return await _settled(agent, ADD, form, answer)


@router.post("/{webhook_id}/{verb}")
async def change_endpoint(request: Request, webhook_id: str, verb: str, agent: Agent) -> Response:
    """Test it, make it active or not, give it a new secret, or delete it."""
    if verb not in VERBS:
        raise not_found("such button", "Go back to the case system.")
    form = FormState.read(await request.form())
    operation, more = VERBS[verb]
    answer = await call(agent, operation, {"webhook_id": webhook_id, **more})
    return await _settled(agent, webhook_id, form, answer)


@router.post("/{webhook_id}/deliveries/{delivery_id}")
async def send_again(request: Request, webhook_id: str, delivery_id: str, agent: Agent) -> Response:
    """Send a message once more."""
    form = FormState.read(await request.form())
    arguments = {"webhook_id": webhook_id, "delivery_id": delivery_id}
    answer = await call(
        agent, "replay_webhook_delivery", arguments, idempotency_key=form.text("key")
    )
    return await _settled(agent, webhook_id, form, answer)


async def _settled(agent: Person, name: str, form: FormState, answer: Answer) -> Response:
    done = form.settle(answer)
    secret = str(answer.body.get("secret") or "") if done else ""
    if done and not secret:
        return RedirectResponse(f"{CASE_SYSTEM}#endpoint-{name}", 303)
    return await _page(agent, name, form, secret, 200 if done else answer.status)
