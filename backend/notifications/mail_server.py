"""The mail server that `SMTP_URL` names, and a connection to it."""

import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPTimeoutError,
)

from backend.core.settings import settings

PORTS = {"smtp": 25, "smtps": 465}
# `None` is what the library calls: upgrade if the server offers it.
STARTTLS = {"required": True, "auto": None, "off": False}
# RFC 5321, section 4.5.3.2 allows minutes for each; a server that is slower is busy: try later.
COMMAND_SECONDS = 60.0
CONNECT_SECONDS = 15.0


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over, and how the connection is kept from others' eyes."""

    host: str
    port: int
    tls: bool
    starttls: bool | None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None

    @classmethod
    def from_url(cls, url: str) -> "MailServer":
        """Read `smtp[s]://[user:password@]host[:port][?starttls=…&ca=…]`.

        Raises `ValueError`, in words for whoever set it, which never hold the password.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("SMTP_URL begins with smtp://host or smtps://host")
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := asked.keys() - {"starttls", "ca"}:
            raise ValueError(f"SMTP_URL has an unknown option: {', '.join(sorted(unknown))}")
        # A password never goes over a line that anybody could read, unless somebody says so.
        how = asked.get("starttls", "required" if parts.password else "auto")
        if how not in STARTTLS:
            raise ValueError(f"starttls in SMTP_URL is one of {', '.join(STARTTLS)}, not {how}")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            tls=tls,
            starttls=False if tls else STARTTLS[how],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            ca=asked.get("ca"),
        )

    async def connect(self) -> SMTP:
        """A connection, greeted, encrypted and signed in. Raises `SMTPException` or `OSError`."""
        smtp = SMTP(
            hostname=self.host, port=self.port, use_tls=self.tls, start_tls=self.starttls,
            username=self.user, password=self.password, cert_bundle=self.ca,
            local_hostname=socket.gethostname(), timeout=CONNECT_SECONDS,
        )  # fmt: skip
        await smtp.connect()
        smtp.timeout = COMMAND_SECONDS
        return smtp

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def mail_server() -> MailServer | None:
    """The configured server; None when mails stay in the outbox."""
    url = settings().smtp_url
    return MailServer.from_url(url.get_secret_value()) if url else None


async def examined(url: str) -> str:
    """Whether the server greets us, encrypts and lets us in: a sentence that begins with “no”
    when it doesn't.
    """
    try:
        server = MailServer.from_url(url)
    except ValueError as exc:
        return f"no: {exc}"
    try:
        smtp = await server.connect()
    except (SMTPException, OSError) as exc:
        return f"no: {words_of(exc)}"
    encrypted = server.tls or smtp.get_transport_info("sslcontext") is not None
    await smtp.quit()
    return f"sent through {server}, {'encrypted' if encrypted else 'not encrypted'}"


def words_of(error: Exception) -> str:
    """What went wrong with a connection, for the desk: which step, and the server’s words."""
    cause = error.__cause__ or error
    if isinstance(error, SMTPAuthenticationError):
        return f"The mail server refused user or password: {error.code} {error.message}"
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return f"No encrypted connection to the mail server: {cause}"
    if isinstance(error, SMTPResponseException):
        return f"The mail server said {error.code} {error.message}"
    if isinstance(error, SMTPTimeoutError):
        return f"The mail server took too long: {error}"
    if isinstance(error, SMTPException | OSError):
        return f"The mail server can’t be reached: {error}"
    return f"{type(error).__name__}: {error}"
