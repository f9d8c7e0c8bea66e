"""A mail as it came in (RFC 5322, MIME), reduced to what is decided on."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import default
from email.utils import getaddresses, parseaddr

from backend.core.fields import clean, one_line
from backend.core.files import name_of
from backend.inbound.words import newly_said, text_of_html
from backend.notifications.composing import is_own_message_id

MOST_FILES = 20
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_NEVER_ANSWERED = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From")
_MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)
_ADDRESS = 254
_LONGEST_TEXT = 100_000


@dataclass(frozen=True)
class File:
    """A file of a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What a mail says, who says so, and to which addresses."""

    fingerprint: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    said: str
    automatic: bool
    """A machine wrote it: an out-of-office note, a report, something of a list."""
    never_answer: bool
    ours: bool
    """It is one of our own mails that came back."""
    calendar: str | None = None
    files: tuple[File, ...] = ()
    reports: tuple[dict[str, str], ...] = field(default=())
    """The fields of a delivery report, one for each recipient; none when it is no report."""


def read(raw: bytes, envelope_to: str | None = None) -> Letter:
    """Read a mail. Never raises: what can’t be read is left out."""
    message: EmailMessage = BytesParser(EmailMessage, policy=default).parsebytes(raw)
    message_id = _one(message, "Message-ID")
    recipients = _recipients(message, envelope_to)
    automatic = _is_automatic(message)
    return Letter(
        fingerprint=_fingerprint(raw, message_id, recipients),
        message_id=message_id,
        sender=parseaddr(_one(message, "From"))[1].lower()[:_ADDRESS],
        recipients=recipients,
        subject=str(one_line(_one(message, "Subject")))[:200],
        said=newly_said(_text(message)),
        automatic=automatic,
        never_answer=automatic or _never_answer(message),
        ours=is_own_message_id(message_id),
        calendar=_calendar(message),
        files=tuple(_files(message)),
        reports=tuple(_reports(message)),
    )


def _one(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()
    except (ValueError, IndexError, AttributeError):  # a field that the library can’t parse
        return ""


def _fingerprint(raw: bytes, message_id: str, recipients: tuple[str, ...]) -> str:
    """Equal for a mail that is delivered twice; other for the copy to another address of ours."""
    told = "\n".join([message_id, *sorted(recipients)]).encode() if message_id else raw
    return hashlib.sha256(told).hexdigest()


def _recipients(message: EmailMessage, envelope_to: str | None) -> tuple[str, ...]:
    if envelope_to:
        return (envelope_to.strip().strip("<>").lower()[:_ADDRESS],)
    fields = [_one(message, name) for name in _RECIPIENTS]
    found = [address.lower()[:_ADDRESS] for _, address in getaddresses(fields) if "@" in address]
    return tuple(dict.fromkeys(found))


def _is_automatic(message: EmailMessage) -> bool:
    submitted = _one(message, "Auto-Submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or any(message.get(name) is not None for name in _AUTOMATIC)
        or _one(message, "Precedence").lower() == "auto_reply"
        or _one(message, "Return-Path") == "<>"
        or bool(_MACHINES.match(parseaddr(_one(message, "From"))[1]))
        or message.get_content_type() == "multipart/report"
    )


def _never_answer(message: EmailMessage) -> bool:
    return (
        _one(message, "Precedence").lower() in _NEVER_ANSWERED
        or message.get("X-Auto-Response-Suppress") is not None
        or message.get("List-Id") is not None
    )


def _text(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    if plain is not None and (text := _decoded(plain)).strip():
        return text
    markup = message.get_body(("html",))
    return text_of_html(_decoded(markup)) if markup is not None else ""


def _decoded(part: MIMEPart) -> str:
    """The text of a part, whatever its charset is said to be."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return str(clean(text.replace("\r\n", "\n")[:_LONGEST_TEXT]))


def _calendar(message: EmailMessage) -> str | None:
    for part in message.walk():
        if part.get_content_type() == "text/calendar" and isinstance(part, MIMEPart):
            return _decoded(part)
    return None


def _files(message: EmailMessage) -> Iterator[File]:
    """What the sender attached; pictures that only decorate the text are no files."""
    if message.get_content_type() == "multipart/report":
        return
    found = 0
    for part in message.walk():
        name = part.get_filename()
        if part.is_multipart() or not (name or part.get_content_disposition() == "attachment"):
            continue
        decorates = part.get_content_disposition() == "inline" and part.get("Content-ID")
        content = part.get_payload(decode=True)
        if decorates or part.get_content_type() in {"text/calendar", "application/ics"}:
            continue
        if isinstance(content, bytes) and found < MOST_FILES:
            found += 1
            yield File(name_of(name), content)


def _reports(message: EmailMessage) -> Iterator[dict[str, str]]:
    """RFC 3464: a part `message/delivery-status`, its first block about the message, then one for
    each recipient.
    """
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.walk():
            told = {name.lower(): str(value) for name, value in block.items()}
            if "action" in told:
                yield told
