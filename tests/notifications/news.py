"""Things that happen in an account, and the summaries that are written of them."""

import uuid
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from backend.core import jobs
from backend.core.database import database
from backend.core.events import Acting, Event, record
from backend.notifications.digests import write_due
from backend.notifications.preference_models import DigestItem
from tests.people.outbox import mails_to
from tests.virtual_accounts.world import World

SECONDS = 20


async def happens(world: World, type_: str = "group_deleted", text: str = "", **more: Any) -> Event:
    """An event of the account by somebody from elsewhere; what follows from it is done."""
    async with database().write() as session:
        event = await record(
            session, type_, Acting(person="somebody@else.example"), subject="somebody",
            text=text or f"Something {uuid.uuid4().hex[:8]} happened.",
            smart_account_id=world.id, **more,
        )  # fmt: skip
    assert await jobs.drained(database(), SECONDS)
    return event


async def summaries(email: str) -> list[str]:
    """The texts of the summaries to an address, oldest first."""
    return [mail.text for mail in await mails_to(email, "digest")]


async def waiting(reader: str) -> list[str]:
    """What waits for a reader's summaries."""
    async with database().read() as session:
        rows = await session.exec(
            select(DigestItem.line)
            .where(DigestItem.reader == reader, col(DigestItem.told_at).is_(None))
            .order_by(col(DigestItem.at))
        )
        return list(rows.all())


async def write_at(moment: datetime) -> int:
    """Write what is due; how many."""
    return await write_due(moment)
