"""Mails as people and machines write them, to change one thing of."""

import uuid
from email.message import EmailMessage
from email.policy import SMTP

TOKEN = "a-token-of-the-mail-server-long-enough"
HOME = "reply.example"


def letter(
    sender: str, to: str, text: str | None = "Thank you, it works now.", *, html: str | None = None,
    **headers: str,
) -> EmailMessage:  # fmt: skip
    """A plain answer; `headers` are further fields, underscores for hyphens."""
    message = EmailMessage(policy=SMTP)
    told = {"From": sender, "To": to, "Subject": "Re: your case",
            "Message-ID": f"<{uuid.uuid4().hex}@{sender.rsplit('@')[-1]}>"}  # fmt: skip
    for name, value in (told | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        del message[name]
        message[name] = value
    if text is not None:
        message.set_content(text)
    if html is not None and text is not None:
        message.add_alternative(html, subtype="html")
    elif html is not None:
        message.set_content(html, subtype="html")
    return message


def report(to: str, recipient: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """What a server sends back when it could not deliver (RFC 3464)."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{uuid.uuid4().hex}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user

--b--
""".replace("\n", "\r\n").encode()


def calendar_reply(uid: str, attendee: str, answer: str, sequence: int) -> str:
    """What a calendar sends when somebody presses Yes, No or Maybe (RFC 5546)."""
    return f"""\
BEGIN:VCALENDAR
PRODID:-//Example//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:{sequence}
DTSTAMP:20270101T000000Z
ATTENDEE;PARTSTAT={answer}:mailto:{attendee}
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
