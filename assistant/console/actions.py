"""What an agent does with a case, as forms of the console and calls of the API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assistant.console.forms import FormState
from assistant.console.shell import call
from assistant.console.times import zone
from backend.core.client import Answer
from backend.core.identity import Person

OWN_TIME = "own"
NOBODY = ""
Doing = Callable[[Person, str, FormState], Awaitable[Answer]]


@dataclass(frozen=True)
class Action:
    """A form: the section it stands in, and the call it makes."""

    section: str
    do: Doing

    async def run(
        self, agent: Person, number: str, form: FormState
    ) -> tuple[int, dict[str, Any] | None]:
        """Send it. The answer's status, and the case as it is now if the form was accepted."""
        answer = await self.do(agent, number, form)
        done = form.settle(answer)
        return answer.status, answer.body if done else None


async def _claim(agent: Person, number: str, _: FormState) -> Answer:
    return await call(agent, "claim_case", {"case_number": number})


async def _reply(agent: Person, number: str, form: FormState) -> Answer:
    """The answer, then the status that goes with it. An answer that is out is never sent again
    because of its status. With a macro chosen, the macro with this answer.
    """
    said: dict[str, Any] = {
        "case_number": number,
        "text": form.get("text"),
        "expected_entry": form.text("expected"),
    }
    key = form.text("key")
    if form.text("macro"):
        said |= {"macro": form.get("macro"), "text": form.text("text")}
        return await call(agent, "run_macro", said, idempotency_key=key)
    answer = await call(agent, "reply_to_case", said, idempotency_key=key)
    status = form.text("then")
    if not answer.ok or status is None:
        return answer
    changed = await call(agent, "update_case", {"case_number": number, "status": status})
    if not changed.ok:
        answer.body["receipt"]["title"] += f", but the status stayed: {changed.body['detail']}"
        return answer
    changed.body["receipt"]["title"] = answer.body["receipt"]["title"]
    return changed


async def _note(agent: Person, number: str, form: FormState) -> Answer:
    return await call(
        agent,
        "add_case_note",
        {"case_number": number, "text": form.get("text")},
        idempotency_key=form.text("key"),
    )


async def _change(agent: Person, number: str, form: FormState) -> Answer:
    """Only what was changed in this form: what a colleague changed meanwhile stays."""
    changed: dict[str, str] = {
        name: form.get(name)
        for name in ("status", "severity", "queue", "assignee", "tags")
        if name in form.values and form.get(name) != form.get(f"was_{name}")
    }
    answers: list[Answer] = []
    if "tags" in changed:
        tags = [tag.strip() for tag in changed.pop("tags").split(",") if tag.strip()]
        answers.append(await call(agent, "set_case_tags", {"case_number": number, "tags": tags}))
    to = changed.get("assignee", NOBODY)
    if to not in {NOBODY, agent.email} and all(answer.ok for answer in answers):
        handed = {"case_number": number, "to": changed.pop("assignee"), "note": form.text("note")}
        answers.append(await call(agent, "hand_over_case", handed))
    clear = [name for name in ("assignee",) if changed.get(name) == NOBODY]
    arguments: dict[str, Any] = {"case_number": number, **changed}
    for name in clear:
        del arguments[name]
    if (changed or not answers) and all(answer.ok for answer in answers):
        answers.append(await call(agent, "update_case", arguments, clear=clear))
    return answers[-1]


async def _merge(agent: Person, number: str, form: FormState) -> Answer:
    return await call(agent, "merge_case", {"case_number": number, "into": form.get("into")})


async def _link(agent: Person, number: str, form: FormState) -> Answer:
    arguments = {"case_number": number, "other": form.get("other"), "kind": form.get("kind")}
    return await call(agent, "link_cases", arguments)


async def _unlink(agent: Person, number: str, form: FormState) -> Answer:
    arguments = {"case_number": number, "other_case": form.get("other")}
    return await call(agent, "unlink_cases", arguments)


async def _suggestion(agent: Person, number: str, form: FormState) -> Answer:
    accept = form.get("decision") == "accept"
    arguments = {"case_number": number, "field": form.get("field"), "accept": accept}
    return await call(agent, "decide_case_suggestion", arguments)


async def _schedule(agent: Person, number: str, form: FormState) -> Answer:
    """In one of the requester's windows, or at a time of the agent's own."""
    chosen = form.get("window")
    if chosen == OWN_TIME:
        start, end = _own_time(form)
    else:
        start, _, end = chosen.partition("/")
    return await call(
        agent,
        "schedule_training_engagement",
        {
            "case_number": number,
            "start": start or None,
            "end": end or None,
            "trainer": form.text("trainer"),
            "meeting_url": form.text("meeting_url"),
        },
        idempotency_key=form.text("key"),
    )


def _own_time(form: FormState) -> tuple[str, str]:
    """Begin and end in the chosen zone; what is no time is left for the API to refuse."""
    typed = form.get("start").strip()
    try:
        start = datetime.fromisoformat(typed).replace(tzinfo=zone(form.get("zone") or None))
        end = start + timedelta(minutes=int(form.get("minutes") or 60))
    except (ValueError, KeyError):
        return typed, typed
    return start.isoformat(), end.isoformat()


async def _end(agent: Person, number: str, form: FormState) -> Answer:
    """Close what is solved; cancel what is no longer needed."""
    if form.get("how") == "cancel":
        return await call(
            agent, "cancel_case", {"case_number": number, "reason": form.text("reason")}
        )
    return await call(agent, "update_case", {"case_number": number, "status": "closed"})


async def _reopen(agent: Person, number: str, _: FormState) -> Answer:
    return await call(agent, "update_case", {"case_number": number, "status": "in_progress"})


ACTIONS = {
    "claim": Action("head", _claim),
    "reply": Action("reply", _reply),
    "note": Action("note", _note),
    "change": Action("desk", _change),
    "schedule": Action("schedule", _schedule),
    "end": Action("end", _end),
    "reopen": Action("end", _reopen),
    "merge": Action("together", _merge),
    "link": Action("together", _link),
    "unlink": Action("together", _unlink),
    "suggestion": Action("advice", _suggestion),
}
