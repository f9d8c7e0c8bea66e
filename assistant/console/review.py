"""The review inbox: what the assistant was unsure of, labelled with a click, and exported."""

from collections.abc import Sequence
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
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows

REVIEW = f"{HOME}/review"
PAGE = 50
KEYS = 5
Sort = Literal["largest", "newest"]
router = APIRouter(prefix=REVIEW, include_in_schema=False, route_class=ConsoleRoute)


@router.get("")
async def show_inbox(
    request: Request, agent: Agent, sort: Sort = "largest", cursor: str = "", done: str = ""
) -> Response:
    """Groups that nobody has labelled. htmx gets what differs."""
    found = await read(agent, "list_review_groups", sort=sort, cursor=cursor or None, limit=PAGE)
    context = await around(agent, "review") | {
        "sort": sort,
        "groups": found["items"],
        "older": _link(sort, found["next"]) if found["next"] else None,
        "here": _link(sort, cursor),
        "done": await _done(agent, done),
        "may_export": desk_allows(agent, DeskAction.EXPORT_TRAINING_DATA),
    }
    sections = Sections.of("review", ("list",), context)
    if pages.is_htmx(request):
        return sections.update(request.query_params.get("have", ""))
    return pages.page(
        "review/page.html", context | {"sections": sections.shown, "have": sections.have}
    )


def _link(sort: Sort, cursor: str) -> str:
    return f"{REVIEW}?{urlencode({'sort': sort, 'cursor': cursor})}"


async def _done(agent: Person, group_id: str) -> dict[str, Any] | None:
    """What was labelled a moment ago, to take it back."""
    if not group_id:
        return None
    answer = await call(agent, "get_review_group", {"group": group_id})
    return answer.body if answer.ok and answer.body["labellings"] else None


@router.get("/training-data")
async def show_training_data(agent: Agent) -> Response:
    """What would be exported, and what contradicts."""
    found = await read(agent, "show_training_data")
    context = await around(agent, "review") | {"found": found}
    return pages.page("review/training.html", context)


@router.get("/{group}")
async def show_group(agent: Agent, group: str, done: str = "") -> Response:
    """A group with its messages and what they may mean."""
    return await _group_page(agent, group, done=done)


async def _group_page(
    agent: Person, group_id: str, form: FormState | None = None, status: int = 200, done: str = ""
) -> Response:
    group = await read(agent, "get_review_group", group=group_id)
    intents = (await read(agent, "list_review_intents"))["items"]
    context = await around(agent, "review") | {
        "group": group,
        "open": _same([item for item in group["items"] if item["label"] is None]),
        "labelled": _same([item for item in group["items"] if item["label"] is not None]),
        "meanings": group["suggestions"][:KEYS],
        "intents": intents,
        "form": form or FormState(),
        "done": await _done(agent, done),
        "zone": agent.time_zone or "UTC",
    }
    return pages.page("review/group.html", context, status)


def _same(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages with the same words and label as one, with all their ids: the newest, with `ids`."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in items:
        label = (item["label"] or {}).get("intent") or ""
        found.setdefault((item["text"], label), item | {"ids": []})["ids"].append(item["id"])
    return list(found.values())


@router.post("/{group}/label")
async def label(request: Request, agent: Agent, group: str) -> Response:
    """Label all messages of a group, or those that are ticked; then comes the next group."""
    sent = await request.form()
    form = FormState.read(sent)
    ticked = [item for ids in sent.getlist("message") for item in str(ids).split()]
    answer = await call(
        agent, "label_review_group", {"group": group, **_meaning(form), **_which(form, ticked)},
        idempotency_key=form.text("key"),
    )  # fmt: skip
    await hub().wake(DESK)
    if not form.settle(answer):
        return await _group_page(agent, group, form, answer.status)
    if answer.body["unlabelled"]:
        return RedirectResponse(f"{REVIEW}/{group}?done={group}", 303)
    following = (await read(agent, "list_review_groups", limit=1))["items"]
    place = f"{REVIEW}/{following[0]['id']}" if following else REVIEW
    return RedirectResponse(f"{place}?done={group}", 303)


def _meaning(form: FormState) -> dict[str, Any]:
    """The button that was pressed, or what was typed: an intent's name, or its title."""
    if form.text("ignore"):
        return {"ignore": True}
    typed = (form.text("other") or "").lower().replace(" ", "_")
    return {"intent": form.text("intent") or typed or None}


def _which(form: FormState, ticked: Sequence[str]) -> dict[str, Any]:
    """All messages that the agent saw, also those beyond the page; or only the ticked ones."""
    shown, expected = form.text("shown"), form.text("expected")
    if shown == str(len(ticked)):
        return {"expected": int(expected)} if expected and expected.isdecimal() else {}
    return {"messages": list(ticked)}


@router.post("/{group}/undo")
async def undo(request: Request, agent: Agent, group: str) -> Response:
    """Take the last label of a group back."""
    form = FormState.read(await request.form())
    answer = await call(agent, "undo_review_label", {"group": group})
    await hub().wake(DESK)
    if not form.settle(answer):
        return await _group_page(agent, group, form, answer.status)
    return RedirectResponse(f"{REVIEW}/{group}", 303)
