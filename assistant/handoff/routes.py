"""The calls of a hand-over: take over, whisper, pass on, hand back, close; and who is typing."""

from fastapi import APIRouter, Depends

from assistant.conversations import presentation, service
from assistant.conversations.hub import hub
from assistant.conversations.models import Conversation
from assistant.conversations.schemas import ConversationPublic
from assistant.handoff import agents, whispers
from assistant.handoff.schemas import HandBack, PassOn, Typing, WhisperIn, WhisperPublic, Whispers
from assistant.limits import limit
from backend.core.auth import CurrentPerson
from backend.core.database import database
from backend.core.identity import Person
from backend.core.problems import RESPONSES
from backend.core.settings import settings
from backend.core.unit_of_work import never_a_dry_run

TYPING_A_MINUTE = 60
router = APIRouter(
    prefix="/api/v1/conversations",
    tags=["conversations"],
    responses=RESPONSES,
    dependencies=[Depends(never_a_dry_run)],
)


async def _public(conversation: Conversation, person: Person) -> ConversationPublic:
    async with database().read() as session:
        shown = await presentation.conversations(
            session, [conversation], for_support=conversation.person != person.id
        )
    return shown[0]


@router.post("/{conversation_id}/take-over")
async def take_over(conversation_id: str, person: CurrentPerson) -> ConversationPublic:
    """Talk yourself from now on; the assistant is silent. For support agents."""
    return await _public(await agents.take_over(person, conversation_id), person)


@router.post("/{conversation_id}/hand-back")
async def hand_back(
    conversation_id: str, person: CurrentPerson, body: HandBack | None = None
) -> ConversationPublic:
    """Let the assistant answer again, and tell it what was settled. For the agent who has the
    chat.
    """
    settled = (body.settled if body else None) or None
    return await _public(await agents.hand_back(person, conversation_id, settled), person)


@router.post("/{conversation_id}/pass-on")
async def pass_on(conversation_id: str, body: PassOn, person: CurrentPerson) -> ConversationPublic:
    """Give a chat to a colleague who is there. For the agent who has it."""
    return await _public(await agents.pass_on(person, conversation_id, body.to), person)


@router.post("/{conversation_id}/close")
async def close_chat(conversation_id: str, person: CurrentPerson) -> ConversationPublic:
    """End a chat; the person opens it again by writing. For the agent who has it."""
    return await _public(await agents.close(person, conversation_id), person)


@router.get("/{conversation_id}/whispers")
async def list_whispers(conversation_id: str, person: CurrentPerson) -> Whispers:
    """What agents told each other beside this chat. For support agents."""
    async with database().read() as session:
        return Whispers(items=await whispers.whispers(session, person, conversation_id))


@router.post("/{conversation_id}/whispers", status_code=201)
async def whisper(conversation_id: str, body: WhisperIn, person: CurrentPerson) -> WhisperPublic:
    """Tell other agents something that the person never sees. For support agents."""
    await limit("messages", person.id, settings().messages_a_minute)
    return await whispers.whisper(person, conversation_id, body.text)


@router.post("/{conversation_id}/typing")
async def type_along(conversation_id: str, person: CurrentPerson) -> Typing:
    """Say that you are typing right now; say it again every few seconds while you do."""
    await limit("typing", person.id, TYPING_A_MINUTE)
    async with database().read() as session:
        conversation = await service.own_or_support(session, person, conversation_id)
    if conversation.person == person.id:
        if conversation.status not in ("waiting", "person"):
            return Typing(heard=False)
        await hub().type(conversation_id, "user", person.name)
        return Typing(heard=True)
    if conversation.status != "person" or conversation.agent != person.id:
        return Typing(heard=False)
    await hub().type(conversation_id, "person", person.name)
    return Typing(heard=True)
