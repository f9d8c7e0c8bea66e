"""A plain answer to an agent's reply in a case: it goes to the case, and no engine answers it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.models import Message
from assistant.handoff import gathered
from assistant.proposals import service as proposals
from assistant.situation import Situation
from assistant.wording import say
from backend.core.client import Answer, licensing_api

FOR_ASSISTANT = "/for_assistant"
ByEngine = Callable[[Situation], Awaitable[Outcome]]


def concerns(situation: Situation) -> bool:
    """Words right after an agent's message about a case, or in answer to one; or that those
    before were meant for the assistant.
    """
    if situation.message.payload is not None:
        return situation.message.payload == FOR_ASSISTANT
    answered = situation.answers
    return answered is not None and answered.role == "person" and answered.case is not None


async def answer(situation: Situation, by_engine: ByEngine) -> Outcome:
    """Put the words into the case, and say where they went and how they come back."""
    if situation.message.payload == FOR_ASSISTANT:
        return await _take_back(situation, by_engine)
    case: dict[str, Any] = (situation.answers.case if situation.answers else None) or {}
    number, text = case["number"], situation.message.text
    before = await licensing_api().call(
        "get_case", {"case_number": number}, situation.caller("rest")
    )
    noted = await _note(situation, number, text, f"{situation.message.seq}")
    meant_otherwise = {"title": say("case_answers.for_assistant"), "payload": FOR_ASSISTANT}
    if noted.ok:
        reopened = before.body.get("status") == "closed"
        told = say("noted_reopened" if reopened else "noted", number=number)
        buttons = [meant_otherwise]
    else:
        told = proposals.say_problem(noted)
        wish = f"{' '.join(text.split())[:150]}\n{text}"[: gathered.MOST_WORDS]
        facts = json.dumps({"wish": wish}, ensure_ascii=False)
        new_case = {"title": say("case_answers.new_case"), "payload": f"/open_case{facts}"}
        buttons = [*([new_case] if len(text.split()) > 1 else []), meant_otherwise]
    draft = Draft(told, role="system", case=case, buttons=buttons)
    why = {"routed": "case", "status": noted.status, "case": number}
    return Outcome([draft], engine="system", why=why)


async def _note(situation: Situation, number: str, text: str, key: str) -> Answer:
    return await licensing_api().call(
        "add_case_note",
        {"case_number": number, "text": text},
        situation.caller("rest"),
        idempotency_key=f"{situation.conversation.id}:{key}",
    )


async def _take_back(situation: Situation, by_engine: ByEngine) -> Outcome:
    """The engine answers what went to the case; the case keeps it, with a note that says so."""
    meant = _sent_to_case(situation)
    if meant is None:
        return Outcome([Draft(say("case_answers.nothing"))], engine="system")
    why = meant.why or {}
    if why.get("status", 500) < 400:
        told = say("case_answers.note")
        await _note(situation, why["case"], told, f"{meant.seq}:taken-back")
    outcome = await by_engine(situation.again(meant))
    outcome.why["meant_for_assistant"] = meant.seq
    return outcome


def _sent_to_case(situation: Situation) -> Message | None:
    """The person's message before this one, if it went to a case."""
    last = situation.last_own
    return last if last is not None and (last.why or {}).get("routed") == "case" else None
