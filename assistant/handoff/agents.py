"""What agents do in a chat: take it, talk, pass it on, give it back, close it."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import presentation, repository, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.feedback import ask_how_it_went
from assistant.conversations.models import Conversation, Message
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import Incoming, Reply
from assistant.handoff import presence, summary
from assistant.handoff.transitions import Move, move
from assistant.wording import say
from backend.core.database import database
from backend.core.events import Acting
from backend.core.identity import Person, by_address
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, Problem, conflict, forbidden, invalid


async def take_over(person: Person, conversation_id: str, via: str = "rest") -> Conversation:
    """A support agent talks from now on; no engine answers until it is handed back.

    Taking what one has already changes nothing. Of two agents at once, one gets it; the other
    a 409 that names the first.
    """
    async with database().write() as session:
        conversation = await _for_agent(session, person, conversation_id)
        if conversation.status == "person":
            if conversation.agent == person.id:
                return conversation
            raise await _taken(session, conversation)
        step = Move("person", reason="taken_over", agent=person.id)
        await move(session, conversation, step, Acting(person=person.id, via=via))
        conversation.agent_seen = conversation.last_seq
        await _line(session, conversation, say("taken_over", name=person.name))
        return conversation


async def hand_back(
    person: Person, conversation_id: str, settled: str | None = None, via: str = "rest"
) -> Conversation:
    """The engine answers again, and knows what was settled: the agent's words, or else what the
    transcript says. The end of the hand-over is part of the transcript.
    """
    async with database().write() as session:
        conversation = await _held(session, person, conversation_id)
        told = settled or await summary.of_talk(session, conversation)
        step = Move("bot", end="handed_back", settled=told)
        await move(session, conversation, step, Acting(person=person.id, via=via))
        conversation.fresh_session = True
        conversation.settled = {"by": person.name, "text": told} if told else None
        line = await _line(session, conversation, say("handed_back", name=person.name))
        line.why = {"settled": told, "settled_with": person.name} if told else None
        if question := ask_how_it_went(conversation):
            await storage.store_draft(session, conversation, question, None)
        return conversation


async def pass_on(person: Person, conversation_id: str, to: str, via: str = "rest") -> Conversation:
    """Another agent, who is there, has the chat from now on."""
    async with database().write() as session:
        conversation = await _held(session, person, conversation_id)
        colleague = await by_address(session, to)
        if colleague is None or not desk_allows(colleague, DeskAction.TAKE_OVER):
            raise invalid([FieldError(
                field="to", code="unknown", message=f"{to} is nobody who chats for the desk."
            )])  # fmt: skip
        if colleague.id == person.id:
            return conversation
        if colleague.id == conversation.person:
            raise _own_chat()
        if not await presence.is_there(session, colleague.id):
            raise conflict(
                "not-there",
                f"{colleague.name} is not there",
                f"{colleague.name} has no console open, or is away.",
                "Choose somebody who is there, or hand the chat back.",
            )
        step = Move("person", agent=colleague.id)
        await move(session, conversation, step, Acting(person=person.id, via=via))
        told = say("passed_on", name=person.name, to=colleague.name)
        await _line(session, conversation, told)
        return conversation


async def close(person: Person, conversation_id: str, via: str = "rest") -> Conversation:
    """The chat is over. The person opens it again by writing; then the assistant answers."""
    async with database().write() as session:
        conversation = await _held(session, person, conversation_id)
        told = await summary.of_talk(session, conversation)
        step = Move("closed", end="closed", settled=told)
        await move(session, conversation, step, Acting(person=person.id, via=via))
        conversation.fresh_session = True
        conversation.settled = {"by": person.name, "text": told} if told else None
        line = await _line(session, conversation, say("chat_closed", name=person.name))
        line.why = {"settled": told, "settled_with": person.name} if told else None
        if question := ask_how_it_went(conversation):
            await storage.store_draft(session, conversation, question, None)
        return conversation


async def say_as_agent(person: Person, conversation_id: str, incoming: Incoming) -> list[Reply]:
    """A support agent's own message in a conversation that was taken over."""
    if incoming.text is None:
        raise invalid(
            [FieldError(field="text", code="missing", message="An agent answers in words.")]
        )
    async with database().write() as session:
        conversation = await _held(session, person, conversation_id)
        known = await repository.message_by_client_id(
            session, conversation_id, incoming.client_message_id
        )
        if known is None:
            known = Message(
                conversation_id=conversation_id,
                role="person",
                author=person.id,
                seq=repository.next_seq(conversation),
                text=incoming.text,
                client_message_id=incoming.client_message_id,
            )
            conversation.agent_seen = known.seq
            session.add_all((conversation, known))
            storage.wake_after_commit(session, conversation_id)
        return await presentation.replies(session, [known])


async def note_seen(person: Person, conversation: Conversation) -> None:
    """The agent of this chat has its page before them: nothing in it is unread."""
    if conversation.agent != person.id or conversation.agent_seen >= conversation.last_seq:
        return
    async with database().write() as session:
        fresh = await repository.locked(session, conversation.id)
        if fresh.agent == person.id:
            fresh.agent_seen = max(fresh.agent_seen, conversation.last_seq)
            session.add(fresh)


async def unread(session: AsyncSession, conversations: list[Conversation]) -> dict[str, int]:
    """How many messages of the person's the agent of each chat has not seen."""
    ids = [one.id for one in conversations if one.status == "person"]
    if not ids:
        return {}
    rows = await session.exec(
        select(Message.conversation_id)
        .join(Conversation, col(Conversation.id) == Message.conversation_id)
        .where(
            col(Message.conversation_id).in_(ids),
            Message.role == "user",
            col(Message.seq) > col(Conversation.agent_seen),
        )
    )
    found = rows.all()
    return {one: found.count(one) for one in set(found)}


async def _held(session: AsyncSession, person: Person, conversation_id: str) -> Conversation:
    """The conversation, locked, if this agent has it; else 409 that says who does."""
    conversation = await _for_agent(session, person, conversation_id)
    if conversation.status == "person" and conversation.agent == person.id:
        return conversation
    if conversation.status == "person":
        raise await _taken(session, conversation)
    raise conflict(
        "not-yours",
        "You have not taken this conversation over",
        "The assistant answers in it; messages of yours would mix with its own.",
        "Take it over first.",
    )


async def _taken(session: AsyncSession, conversation: Conversation) -> Problem:
    holder = await session.get_one(Person, conversation.agent)
    return conflict(
        "taken",
        "Somebody else has this conversation",
        f"{holder.name} ({holder.email}) talks here already.",
        "Whisper to them, or wait until it is handed back.",
    )


def _own_chat() -> Problem:
    return forbidden(
        "Nobody answers in their own chat.", "Ask a colleague to take it over, or ask there."
    )


async def _for_agent(session: AsyncSession, person: Person, conversation_id: str) -> Conversation:
    if await repository.readable(session, person, conversation_id) is None:
        raise no_conversation()
    if not desk_allows(person, DeskAction.TAKE_OVER):
        raise forbidden(
            "Only a support agent can take a conversation over.",
            "Write “talk to a person” in the chat instead.",
        )
    conversation = await repository.locked(session, conversation_id)
    if conversation.person == person.id:
        raise _own_chat()
    return conversation


async def _line(session: AsyncSession, conversation: Conversation, text: str) -> Message:
    return await storage.store_draft(session, conversation, Draft(text, role="system"), None)


async def reopen(session: AsyncSession, conversation: Conversation) -> None:
    """The person writes in a chat that was closed: the assistant has it again."""
    acting = Acting(person=conversation.person)
    await move(session, conversation, Move("bot"), acting)
