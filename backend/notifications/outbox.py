"""Every query about the outbox on its way to a mail server.

A claim is a lease: whoever holds it has `LEASE` to begin handing over, and proves with the number
of the attempt that the mail is still his. A process that starts takes back what a dead one of the
same slot had claimed, so nothing waits for a lease to run out after a restart.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import clock
from backend.core.database import database, insert_into
from backend.core.events import Acting, Event, record
from backend.notifications.models import BouncedAddress, Mail, MailState

LEASE = timedelta(seconds=60)
GIVE_UP = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
BY_MAIL = Acting(person="mail", via="mail")
# A mail to prove an address is the way out for one that bounced.
PROOFS = frozenset({"account_email_code", "account_email_taken", "recipient_verification"})
_WORDS = 500


@dataclass(frozen=True)
class Claim:
    """A mail that this process may hand over until `until`."""

    mail: Mail
    until: datetime

    @property
    def attempt(self) -> int:
        """What the row says as long as the claim is ours."""
        return self.mail.attempts


async def take_over(slot: str) -> int:
    """What a process of this slot left behind when it died: claims are free again at once, and
    what it was handing over may have arrived. The number of the latter.
    """
    ours = col(Mail.claimed_by) == slot
    async with database().write() as session:
        await session.exec(
            update(Mail)
            .where(ours, col(Mail.state) == MailState.WAITING)
            .values(claimed_by=None, next_try_at=clock.now())
        )
        left = await session.exec(
            update(Mail)
            .where(ours, col(Mail.state) == MailState.HANDING_OVER)
            .values(state=MailState.UNCONFIRMED, claimed_by=None, error=_DIED)
        )
    return int(left.rowcount)


_DIED = "The process ended before the mail server’s answer."


async def notice_the_dead(longest: timedelta) -> None:
    """The same for slots that nobody took over: nobody waits longer than `longest` for a dot."""
    async with database().write() as session:
        await session.exec(
            update(Mail)
            .where(
                col(Mail.state) == MailState.HANDING_OVER,
                col(Mail.next_try_at) < clock.now() - longest,
            )
            .values(state=MailState.UNCONFIRMED, claimed_by=None, error=_DIED)
        )


async def claim(slot: str, most: int) -> list[Claim]:
    """The next mails that are due, ours alone; those to bounced addresses are settled at once."""
    due = (col(Mail.state) == MailState.WAITING, col(Mail.next_try_at) <= clock.now())
    async with database().read() as session:
        if (await session.exec(select(Mail.id).where(*due).limit(1))).first() is None:
            return []
    next_ones = select(Mail).where(*due).order_by(col(Mail.next_try_at)).limit(most)
    async with database().write() as session:
        mails = (await session.exec(next_ones.with_for_update(skip_locked=True))).all()
        bounced = await _bounced(session, {mail.to for mail in mails})
        until = clock.now() + LEASE
        claims = []
        for mail in mails:
            session.add(mail)
            if mail.to in bounced and mail.kind not in PROOFS:
                mail.state, mail.error = MailState.BOUNCED, _not_tried(bounced[mail.to])
                continue
            mail.attempts += 1
            mail.claimed_by, mail.next_try_at = slot, until
            claims.append(Claim(mail, until))
    return claims


def _not_tried(address: BouncedAddress) -> str:
    return f"Not sent: this address does not take mail since {address.at:%d %B %Y}."


async def _bounced(session: AsyncSession, addresses: set[str]) -> dict[str, BouncedAddress]:
    rows = await session.exec(
        select(BouncedAddress).where(col(BouncedAddress.email).in_(addresses))
    )
    return {row.email: row for row in rows.all()}


async def _change(session: AsyncSession, one: Claim, *states: MailState, **values: Any) -> bool:
    """Change the row if the claim still holds and it is in one of these states."""
    changed = await session.exec(
        update(Mail)
        .where(
            col(Mail.id) == one.mail.id,
            col(Mail.attempts) == one.attempt,
            col(Mail.state).in_(states),
        )
        .values(**values)
    )
    return bool(changed.rowcount)


async def note_handing_over(one: Claim) -> bool:
    """Commit that the dot is about to be sent; False when the mail is no longer ours."""
    async with database().write() as session:
        return await _change(
            session, one, MailState.WAITING,
            state=MailState.HANDING_OVER, next_try_at=clock.now(),
        )  # fmt: skip


async def settle_sent(one: Claim) -> None:
    """The server has it."""
    async with database().write() as session:
        await _change(
            session, one, MailState.HANDING_OVER, MailState.UNCONFIRMED,
            state=MailState.SENT, sent_at=clock.now(), error=None, claimed_by=None,
        )  # fmt: skip


async def settle_unanswered(one: Claim, words: str) -> None:
    """Nobody knows; it is not sent again by itself."""
    async with database().write() as session:
        await _change(
            session, one, MailState.HANDING_OVER,
            state=MailState.UNCONFIRMED, error=words[:_WORDS], claimed_by=None,
        )  # fmt: skip


def pause_after(attempts: int) -> timedelta:
    """One minute, two, four, … four hours; not all at the same moment."""
    doubled = FIRST_PAUSE * 2.0 ** min(max(attempts - 1, 0), 10)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.9, 1.1)  # noqa: S311 - no secret


async def settle_for_now(claims: Sequence[Claim], words: str, pause: timedelta) -> None:
    """Not taken now: again after the pause, or given up after three days."""
    now = clock.now()
    async with database().write() as session:
        for one in claims:
            over = now - one.mail.at > GIVE_UP
            await _change(
                session, one, MailState.WAITING, MailState.HANDING_OVER,
                state=MailState.FAILED if over else MailState.WAITING,
                error=words[:_WORDS], next_try_at=now + pause, claimed_by=None,
            )  # fmt: skip


async def settle_refused(one: Claim, words: str, *, bounced: bool) -> None:
    """Not taken for good, because of the address or of the mail."""
    state = MailState.BOUNCED if bounced else MailState.FAILED
    async with database().write() as session:
        changed = await _change(
            session, one, MailState.WAITING, MailState.HANDING_OVER,
            state=state, error=words[:_WORDS], claimed_by=None,
        )  # fmt: skip
        if changed and bounced:
            await note_bounce(session, one.mail, words)


async def note_bounce(session: AsyncSession, mail: Mail, words: str) -> Event:
    """The address takes no mail from now on; the history and the mail’s case say so."""
    await session.exec(
        insert_into(session, BouncedAddress)
        .values(email=mail.to, at=clock.now(), reason=words[:_WORDS])
        .on_conflict_do_nothing()
    )
    return await record(
        session, "mail_bounced", BY_MAIL, subject=mail.to,
        text=f"A mail to {mail.to} could not be delivered: {words}",
        details={"mail": mail.id, "case": mail.case_number, "to": mail.to, "words": words[:_WORDS]},
    )  # fmt: skip
