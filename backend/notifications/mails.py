"""Mails: rendered from `data/mails/`, stored in the outbox, once for each event and address."""

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import after_commit
from backend.core.identity import by_address
from backend.notifications import courier
from backend.notifications.models import Mail
from backend.notifications.rendering import language_of, links_in, render

__all__ = ["links_in", "put_in_outbox"]


async def put_in_outbox(
    session: AsyncSession,
    event_id: str,
    kind: str,
    to: str,
    facts: dict[str, Any],
    attachments: list[dict[str, Any]] | None = None,
    *,
    headers: dict[str, str] | None = None,
    case_number: str | None = None,
) -> None:
    """Write one mail, unless this event has written it already.

    `headers` are further header fields; a mail about a case names it, so that the case can show
    when it could not be delivered.
    """
    there = await session.exec(
        select(Mail.id).where(Mail.event_id == event_id, Mail.kind == kind, col(Mail.to) == to)
    )
    if there.first() is not None:
        return
    reader = await by_address(session, to)
    written = render(kind, facts, language_of(reader.language if reader else None))
    session.add(
        Mail(
            event_id=event_id,
            kind=kind,
            to=to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            attachments=attachments or [],
            headers=headers or {},
            case_number=case_number,
        )
    )
    await session.flush()
    after_commit(session, courier.wake)
