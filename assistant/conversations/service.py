"""Conversations from outside a turn: begin, hand over, give back."""

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import presentation, repository, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.feedback import ask_how_it_went
from assistant.conversations.late_orders import LATE_ORDERS, Late, delayed_orders
from assistant.conversations.models import Conversation, Message
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import (
    ConversationOpened,
    Incoming,
    NewConversation,
    Reply,
)
from assistant.wording import say, wording
from backend.core.database import database
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows
from backend.core.problems import FieldError, conflict, forbidden, invalid
from backend.core.settings import settings


async def begin(
    person: Person, body: NewConversation, external_key: str | None = None
) -> ConversationOpened:
    """A new conversation with its greeting, which tells of orders that are late."""
    late = await delayed_orders(person)
    async with database().write() as session:
        conversation = Conversation(
            person=person.id,
            portal=body.portal,
            engine=_engine(body),
            external_key=external_key,
        )
        session.add(conversation)
        await session.flush()
        drafts = []
        if body.engine == "agent" and not settings().has_model:
            drafts.append(Draft(say("no_model"), role="system"))
        drafts.append(_greeting(person, late))
        stored = [
            await storage.store_draft(session, conversation, draft, conversation.engine)
            for draft in drafts
        ]
        shown = (await presentation.conversations(session, [conversation], for_support=False))[0]
        replies = await presentation.replies(session, stored)
    return ConversationOpened(**shown.model_dump(), replies=replies)


# As in the product this one follows: the agentic engine on these portals, Rasa elsewhere.
AGENT_PORTALS = frozenset({"clc", "cssm"})


def _engine(body: NewConversation) -> str:
    """The engine that was asked for, or the portal's own; without a model it is Rasa."""
    wanted = body.engine or ("agent" if body.portal in AGENT_PORTALS else "rasa")
    return wanted if settings().has_model else "rasa"


def _greeting(person: Person, late: Late | None) -> Draft:
    text = say(f"greeting.{person.kind}", first_name=person.name.split()[0])
    buttons = list(wording("greeting_buttons"))
    if late is not None:
        text = f"{text}\n\n{late.said()}"
        buttons.insert(0, {"title": say("late_orders.show"), "payload": LATE_ORDERS})
    return Draft(text, buttons=buttons)


async def own_or_support(
    session: AsyncSession, person: Person, conversation_id: str
) -> Conversation:
    """The conversation, for its person or a support agent; else 404."""
    conversation = await repository.readable(session, person, conversation_id)
    if conversation is None:
        raise no_conversation()
    return conversation


async def take_over(person: Person, conversation_id: str) -> Conversation:
    """A support agent talks from now on; no engine answers until it is handed back."""
    async with database().write() as session:
        conversation = await _for_agent(session, person, conversation_id)
        if conversation.status == "person":
            if conversation.agent == person.id:
                return conversation
            holder = await session.get_one(Person, conversation.agent)
            raise conflict(
                "taken",
                "Somebody else has this conversation",
                f"{holder.name} ({holder.email}) talks here already.",
                "Wait until it is handed back.",
            )
        conversation.status, conversation.agent = "person", person.id
        conversation.reason = conversation.reason or "taken_over"
        repository.note_hand_off(conversation, conversation.reason)
        await storage.store_draft(
            session, conversation, Draft(say("taken_over", name=person.name), role="system"), None
        )
        return conversation


async def hand_back(person: Person, conversation_id: str) -> Conversation:
    """The engine answers again; the end of the hand-over is part of the transcript."""
    async with database().write() as session:
        conversation = await _for_agent(session, person, conversation_id)
        if conversation.status != "person":
            raise conflict(
                "not-taken",
                "Nobody has taken this conversation over",
                "The assistant answers in it.",
                "Take it over first.",
            )
        conversation.status, conversation.agent, conversation.reason = "bot", None, None
        conversation.fresh_session = True
        await storage.store_draft(
            session,
            conversation,
            Draft(say("handed_back", name=person.name), role="system"),
            None,
        )
        question = ask_how_it_went(conversation)
        if question is not None:
            await storage.store_draft(session, conversation, question, None)
        return conversation


async def _for_agent(session: AsyncSession, person: Person, conversation_id: str) -> Conversation:
    if not desk_allows(person, DeskAction.TAKE_OVER):
        if await repository.readable(session, person, conversation_id) is None:
            raise no_conversation()
        raise forbidden(
            "Only a support agent can take a conversation over.",
            "Write “talk to a person” in the chat instead.",
        )
    if await repository.readable(session, person, conversation_id) is None:
        raise no_conversation()
    return await repository.locked(session, conversation_id)


async def say_as_agent(person: Person, conversation_id: str, incoming: Incoming) -> list[Reply]:
    """A support agent's own message in a conversation that was taken over."""
    if incoming.text is None:
        raise invalid(
            [FieldError(field="text", code="missing", message="An agent answers in words.")]
        )
    async with database().write() as session:
        conversation = await _for_agent(session, person, conversation_id)
        if conversation.status != "person" or conversation.agent != person.id:
            raise conflict(
                "not-yours",
                "You have not taken this conversation over",
                "Messages of yours would mix with the assistant’s.",
                "Take it over first.",
            )
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
            session.add_all((conversation, known))
            storage.wake_after_commit(session, conversation_id)
        return await presentation.replies(session, [known])
