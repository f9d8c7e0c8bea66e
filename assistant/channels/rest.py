"""The channel that any client of Rasa's REST channel speaks. The bearer token names the person,
`sender` names the conversation; nothing the client sends can name somebody else.
"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from assistant.conversations import repository, service, turns
from assistant.conversations.models import Conversation
from assistant.conversations.schemas import Incoming, NewConversation, Reply, Words
from assistant.limits import limit
from backend.core.auth import OWN_HAND, CurrentPerson
from backend.core.database import database
from backend.core.fields import clean
from backend.core.identity import Person
from backend.core.ids import new_id
from backend.core.problems import RESPONSES
from backend.core.settings import settings

router = APIRouter(tags=["channels"], responses=RESPONSES)


class RestMessage(BaseModel):
    """What Rasa's REST channel takes."""

    sender: Annotated[str, BeforeValidator(clean)] = Field(
        min_length=1, max_length=200, description="Names the conversation"
    )
    message: Words = Field(description="The person's words")


class RestReply(BaseModel):
    """What Rasa's REST channel gives; all else that a reply has is in `custom`."""

    recipient_id: str
    text: str
    buttons: list[dict[str, str]] = []
    custom: dict[str, Any] = {}


@router.post("/webhooks/rest/webhook", dependencies=OWN_HAND)
async def rest_webhook(body: RestMessage, person: CurrentPerson) -> list[RestReply]:
    """Say something in the conversation named by `sender`; begun when it is new."""
    await limit("messages", person.id, settings().messages_a_minute)
    conversation_id = await _conversation(person, body.sender)
    incoming = await _incoming(conversation_id, body.message)
    return [
        _rest(body.sender, reply) for reply in await turns.post(person, conversation_id, incoming)
    ]


async def _incoming(conversation_id: str, message: str) -> Incoming:
    """Such clients send a pressed button's payload as the message; any other text is text."""
    async with database().read() as session:
        offer = await repository.offered(session, conversation_id, message)
    if offer is not None and message.startswith("/"):
        return Incoming(client_message_id=new_id(), payload=message)
    return Incoming(client_message_id=new_id(), text=message)


async def _conversation(person: Person, sender: str) -> str:
    """The id of the sender's conversation; of first messages at once, one begins it."""
    known = await _known(person.id, sender)
    if known is not None:
        return known
    await limit("conversations", person.id, settings().conversations_a_minute)
    try:
        begun = await service.begin(person, NewConversation(portal="clc"), external_key=sender)
    except IntegrityError:
        known = await _known(person.id, sender)
        if known is None:
            raise
        return known
    return begun.id


async def _known(person: str, sender: str) -> str | None:
    async with database().read() as session:
        return (
            await session.exec(
                select(Conversation.id).where(
                    Conversation.person == person, Conversation.external_key == sender
                )
            )
        ).first()


def _rest(sender: str, reply: Reply) -> RestReply:
    custom = reply.model_dump(
        mode="json",
        include={"id", "ask", "card", "proposal", "sources", "case"},
        exclude_none=True,
    )
    return RestReply(
        recipient_id=sender,
        text=reply.text,
        custom=custom,
        buttons=[b.model_dump() for b in reply.buttons],
    )
