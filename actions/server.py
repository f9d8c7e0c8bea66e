"""Serves Rasa's custom actions: a router for the application, and an app of its own."""

import hmac
import json
import zlib
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)

from actions import (
    access,
    access_rules,
    account_pages,
    account_requests,
    account_settings,
    cases,
    conversation,
    delegations,
    directory,
    groups,
    history,
    new_accounts,
    notifications,
    open_things,
    order_access,
    order_assignments,
    order_exports,
    order_forms,
    order_licenses,
    order_people,
    order_views,
    profile,
    training,
    tree,
    user_lists,
    users,
    virtual_accounts,
)
from actions.base import CustomAction
from backend.core.settings import settings

FEATURES = (
    access, access_rules, account_pages, account_requests, account_settings, cases, conversation,
    delegations, directory, groups, history, new_accounts, notifications, open_things, order_access,
    order_assignments, order_exports, order_forms, order_licenses, order_people, order_views,
    profile, training, tree, user_lists, users, virtual_accounts,
)  # fmt: skip
LARGEST_CALL = 20_000_000  # bytes, unpacked
# The wording is read from data/, so Rasa need not send its domain with each call
# (`enable_selective_domain` in endpoints.yml).
NO_DOMAIN = "none"

router = APIRouter(include_in_schema=False)


@lru_cache(maxsize=1)
def executor() -> ActionExecutor:
    """All actions of all features."""
    found = ActionExecutor()
    for module in FEATURES:
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and thing.__module__ == module.__name__
                and issubclass(thing, CustomAction)
                and (hasattr(thing, "form") or hasattr(thing, "action"))  # else a base of others
            ):
                found.register_action(thing())
    found.domain_digest = NO_DOMAIN
    return found


@router.post("/actions/webhook")
async def webhook(request: Request) -> JSONResponse:
    """Run one action for Rasa.

    401 without the secret; 400 when the action refused to run, 404 when there is none of that
    name, 449 when it needs a domain (what Rasa expects of an action server).
    """
    given = request.headers.get("X-Actions-Secret", "").encode()
    if not hmac.compare_digest(given, settings().actions_secret.get_secret_value().encode()):
        return JSONResponse({"error": "wrong or missing secret"}, status_code=401)
    call = _unpacked(await request.body(), request.headers.get("Content-Encoding", ""))
    if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
        return JSONResponse({"error": "not an action call"}, status_code=422)
    call |= {"domain": None, "domain_digest": NO_DOMAIN}
    name = str(call.get("next_action"))
    try:
        result = await executor().run(call)
    except ActionExecutionRejection as exc:
        return JSONResponse({"error": str(exc), "action_name": exc.action_name}, status_code=400)
    except ActionNotFoundException:
        return JSONResponse({"error": f"no action {name}", "action_name": name}, status_code=404)
    except ActionMissingDomainException:
        return JSONResponse(
            {"error": "the domain is missing", "action_name": name}, status_code=449
        )
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


def _unpacked(body: bytes, encoding: str) -> Any:
    """The JSON of a call, which Rasa may have compressed; None when it is none."""
    try:
        if encoding == "deflate":
            body = zlib.decompressobj().decompress(body, LARGEST_CALL)
        return json.loads(body)
    except (zlib.error, ValueError):
        return None


def create_app() -> FastAPI:
    """The actions alone, for a fleet; the API is reached at `BACKEND_URL`."""
    app = FastAPI(title="Ask Licensing actions", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
