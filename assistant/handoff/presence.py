"""Who is at the desk right now: whoever has the console open and did not say that they are away."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from assistant.conversations.models import Conversation
from assistant.handoff.models import Presence
from assistant.handoff.rules import rules
from backend.core import clock
from backend.core.database import database, insert_into
from backend.core.identity import Person
from backend.core.policy import DeskAction, desk_allows

# Between two pages of the console there is no stream for a moment.
TURNING_PAGES = timedelta(seconds=6)


@dataclass(frozen=True)
class Colleague:
    """An agent who may chat: whether they are there, and how many chats they have."""

    person: Person
    there: bool
    away: bool
    chats: int

    @property
    def free(self) -> int:
        """How many more chats they take."""
        return max(0, rules().at_once - self.chats) if self.there else 0


@dataclass(frozen=True)
class Availability:
    """Whether anybody of the desk can be reached in the chat."""

    open: bool
    colleagues: list[Colleague]

    @property
    def anybody(self) -> bool:
        """Whether waiting makes sense."""
        return self.open and any(one.there for one in self.colleagues)

    @property
    def free(self) -> int:
        """How many chats could be taken at once."""
        return sum(one.free for one in self.colleagues)


async def availability(session: AsyncSession) -> Availability:
    """Who is there at this moment."""
    return Availability(rules().hours.are_open(clock.now()), await colleagues(session))


async def colleagues(session: AsyncSession) -> list[Colleague]:
    """Everybody with the right to chat, by name."""
    rows = await session.exec(
        select(Person, Presence)
        .outerjoin(Presence, col(Presence.person) == Person.id)
        .where(Person.kind == "support")
        .order_by(col(Person.name))
    )
    found: list[tuple[Person, Presence | None]] = [
        (person, at) for person, at in rows.all() if desk_allows(person, DeskAction.TAKE_OVER)
    ]
    chats = await _chats(session)
    now = clock.now()
    return [
        Colleague(
            person=person,
            there=at is not None and not at.away and at.until > now,
            away=at is not None and at.away,
            chats=chats.get(person.id, 0),
        )
        for person, at in found
    ]


async def _chats(session: AsyncSession) -> dict[str, int]:
    rows = await session.exec(
        select(Conversation.agent, func.count())
        .where(Conversation.status == "person")
        .group_by(col(Conversation.agent))
    )
    return {str(agent): count for agent, count in rows.all()}


async def is_there(session: AsyncSession, person: str) -> bool:
    """Whether this agent is at the console and not away."""
    at = await session.get(Presence, person)
    return at is not None and not at.away and at.until > clock.now()


async def beat(person: Person) -> None:
    """The console is open: its agent is there for a while."""
    await _put(person, timedelta(seconds=rules().gone_seconds))


async def leave(person: Person) -> None:
    """The console was closed; or only this page of it, and the next one says so at once."""
    await _put(person, TURNING_PAGES)


async def _put(person: Person, time: timedelta) -> None:
    if not desk_allows(person, DeskAction.TAKE_OVER):
        return
    until = clock.now() + time
    async with database().write() as session:
        statement = insert_into(session, Presence).values(person=person.id, away=False, until=until)
        await session.exec(
            statement.on_conflict_do_update(index_elements=["person"], set_={"until": until})
        )


async def set_away(person: Person, *, away: bool) -> None:
    """The agent takes no chats for now, or takes them again."""
    until = clock.now() + timedelta(seconds=rules().gone_seconds)
    async with database().write() as session:
        statement = insert_into(session, Presence).values(person=person.id, away=away, until=until)
        await session.exec(
            statement.on_conflict_do_update(
                index_elements=["person"], set_={"away": away, "until": until}
            )
        )
