"""Reports that a mail could not be delivered (RFC 3464), as they come to its own signed address."""

from collections.abc import Iterable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import lock_row
from backend.notifications.models import Mail, MailState
from backend.notifications.outbox import note_bounce

_OUT = frozenset({MailState.SENT, MailState.UNCONFIRMED, MailState.HANDING_OVER})


async def take(session: AsyncSession, mail_id: str, reports: Iterable[Mapping[str, str]]) -> str:
    """Note a failure for good, and say it; delays and successes change nothing."""
    await lock_row(session, Mail, mail_id)
    mail = await session.get(Mail, mail_id)
    failed = [one for one in reports if one.get("action", "").strip().lower() == "failed"]
    if mail is None or not failed:
        return "No failure is reported."
    words = _words(failed[0])
    if mail.state not in _OUT:
        return words
    # x.7.z (RFC 3463) is about policy: the address itself may be right.
    status = failed[0].get("status", "").strip()
    at_address = status.startswith("5.") and not status.startswith("5.7.")
    mail.state = MailState.BOUNCED if at_address else MailState.FAILED
    mail.error = words
    session.add(mail)
    if at_address:
        await note_bounce(session, mail, words)
    return words


def _words(report: Mapping[str, str]) -> str:
    said = report.get("diagnostic-code", "").partition(";")[2] or report.get("status", "")
    return f"Reported later: {' '.join(said.split())}"[:500]
