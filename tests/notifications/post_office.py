"""A real mail server (aiosmtpd) for tests, in a thread or, run as a module, as a process.

It keeps what it accepts. Addresses say how it behaves: `no-such@` is unknown, `later@` is told to
come again (greylisting), `policy@` is refused for what it is, `full@` when the mail is complete.
"""

import asyncio
import ssl
import sys
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from assistant.cli.supervisor import free_port

ANSWERS = {
    "no-such": "550 5.1.1 No such user here",
    "later": "451 4.7.1 Greylisted, come again",
    "policy": "550 5.7.1 Not from you",
}
PASSWORD = "right-password"


class Keeping:
    """Accepts mails and keeps them; `pause` is how long it thinks before it answers the dot."""

    def __init__(self, log: Path | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers = dict(ANSWERS)
        self.pause = 0.0
        self.connections = 0
        self._log = log

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take the recipient, or not."""
        refusal = self.answers.get(address.split("@")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then answer."""
        content = bytes(envelope.content or b"")
        if envelope.rcpt_tos[0].startswith("full@"):
            return "554 5.2.2 Mailbox full"
        message = message_from_bytes(content, policy=WIRE)
        self.raw.append(content)
        self.mails.append(message)
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(f"{message['Message-ID']}\n")
        await asyncio.sleep(self.pause)
        return "250 OK"

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Session, _envelope: Envelope, hostname: str,
        responses: list[str],
    ) -> list[str]:  # fmt: skip
        """Count connections, encrypted ones once more after their upgrade."""
        session.host_name = hostname
        self.connections += 1
        return responses

    def to(self, address: str) -> list[EmailMessage]:
        """What was accepted for this address."""
        return [mail for mail in self.mails if mail["To"] == address]


class PostOffice:
    """The server in a thread of its own."""

    def __init__(
        self, *, port: int = 0, log: Path | None = None, tls: ssl.SSLContext | None = None,
        with_password: bool = False,
    ) -> None:  # fmt: skip
        self.box = Keeping(log)
        options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
        if with_password:
            options |= {"authenticator": _authenticate, "auth_required": True}
        self._controller = Controller(
            self.box, hostname="127.0.0.1", port=port or free_port(), **options
        )

    def __enter__(self) -> Self:
        self._controller.start()
        assert self._controller.server is not None
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._controller.port
        return port

    @property
    def url(self) -> str:
        """What SMTP_URL says to reach it without encryption."""
        return f"smtp://127.0.0.1:{self.port}?starttls=off"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> Any:
    right = told.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


if __name__ == "__main__":
    port_, log_ = int(sys.argv[1]), Path(sys.argv[2])
    with PostOffice(port=port_, log=log_) as office:
        office.box.pause = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
        print("ready", flush=True)
        while True:
            time.sleep(3600)
