"""A turn: store the message → let the engine think, with no transaction open → store what it
said. The lease on the conversation makes turns follow each other, in one process or many, and
lapses by itself after a crash; whatever was left unanswered is then answered first.

A conversation that nobody talks in is leased by the transaction that stores the message, and
given back by the one that stores the answer: that is the usual turn, and all it costs.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant import metrics
from assistant.conversations import feedback, presentation, repository, storage
from assistant.conversations.drafts import Draft, Outcome
from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation, ConversationFile, Message, number_of
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import Incoming, Reply
from assistant.handoff import agents, transitions
from assistant.review import intake
from assistant.router import answer
from assistant.situation import Situation
from assistant.wording import say, wording
from backend.core import clock
from backend.core.database import database
from backend.core.events import Acting
from backend.core.identity import Person
from backend.core.masking import has_hidden, mask
from backend.core.problems import FieldError, Problem, invalid
from backend.core.settings import settings

LEASE_MARGIN = 15.0
RETRY_SECONDS = 0.25
log = structlog.get_logger(__name__)


async def post(person: Person, conversation_id: str, incoming: Incoming) -> list[Reply]:
    """Take a person's message and return what was answered; the same id is answered once."""
    message, token = await _store(person, conversation_id, incoming)
    said: list[Message] = []
    if not await answer_waiting(conversation_id, message.seq, token, said):
        raise _closing()
    async with database().read() as session:
        answered = said or await repository.replies_to(session, conversation_id, message.seq)
        return await presentation.replies(session, answered)


def _closing() -> Problem:
    """Nothing is lost: the same message again gets its answer, from whichever process is there."""
    return Problem(
        503, "closing", "Restarting", "I am being restarted. Your message is kept.",
        "Send it again in a moment with the same client_message_id.", headers={"Retry-After": "5"},
    )  # fmt: skip


async def _store(
    person: Person, conversation_id: str, incoming: Incoming
) -> tuple[Message, str | None]:
    """Keep the message, or find it kept; with the lease if the conversation is free for it."""
    async with database().write() as session:
        conversation = await repository.locked_own(session, conversation_id, person.id)
        if conversation is None:
            raise no_conversation()
        known = await repository.message_by_client_id(
            session, conversation_id, incoming.client_message_id
        )
        if known is not None:
            return known, None
        message = Message(
            conversation_id=conversation_id,
            seq=repository.next_seq(conversation),
            role="user",
            text=await _shown_text(session, conversation_id, incoming),
            payload=incoming.payload,
            file_id=incoming.file_id,
            client_message_id=incoming.client_message_id,
            in_reply_to=number_of(incoming.in_reply_to),
            waiting=True,
            buttons=[],
            sources=[],
            at=clock.now(),
        )
        if conversation.status == "closed":
            await agents.reopen(session, conversation)
        token = _lease(conversation)
        session.add_all((conversation, message))
        storage.wake_after_commit(session, conversation_id)
        return message, token


async def _shown_text(session: AsyncSession, conversation_id: str, incoming: Incoming) -> str:
    """What the transcript shows for the person: a button's title, a file's name, or the words."""
    if incoming.payload is not None:
        offer = await repository.offered(session, conversation_id, incoming.payload)
        return offer.title if offer else "…"
    if incoming.file_id is not None:
        file = await session.get(ConversationFile, incoming.file_id)
        if file is None or file.conversation_id != conversation_id:
            raise invalid(
                [
                    FieldError(
                        field="file_id",
                        code="unknown",
                        message="This file was not uploaded to this conversation.",
                    )
                ]
            )
        return file.filename
    return mask(incoming.text or "").text


async def answer_waiting(
    conversation_id: str, up_to: int, token: str | None = None, said: list[Message] | None = None
) -> bool:
    """Answer everything unanswered up to this message, in order; wait if a turn is running.

    `token` is the lease of whoever has it already; `said` gets the replies to this very message,
    if it is this call that stores them and stores all of them. False if it is not answered because
    we close.
    """
    async with hub().waiting(conversation_id) as changed:
        while True:
            if token and await _answer_in_order(conversation_id, up_to, token, said):
                return True
            changed.clear()
            if await _is_answered(conversation_id, up_to):
                return True
            token = await _take_lease(conversation_id)
            if token is None and not await hub().wait(changed, RETRY_SECONDS):
                return await _is_answered(conversation_id, up_to)


class _Left(Enum):
    """What a turn leaves: nothing (then the lease is free again), more to answer, or all that
    it should have answered, since the lease was lost on the way.
    """

    NOTHING = auto()
    MORE = auto()
    TO_OTHERS = auto()


async def _answer_in_order(
    conversation_id: str, up_to: int, token: str, said: list[Message] | None
) -> bool:
    """Answer message after message, and free the lease; False when it was lost on the way."""
    left = _Left.MORE
    try:
        while left is _Left.MORE and (message := await _next(conversation_id, up_to)):
            left = await _turn(*message, up_to, token, said)
    finally:
        if left is _Left.MORE:
            await asyncio.shield(_free_lease(conversation_id, token))
    return left is not _Left.TO_OTHERS


async def _is_answered(conversation_id: str, up_to: int) -> bool:
    async with database().read() as session:
        return not await repository.is_waiting(session, conversation_id, up_to)


