"""Mails: rendered from `data/mails/`, stored in the outbox, once for each event and address."""

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import after_commit
from backend.core.identity import by_address
from backend.notifications import courier
from backend.notifications.categories import Category
from backend.notifications.deciding import Letter, decide
from backend.notifications.models import Mail
from backend.notifications.preferences import Reader
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
    category: Category | None = None,
    reader: Reader | None = None,
    line: str | None = None,
) -> None:
    """Write one mail, unless this event has written it already, or its reader has chosen to get
    such news in a summary or not at all (`backend.notifications.deciding`).

    `headers` are further header fields; a mail about a case names it, so that the case can show
    when it could not be delivered. `category`, `reader` and the `line` of a summary are those of
    the kind, the address and the subject, unless they are named.
    """
    there = await session.exec(
        select(Mail.id).where(Mail.event_id == event_id, Mail.kind == kind, col(Mail.to) == to)
    )
    if there.first() is not None:
        return
    person = await by_address(session, to)
    language = language_of(person.language if person else None)
    written = render(kind, facts, language)
    letter = Letter(
        event_id=event_id, kind=kind, to=to, line=line or written.subject,
        words=f"{written.subject}\n{written.text}",
        link=next(iter(links_in(written.text)), None), category=category, reader=reader,
    )  # fmt: skip
    now = await decide(session, letter)
    if now is None:
        return
    if now.footer:
        written = render(kind, facts, language, now.footer)
    session.add(
        Mail(
            event_id=event_id,
            kind=kind,
            to=to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            attachments=attachments or [],
            headers=(headers or {}) | now.headers,
            case_number=case_number,
        )
    )
    await session.flush()
    after_commit(session, courier.wake)
