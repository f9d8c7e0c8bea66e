"""A row of the outbox as a message (RFC 5322): 7-bit clean, whatever people wrote."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from backend.core.fields import one_line
from backend.core.settings import settings
from backend.notifications.addresses import bounce_address
from backend.notifications.handing_over import Envelope
from backend.notifications.models import Mail

NAME = "Ask Licensing"
# 7-bit parts need no extension of the server, and long lines are folded by the encoding.
_POLICY = SMTP.clone(cte_type="7bit")
_CALENDAR = "text/calendar"
# RFC 5321's Dot-string; a quoted one is in nobody's address.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class Unwritable(ValueError):
    """What can’t be written as a mail; the reason is for the desk."""


def message_id(mail: Mail) -> str:
    """The same for every attempt, so that a mailbox which has it already drops a second one."""
    return f"<{mail.id}@{_own_domain()}>"


def is_own_message_id(said: str) -> bool:
    """Whether a message id is one of ours: such a mail has come back to us."""
    return said.strip().strip("<>").lower().endswith(f"@{_own_domain()}")


def thread_headers(thread: str) -> dict[str, str]:
    """What makes all mails of a thread stand together: a common ancestor, which nobody needs
    to have got.
    """
    ancestor = f"<thread.{thread.lower()}@{_own_domain()}>"
    return {"In-Reply-To": ancestor, "References": ancestor}


def _own_domain() -> str:
    return ascii_domain(settings().support_address.rsplit("@", 1)[-1])


def ascii_domain(domain: str) -> str:
    """`exämple.com` → `xn--exmple-cua.com`."""
    return domain if domain.isascii() else domain.encode("idna").decode()


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise Unwritable(f"{text} has something before the @ that mail servers do not take.")
    try:
        return Address(name, local, ascii_domain(domain))
    except (ValueError, IndexError) as exc:
        raise Unwritable(f"{text} is no address that a mail can go to.") from exc


def envelope(mail: Mail) -> Envelope:
    """The mail ready to be handed over. Raises `Unwritable`."""
    sender = bounce_address(mail.id) or _address(settings().support_address).addr_spec
    return Envelope(sender, _address(mail.to).addr_spec, compose(mail).as_bytes())


def compose(mail: Mail) -> EmailMessage:
    """The message: text and HTML, a calendar as mail programs look for it, other files."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(settings().support_address, NAME)
    message["To"] = _address(mail.to)
    message["Subject"] = str(one_line(mail.subject))
    message["Date"] = mail.at
    message["Message-ID"] = message_id(mail)
    # Nobody’s out-of-office note should come back, and no list of ours answer itself.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in mail.headers.items():
        del message[name]
        message[name] = str(one_line(value))
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for attached in mail.attachments:
        _attach(message, attached)
    return message


def _attach(message: EmailMessage, attached: dict[str, Any]) -> None:
    """A calendar is a third way to read the mail, and a file for programs that want one."""
    kind, *parameters = (part.strip() for part in str(attached["content_type"]).split(";"))
    name, content = str(attached["filename"]), str(attached["content"])
    told = dict(one.split("=", 1) for one in parameters if "=" in one)
    if kind == _CALENDAR and message.get_content_subtype() == "alternative":
        message.add_alternative(content, subtype="calendar", params=told)
    message.add_attachment(
        content.encode(), maintype="application" if kind == _CALENDAR else kind.split("/")[0],
        subtype="ics" if kind == _CALENDAR else kind.split("/")[1], filename=name,
    )  # fmt: skip
