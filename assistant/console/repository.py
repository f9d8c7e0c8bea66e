"""Every query of the console's own: the desk's people, and the chats that are running."""

from collections.abc import Sequence

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations import repository as conversations
from assistant.conversations.models import Conversation
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows


async def support_people(session: AsyncSession) -> list[Person]:
    """Everybody at the desk, by name."""
    rows = await session.exec(
        select(Person).where(Person.kind == "support").order_by(col(Person.name))
    )
    return list(rows.all())


async def agents_of(session: AsyncSession, queue: str) -> list[Person]:
    """Who may work on the cases of this queue."""
    return [
        person
        for person in await support_people(session)
        if desk_allows(person, DeskAction.WORK_CASES, queue)
    ]


async def chats(
    session: AsyncSession, agent: Person, status: str, limit: int
) -> Sequence[Conversation]:
    """Conversations in this state that the agent may read, the last active first."""
    rows = await session.exec(
        conversations.readable_by(agent)
        .where(Conversation.status == status, Conversation.last_seq > 1)
        .order_by(col(Conversation.updated_at).desc())
        .limit(limit)
    )
    return rows.all()


async def waiting_chats(session: AsyncSession, agent: Person) -> int:
    """How many chats wait for a person."""
    waiting = conversations.readable_by(agent).where(Conversation.status == "waiting").subquery()
    return (await session.exec(select(func.count()).select_from(waiting))).one()
