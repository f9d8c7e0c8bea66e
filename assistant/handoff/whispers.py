"""Whispers: what agents tell each other beside a chat."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository, storage
from assistant.conversations.models import Conversation
from assistant.conversations.problems import no_conversation
from assistant.handoff.models import Whisper
from assistant.handoff.schemas import WhisperPublic
from backend.core.database import database
from backend.core.events import Acting, record
from backend.core.identity import Person, people, person_ref
from backend.core.policy import DeskAction, desk_allows

MOST = 200


async def whisper(
    person: Person, conversation_id: str, text: str, via: str = "rest"
) -> WhisperPublic:
    """Say something that only the desk sees. Whoever has the right may, but in their own chat."""
    async with database().write() as session:
        await _require_desk(session, person, conversation_id)
        conversation = await repository.locked(session, conversation_id)
        said = Whisper(
            conversation_id=conversation_id, author=person.id, text=text,
            after=conversation.last_seq,
        )  # fmt: skip
        session.add(said)
        acting = Acting(person=person.id, via=via, conversation=conversation_id)
        told = f"Whisper by {person.name}"
        await record(session, "chat_whispered", acting, subject=conversation_id, text=told)
        storage.wake_after_commit(session, conversation_id)
        return (await _shown(session, [said]))[0]


async def whispers(
    session: AsyncSession, person: Person, conversation_id: str
) -> list[WhisperPublic]:
    """The newest whispers of a chat, oldest first. 404 for whoever is not of the desk, and for
    an agent's own chat: there, they are the person.
    """
    await _require_desk(session, person, conversation_id)
    rows = await session.exec(
        select(Whisper)
        .where(Whisper.conversation_id == conversation_id)
        .order_by(col(Whisper.at).desc())
        .limit(MOST)
    )
    return await _shown(session, list(rows.all())[::-1])


async def _require_desk(session: AsyncSession, person: Person, conversation_id: str) -> None:
    found: Conversation | None = await repository.readable(session, person, conversation_id)
    if found is None or found.person == person.id or not desk_allows(person, DeskAction.TAKE_OVER):
        raise no_conversation()


async def _shown(session: AsyncSession, rows: list[Whisper]) -> list[WhisperPublic]:
    known = await people(session, [row.author for row in rows])
    return [
        WhisperPublic(
            id=row.id, author=person_ref(row.author, known), text=row.text, after=str(row.after),
            at=row.at,
        )
        for row in rows
    ]  # fmt: skip
