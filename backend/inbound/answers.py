"""Polite answers to mails that could not be taken; few of them, and never to a machine."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.cases.desk import desk
from backend.cases.models import Case
from backend.core import clock
from backend.core.events import Acting, record
from backend.core.identity import Person
from backend.core.problems import Problem
from backend.core.settings import settings
from backend.inbound.letter import Letter
from backend.notifications.composing import thread_headers
from backend.notifications.mails import put_in_outbox
from backend.notifications.models import Mail

KINDS = ("mail_case_ended", "mail_files_refused")
MOST_AN_HOUR = 3
HOUR = timedelta(hours=1)


async def say(
    session: AsyncSession, letter: Letter, kind: str, requester: Person, case: Case,
    problem: Problem | None, files: Sequence[tuple[str, str]] = (),
) -> None:  # fmt: skip
    """Write the answer, unless a machine would get it or the address got enough of them."""
    if letter.never_answer or await _lately(session, requester.email) >= MOST_AN_HOUR:
        return
    event = await record(
        session, "mail_refused", Acting(person=requester.id, via="mail"), subject=case.number,
        text=problem.body.detail if problem else f"{len(files)} files of a mail were refused",
        details={"case": case.number},
    )  # fmt: skip
    link = f"{settings().base_url}/?case={case.number}"
    facts = {
        "requester": requester, "case": case, "files": files, "reopen_days": desk().reopen_days,
        "cancelled": case.status == "cancelled", "link": link,
    }  # fmt: skip
    headers = thread_headers(case.number) | {"Auto-Submitted": "auto-replied"}
    if letter.message_id:
        headers |= {
            "In-Reply-To": letter.message_id,
            "References": f"{headers['References']} {letter.message_id}",
        }
    await put_in_outbox(
        session, event.id, kind, requester.email, facts, headers=headers, case_number=case.number
    )


async def _lately(session: AsyncSession, address: str) -> int:
    counted = select(func.count()).where(
        col(Mail.to) == address, col(Mail.kind).in_(KINDS), col(Mail.at) > clock.now() - HOUR
    )
    return int((await session.exec(counted)).one())
