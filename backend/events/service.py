"""The history of an account, for whoever has a role in it: in pages, or whole as a table."""

from collections.abc import AsyncIterator, Sequence

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.standing import Standing, as_member, refusal
from backend.core.database import database
from backend.core.events import Event
from backend.core.identity import Person, people, person_ref
from backend.core.pagination import newest_first
from backend.core.policy import Action
from backend.events import repository
from backend.events.schemas import EventPublic

HEADS = ("at", "type", "actor", "actor_email", "on_behalf_of", "via", "rule", "text", "subject")
PAGE = 500


async def readable(
    session: AsyncSession, person: Person, account: str
) -> tuple[Standing, SelectOfScalar[Event]]:
    """The events that the person may read: an account's, or those of their virtual accounts."""
    found = await as_member(session, person, account)
    if not found.may_somewhere(Action.VIEW_EVENTS):
        raise await refusal(session, found.account, Action.VIEW_EVENTS, [None])
    reach = found.reach(Action.VIEW_EVENTS)
    return found, repository.of_account(found.account.id, reach)


async def page(
    session: AsyncSession, statement: SelectOfScalar[Event], cursor: str | None, limit: int
) -> tuple[list[EventPublic], str | None]:
    """Newest first, and the next cursor."""
    events, following = await newest_first(
        session, statement, col(Event.at), col(Event.id), cursor, limit
    )
    return await _public(session, events), following


async def _public(session: AsyncSession, events: Sequence[Event]) -> list[EventPublic]:
    named = {who for event in events for who in (event.actor, event.on_behalf_of)}
    known = await people(session, named)
    return [
        EventPublic.model_validate(
            event.model_dump()
            | {
                "actor": person_ref(event.actor, known),
                "on_behalf_of": person_ref(event.on_behalf_of, known)
                if event.on_behalf_of
                else None,
            }
        )
        for event in events
    ]


async def rows(statement: SelectOfScalar[Event]) -> AsyncIterator[Sequence[object]]:
    """All of them as rows of a table, read in pages: no transaction is open while they are sent."""
    cursor: str | None = None
    while True:
        async with database().read() as session:
            events, cursor = await page(session, statement, cursor, PAGE)
        for one in events:
            behalf = one.on_behalf_of
            yield (
                one.at.isoformat(), one.type, one.actor.name, one.actor.email,
                behalf and f"{behalf.name} ({behalf.email})", one.via, one.rule, one.text,
                one.subject,
            )  # fmt: skip
        if cursor is None:
            return
