"""What was mailed to somebody, once all jobs are done."""

from sqlmodel import col, select

from backend.core import jobs
from backend.core.database import database
from backend.core.events import Event
from backend.notifications.models import Mail

SECONDS = 10


async def mails_to(email: str, kind: str | None = None) -> list[Mail]:
    """The mails to an address, by when what they tell happened; only this kind if named."""
    assert await jobs.drained(database(), SECONDS)
    statement = (
        select(Mail)
        .join(Event, col(Event.id) == Mail.event_id)
        .where(Mail.to == email)
        .order_by(col(Event.at), col(Mail.at), col(Mail.id))
    )
    if kind:
        statement = statement.where(Mail.kind == kind)
    async with database().read() as session:
        return list((await session.exec(statement)).all())
