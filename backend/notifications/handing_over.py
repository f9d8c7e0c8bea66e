"""One mail over one connection, so that it is never sent twice.

SMTP has no transaction: between the dot that ends a mail and the server’s 250 anything may die,
and then nobody knows. So the note that it is being handed over is committed *before* the dot.
Until the note nothing has happened, and anybody may begin anew; from the note on, only the
server’s own answer changes anything. `docs/decisions/0012-each-mail-once.md` has the reasons.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

# RFC 5321, section 4.5.3.2.6: what a server may take to answer the dot.
DOT_SECONDS = 600.0
_GO_AHEAD, _DONE = 354, 250
_PERMANENT = 500
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
# Enhanced status codes (RFC 3463): x.7.z is about policy and security, not about the address.
_POLICY = re.compile(r"\b5\.7\.\d+\b")
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})


class Refused(Exception):
    """The server does not take this mail: for now, or for good; perhaps because of the address."""

    def __init__(self, code: int, words: str, *, at_address: bool = False) -> None:
        super().__init__(f"{code} {words}")
        self.permanent = code >= _PERMANENT
        self.no_such_address = at_address and code in _NO_SUCH_ADDRESS and not _POLICY.search(words)


class Unanswered(Exception):
    """The dot was sent and no answer came: the mail may have arrived."""


class NoLongerOurs(Exception):
    """Somebody else has the mail by now; it was not sent."""


@dataclass(frozen=True)
class Envelope:
    """Who sends to whom, and the message in bytes, 7-bit."""

    sender: str
    to: str
    message: bytes


async def hand_over(smtp: SMTP, envelope: Envelope, note: Callable[[], Awaitable[bool]]) -> None:
    """Send one mail. `note` commits that it is being handed over, and says whether it may be.

    Raises `Refused`, `Unanswered`, `NoLongerOurs`; and `SMTPException` or `OSError` when the
    connection broke before the note, so that nothing has happened.
    """
    await _expect(smtp.mail(envelope.sender), smtp, at_address=False)
    await _expect(smtp.rcpt(envelope.to), smtp, at_address=True)
    begun = await smtp.execute_command(b"DATA")
    if begun.code != _GO_AHEAD:
        raise Refused(begun.code, begun.message)
    if smtp.protocol is None:
        raise SMTPException("The connection was closed")
    smtp.protocol.write(_on_the_wire(envelope.message))
    try:
        may_end = await note()
    except BaseException:
        smtp.close()  # Without its dot the server throws away what it has.
        raise
    if not may_end:
        smtp.close()
        raise NoLongerOurs
    try:
        ended = await smtp.execute_command(b".", timeout=DOT_SECONDS)
    except (SMTPException, OSError) as exc:
        smtp.close()
        raise Unanswered(str(exc)) from exc
    if ended.code != _DONE:
        raise Refused(ended.code, ended.message)


async def _expect(command: Awaitable[object], smtp: SMTP, *, at_address: bool) -> None:
    try:
        await command
    except SMTPResponseException as exc:
        if smtp.is_connected:
            await smtp.rset()
        raise Refused(exc.code, exc.message, at_address=at_address) from exc


def _on_the_wire(message: bytes) -> bytes:
    """Lines end in CR LF, and a line that begins with a dot gets another (RFC 5321, 4.5.2)."""
    lines = _LINE_END.sub(b"\r\n", message)
    lines = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return _LEADING_DOT.sub(b"..", lines)
