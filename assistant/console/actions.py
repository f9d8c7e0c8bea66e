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
    because of its status.
    """
    answer = await call(
        agent,
        "reply_to_case",
        {"case_number": number, "text": form.get("text")},
        idempotency_key=form.text("key"),
    )
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
        for name in ("status", "severity", "queue", "assignee")
        if name in form.values and form.get(name) != form.get(f"was_{name}")
    }
    arguments: dict[str, Any] = {"case_number": number, **changed}
    clear = [name for name in ("assignee",) if changed.get(name) == NOBODY]
    for name in clear:
        del arguments[name]
    return await call(agent, "update_case", arguments, clear=clear)


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
}