async def _next(conversation_id: str, up_to: int) -> tuple[Situation, bool] | None:
    """The next message to answer with all that is to know for it, and whether it has an answer:
    what a confirmation in words did was said, and then the process died.
    """
    async with database().read() as session:
        found = await repository.next_turn(session, conversation_id, up_to)
        if found is None:
            return None
        message, conversation, *_ = found
        answered = conversation.last_seq > message.seq and await repository.replies_to(
            session, conversation_id, message.seq
        )
        return await Situation.read(session, *found), bool(answered)


def _lease(conversation: Conversation) -> str | None:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=settings().longest_turn + LEASE_MARGIN)
    return repository.take_lease(conversation, until, now)


async def _take_lease(conversation_id: str) -> str | None:
    async with database().write() as session:
        conversation = await repository.locked(session, conversation_id)
        session.add(conversation)
        return _lease(conversation)


async def _free_lease(conversation_id: str, token: str) -> None:
    async with database().write() as session:
        await repository.free_lease(session, conversation_id, token)
    await hub().wake(conversation_id)


async def _turn(
    situation: Situation, answered: bool, up_to: int, token: str, said: list[Message] | None
) -> _Left:
    """Answer one message."""
    started = time.perf_counter()
    if answered:
        finished = Outcome([], engine="system", why={"routed": "answered before a crash"})
        return (await _finish(situation, finished, up_to, token))[0]
    outcome = await _outcome(situation)
    seconds = time.perf_counter() - started
    outcome.why["seconds"] = round(seconds, 4)
    metrics.TURN_SECONDS.labels(outcome.engine, situation.conversation.portal).observe(seconds)
    try:
        left, replies = await _finish(situation, outcome, up_to, token)
    except Exception as exc:
        # An answer that can't be stored must not stand in the way of all later messages.
        log.exception("answer_not_stored", conversation=situation.conversation.id[:8])
        left, replies = await _finish(situation, _broken(exc), up_to, token)
    if said is not None and situation.message.seq == up_to:
        said += replies
    return left


async def _outcome(situation: Situation) -> Outcome:
    """The router's answer within the turn's time; whatever breaks becomes a sentence."""
    try:
        async with asyncio.timeout(settings().longest_turn):
            return await answer(situation)
    except Exception as exc:
        log.exception("turn_failed", conversation=situation.conversation.id[:8])
        return _broken(exc)


def _broken(exc: Exception) -> Outcome:
    draft = Draft(say("engine_down"), role="system", buttons=list(wording("engine_down_buttons")))
    return Outcome([draft], engine="system", why={"failure": type(exc).__name__})


async def _finish(
    situation: Situation, outcome: Outcome, up_to: int, token: str
) -> tuple[_Left, list[Message]]:
    """Store the replies and return them, unless a person took over meanwhile or the lease was
    lost; with the last message's replies, the lease is given back. A conversation that came back
    to the assistant meanwhile is looked at anew: what was decided for an agent is no answer.
    """
    message, conversation_id = situation.message, situation.conversation.id
    async with database().write() as session:
        conversation = await repository.locked(session, conversation_id)
        if conversation.turn_token != token:
            return _Left.TO_OTHERS, []
        changed_hands = conversation.moves != situation.conversation.moves
        if changed_hands and conversation.status == "bot":
            return _Left.MORE, []
        came_later = conversation.last_seq > message.seq
        await repository.note_answered(session, message, outcome.why)
        await intake.answered(session, message, outcome.why)
        if outcome.fresh_session is not None:
            conversation.fresh_session = outcome.fresh_session
        if not outcome.keep_form:
            conversation.form = outcome.form
        replies = []
        if not changed_hands and (conversation.status == "bot" or outcome.drafts):
            replies = await _store_replies(session, conversation, message, outcome)
        if outcome.move is not None and not changed_hands:
            acting = Acting(person=conversation.person)
            await transitions.move(session, conversation, outcome.move, acting)
        more = came_later and await repository.is_waiting(session, conversation_id, up_to)
        if not more:
            conversation.turn_token = conversation.turn_until = None
        session.add(conversation)
        storage.wake_after_commit(session, conversation_id)
        return (_Left.MORE if more else _Left.NOTHING), replies


async def _store_replies(
    session: AsyncSession, conversation: Conversation, message: Message, outcome: Outcome
) -> list[Message]:
    drafts = outcome.drafts
    if not drafts and not await repository.replies_to(session, conversation.id, message.seq):
        # A click confirmed or cancelled the card while these words were on their way.
        drafts = [Draft(say("nothing_open"))]
    asks = any(draft.ask or draft.proposal for draft in drafts)
    if drafts and not asks and feedback.takes_leave(message, outcome.why):
        more = feedback.ask_how_it_went(conversation, drafts[-1])
        drafts = [*drafts, more] if more else drafts
    if has_hidden(message.text) and not await repository.was_said(
        session, conversation.id, say("hidden")
    ):
        drafts = [Draft(say("hidden"), role="system"), *drafts]
    return [
        await storage.store_draft(
            session, conversation, draft, outcome.engine, in_reply_to=message.seq
        )
        for draft in drafts
    ]


async def forget_leases() -> None:
    """At the start of a process that is alone: whoever held a conversation is dead."""
    async with database().write() as session:
        await repository.free_all_leases(session)


async def answer_left_over(engine: str | None = None) -> None:
    """After a start: answer what a crash left unanswered, everywhere or where `engine` talks."""
    async with database().read() as session:
        waiting = await repository.conversations_waiting(session, engine)
    for conversation_id, seq in waiting:
        try:
            await answer_waiting(conversation_id, seq)
        except Exception:
            log.exception("left_over_not_answered", conversation=conversation_id[:8])
