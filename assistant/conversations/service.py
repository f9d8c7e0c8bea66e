"""Conversations from outside a turn: begin one, and who may read it."""

from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import presentation, repository, storage
from assistant.conversations.drafts import Draft
from assistant.conversations.late_orders import LATE_ORDERS, Late, delayed_orders
from assistant.conversations.models import Conversation
from assistant.conversations.problems import no_conversation
from assistant.conversations.schemas import ConversationOpened, NewConversation
from assistant.wording import say, wording
from backend.core.database import database
from backend.core.identity import Person
from backend.core.looks import note_look
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
    """The conversation, for its person or a support agent; else 404. That an agent reads it is
    written down first.
    """
    conversation = await repository.readable(session, person, conversation_id)
    if conversation is None:
        raise no_conversation()
    await note_look(session, person.id, "transcript", conversation.id, person=conversation.person)
    return conversation
