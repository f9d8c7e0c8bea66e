"""Who answers a message. Order matters: a person who took over, then an open card, then a form,
then the portal's engine, then the other one. Never two for one message.
"""

import contextlib
import re

from assistant.conversations.drafts import Draft, Outcome
from assistant.engines import agent, dropped, form, rasa
from assistant.engines.handing_over import unheard
from assistant.handoff import asking, case_answers
from assistant.proposals import service as proposals
from assistant.situation import TRY_AGAIN, Situation
from assistant.wording import say

_YES = re.compile(
    r"(yes|y|yep|yeah|yup|ok|okay|sure|confirm|confirmed|correct|go ahead|do it|send it|submit|"
    r"looks good|that s right|that is right|perfect|all good)"
    r"( (please|thanks|thank you|confirm|do it|do that|go ahead|send it|submit|that s right|"
    r"looks good|correct))*"
)
_NO = re.compile(
    r"(no|n|nope|cancel|stop|never ?mind|forget it|discard|abort)( (thanks|thank you|please|"
    r"cancel|stop|it|that|cancel it|cancel that))*"
)
LEAVE_CASE = "/leave_case"


async def answer(situation: Situation) -> Outcome:
    """Route one message to whoever answers it."""
    message = situation.message
    if situation.conversation.status != "bot":
        return await asking.with_person(situation, _by_engine)
    if message.payload is not None and situation.offer is None:
        return _ask_again(situation)
    if asking.asks(situation) and (waits := await asking.hand_over(situation)):
        return waits
    return await asking.concluded(situation, await _answer(situation))


async def _answer(situation: Situation) -> Outcome:
    message = situation.message
    if dropped.concerns(situation):
        return await dropped.answer(situation, _by_engine)
    decision = _decision(situation)
    if decision is not None:
        return await proposals.decide(situation, confirmed=decision)
    if message.payload == "/confirm":
        return Outcome([Draft(say("nothing_open"))], engine="system")
    if message.payload == TRY_AGAIN and situation.failed is not None:
        situation = situation.again(situation.failed)
    if case_answers.concerns(situation):
        return await case_answers.answer(situation, _by_engine)
    if situation.message.payload == LEAVE_CASE or situation.conversation.form is not None:
        return await form.answer(situation)
    return await _by_engine(situation)


async def _by_engine(situation: Situation) -> Outcome:
    """Whoever asked gets the answer. Else the agent where the conversation has it and it answers,
    else Rasa; and from Rasa to the agent what Rasa could not answer.
    """
    if _belongs_to("rasa", situation):
        return await rasa.answer(situation)
    if situation.conversation.engine == "agent":
        if agent.available():
            try:
                return await agent.answer(situation)
            except agent.AgentFailed as failed:
                return await _instead(situation, str(failed))
        return await _instead(situation, agent.reason())
    asked_agent = agent.available() and _belongs_to("agent", situation)
    if asked_agent:
        with contextlib.suppress(agent.AgentFailed):
            return await agent.answer(situation)
    outcome = await rasa.answer(situation)
    if not asked_agent and agent.available() and not_understood(outcome):
        with contextlib.suppress(agent.AgentFailed):
            return await agent.answer(situation)
    return outcome


def _belongs_to(engine: str, situation: Situation) -> bool:
    """An engine's question, button, card or form is answered to it."""
    if situation.message.payload == TRY_AGAIN:
        return False
    pressed = situation.offer is not None and situation.offer.engine == engine
    if situation.in_form_of_rasa:
        return engine == "rasa"
    made = situation.question or situation.proposal
    return pressed or (made is not None and made.engine == engine)


def not_understood(outcome: Outcome) -> bool:
    """Whether Rasa could make no sense of a message outside a form, or gave no answer at all."""
    intent = (outcome.why.get("intent") or {}).get("name")
    failed = "failure" in outcome.why
    return (failed or intent == "nlu_fallback") and not outcome.why.get("active_form")


async def _instead(situation: Situation, reason: str) -> Outcome:
    """Rasa carries on in the same conversation, with what it missed; that it does is said once."""
    outcome = await rasa.answer(situation, await unheard(situation))
    outcome.why["agent_failed"] = reason
    if not situation.agent_missed:
        outcome.drafts.insert(0, Draft(say("agent_off"), role="system"))
    return outcome


def _ask_again(situation: Situation) -> Outcome:
    """A payload that was never offered here has no effect: the open question stands."""
    question = situation.question
    drafts = [Draft(say("unknown_payload"))]
    if question is not None:
        drafts = [
            Draft(
                f"{say('unknown_payload')} {question.text}",
                ask=question.ask,
                buttons=question.buttons,
            )
        ]
    else:
        drafts[0].text += " " + say("what_next")
    return Outcome(drafts, engine="system", why={"refused": "payload not offered"})


def _decision(situation: Situation) -> bool | None:
    """Yes or no to the open card; None when the message is something else.

    Words count only right after the card; its buttons count while it is open.
    """
    proposal, message = situation.proposal, situation.message
    if proposal is None:
        return None
    if message.payload is not None:
        return {"/confirm": True, "/cancel": False}.get(message.payload)
    if situation.last is None or situation.last.proposal_id != proposal.id:
        return None
    # Only punctuation is overlooked: "OK, 15" and words in another script are more than a yes.
    words = " ".join(re.sub(r"[^\w]+", " ", message.text.lower()).split())
    if _YES.fullmatch(words):
        return True
    return False if _NO.fullmatch(words) else None
