"""The router's part: who asks for a person, what happens while they wait, and the ways back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.models import Conversation, Message
from assistant.handoff import gathered, presence, queue, words
from assistant.handoff.rules import rules
from assistant.handoff.transitions import Move, Reason
from assistant.situation import Situation
from assistant.wording import say, wording
from backend.core.database import database

ASK, LEAVE, KEEP, CASE = "/talk_to_person", "/leave_queue", "/keep_waiting", "/case_instead"
ByEngine = Callable[[Situation], Awaitable[Outcome]]


def asks(situation: Situation) -> bool:
    """Whether these words, or this button, ask for a person whatever engine talks."""
    message = situation.message
    if message.payload is not None:
        return message.payload == ASK
    return words.ask_for_person(message.text)


async def hand_over(situation: Situation, outcome: Outcome | None = None) -> Outcome | None:
    """Into the queue, if anybody is there: then nothing else is answered."""
    async with database().read() as session:
        there = await presence.availability(session)
        if not there.anybody:
            return None
        place = await queue.next_place(session)
    told = _waits(place, busy=there.free < place.position)
    draft = Draft(told, role="system", buttons=list(wording("handoff.waiting_buttons")))
    reason = _reason(situation, outcome)
    why = {**(outcome.why if outcome else {}), "handed_over": reason}
    return Outcome([draft], engine="system", why=why, move=Move("waiting", reason=reason))


def _waits(place: queue.Place, *, busy: bool) -> str:
    how_long = (
        say("handoff.minutes", minutes=place.minutes, s="" if place.minutes == 1 else "s")
        if place.minutes
        else say("handoff.unknown")
    )
    return " ".join(
        [
            say("handoff.waiting", position=place.position),
            *([say("handoff.busy")] if busy else []),
            how_long,
            say("handoff.write_on"),
        ]
    )


async def concluded(situation: Situation, outcome: Outcome) -> Outcome:
    """What the engine answered, with the way to a person where it leads there."""
    if _wants_person(situation, outcome):
        return await hand_over(situation, outcome) or await _nobody(situation, outcome)
    if _failure(outcome.why, outcome.drafts) and not _offers_person(outcome):
        await _offer(outcome)
    return outcome


def _wants_person(situation: Situation, outcome: Outcome) -> bool:
    understood = (outcome.why.get("intent") or {}).get("name") == "talk_to_person"
    return understood or asks(situation)


def _offers_person(outcome: Outcome) -> bool:
    return any(b["payload"] == ASK for draft in outcome.drafts for b in draft.buttons)


async def _offer(outcome: Outcome) -> None:
    """A way to a person below an answer that is none, while anybody is there."""
    async with database().read() as session:
        there = await presence.availability(session)
    if there.anybody and outcome.drafts:
        last = outcome.drafts[-1]
        last.buttons = [*last.buttons, {"title": say("handoff.ask"), "payload": ASK}]


async def _nobody(situation: Situation, outcome: Outcome) -> Outcome:
    """Nobody is there: said so, and a case that knows what was said already."""
    hours = rules().hours
    async with database().read() as session:
        there = await presence.availability(session)
    told = say("handoff.nobody") if there.open else say("handoff.closed", hours=hours.said())
    payload = gathered.case_payload(situation)
    for draft in outcome.drafts:
        draft.buttons = [
            {**button, "payload": payload} if button["payload"] == "/open_case" else button
            for button in draft.buttons
        ]
    outcome.drafts.insert(0, Draft(told, role="system"))
    outcome.why["nobody_there"] = True
    return outcome


def _reason(situation: Situation, outcome: Outcome | None) -> Reason:
    """Why a person is wanted. Who presses a button below a failure is here because of it."""
    if situation.message.payload is None and outcome is None:
        return "requested"
    last = situation.last_own
    if situation.message.payload != ASK or last is None:
        return "requested"
    return _failure(last.why or {}, situation.last_answer) or "requested"


_REASONS: dict[str, Reason] = {
    "nlu_fallback": "not_understood", "out_of_scope": "unsupported",
    "other_language": "unsupported", "abuse": "abuse",
}  # fmt: skip


def _failure(why: dict[str, Any], answers: list[Message] | list[Draft]) -> Reason | None:
    """What went wrong in a turn, from its *why*; None where nothing did."""
    intent = str((why.get("intent") or {}).get("name") or "")
    if "failure" in why or why.get("limit"):
        return "tool_failure"
    if why.get("active_form"):
        return None
    if why.get("refused"):
        return None if isinstance(why["refused"], str) else "policy"
    if intent == "ask_knowledge" and answers and not any(one.sources for one in answers):
        return "no_knowledge"
    return _REASONS.get(intent)


# --- While somebody waits, or an agent has the chat -----------------------------------------------


async def with_person(situation: Situation, by_engine: ByEngine) -> Outcome:
    """Nobody answers but people; the ways back are open to whoever was offered them."""
    status, message = situation.conversation.status, situation.message
    payload = message.payload if situation.offer is not None else None
    waits = status == "waiting"
    leaves = waits and message.payload is None and words.leave_queue(message.text)
    if payload == LEAVE or leaves:
        return _back(situation)
    if payload == CASE:
        return await _case(situation, by_engine)
    if payload == KEEP and waits:
        return await _kept(situation)
    return Outcome([], engine="person", why={"routed": status})


def _back(situation: Situation) -> Outcome:
    """The assistant goes on where it was: with its open question, if there was one."""
    question, drafts = situation.question, [Draft(say("handoff.back"), role="system")]
    if question is not None:
        drafts.append(Draft(question.text, ask=question.ask, buttons=question.buttons))
    engine = question.engine if question and question.engine else "system"
    return Outcome(drafts, engine=engine, why={"left_queue": True}, move=Move("bot", end="left"))


async def _case(situation: Situation, by_engine: ByEngine) -> Outcome:
    payload = gathered.case_payload(situation)
    conversation = Conversation.model_validate(
        situation.conversation.model_dump() | {"fresh_session": True, "form": None}
    )
    message = Message.model_validate(situation.message.model_dump() | {"payload": payload})
    outcome = await by_engine(replace(situation, conversation=conversation, message=message))
    outcome.move = Move("bot", end="case")
    if outcome.keep_form:
        outcome.keep_form, outcome.form = False, None
    return outcome


async def _kept(situation: Situation) -> Outcome:
    async with database().read() as session:
        handover = await queue.open_handover(session, situation.conversation.id)
        there = await presence.availability(session)
        place = await queue.place(session, handover) if handover else None
    if place is None:
        return Outcome([], engine="person", why={"routed": "waiting"})
    told = _waits(place, busy=there.free < place.position)
    draft = Draft(told, role="system", buttons=list(wording("handoff.waiting_buttons")))
    return Outcome([draft], engine="system", why={"kept_waiting": True})
