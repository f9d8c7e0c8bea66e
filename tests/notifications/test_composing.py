"""What goes over the wire: read again by the library's own parser, and by calendars."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from icalendar import Calendar

from backend.core import clock
from backend.core.settings import settings
from backend.notifications.composing import Unwritable, envelope, message_id, thread_headers
from backend.notifications.models import Mail

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"


def mail(**fields: object) -> Mail:
    told = {"event_id": "e", "kind": "k", "to": "nadia@northwind.example", "subject": "Hello",
            "text": "Hello.\n", "html": "<p>Hello.</p>", "at": clock.now()}  # fmt: skip
    return Mail(**(told | fields))


def sent(**fields: object) -> EmailMessage:
    """As whoever gets it reads it."""
    raw = envelope(mail(**fields)).message
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    read = message_from_bytes(raw, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def test_that_a_mail_says_who_wrote_it_and_that_a_machine_did() -> None:
    read = sent()
    assert read["From"] == "Ask Licensing <ask-licensing@support.example>"
    assert read["To"] == "nadia@northwind.example"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Date"].datetime is not None
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_that_all_languages_and_long_lines_arrive_as_they_were() -> None:
    text = "Grüße, 你好, 🙂\n.\n..two dots\nFrom here on\n" + "long " * 1000 + "\n"
    read = sent(subject="Ärger mit 注文 🙂 " * 9, text=text, html=f"<p>{text}</p>")
    plain = read.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == text
    assert read["Subject"] == ("Ärger mit 注文 🙂 " * 9).strip()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00\n", "\u2028", "\x0b"])
def test_that_no_field_can_be_smuggled_in(end: str) -> None:
    hostile = f"Hello{end}Bcc: everybody@elsewhere.example"
    read = sent(subject=hostile, headers={"Reply-To": f"a@b.example{end}Bcc: x@y.example"})
    assert read["Bcc"] is None
    assert len(read.get_all("Subject") or []) == 1


def test_that_domains_in_other_scripts_are_written_as_servers_know_them() -> None:
    assert envelope(mail(to="nadia@exämple.example")).to == "nadia@xn--exmple-cua.example"


@pytest.mark.parametrize(
    "to", ["nädia@northwind.example", "nobody", "a b@northwind.example", "@x.y"]
)
def test_that_an_address_that_no_server_takes_is_said(to: str) -> None:
    with pytest.raises(Unwritable):
        envelope(mail(to=to))


def test_that_further_fields_stand_in_it_and_may_replace_ours() -> None:
    told = thread_headers("C-500001") | {
        "List-Unsubscribe": "<https://x.example/u>", "Auto-Submitted": "auto-replied",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }  # fmt: skip
    read = sent(headers=told)
    for name, value in told.items():
        assert read.get_all(name) == [value]


def test_that_mails_of_a_case_have_one_ancestor_and_each_its_own_id() -> None:
    assert thread_headers("C-1") == thread_headers("C-1") != thread_headers("C-2")
    first, second = mail(), mail()
    assert message_id(first) != message_id(second)
    assert sent(id=first.id)["Message-ID"] == message_id(first)


def test_that_a_calendar_is_offered_as_mail_programs_look_for_it() -> None:
    read = sent(attachments=[{"filename": "invitation.ics", "content": ICS,
                              "content_type": "text/calendar; method=REQUEST"}])  # fmt: skip
    alternatives, attached = read.iter_parts()
    *_, calendar = alternatives.iter_parts()
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert Calendar.from_ical(calendar.get_content())["METHOD"] == "REQUEST"
    assert attached.get_filename() == "invitation.ics"


def test_that_with_a_reply_domain_reports_go_to_an_address_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert envelope(mail()).sender == "ask-licensing@support.example"
    monkeypatch.setattr(settings(), "reply_domain", "reply.example")
    senders = {envelope(mail()).sender for _ in range(2)}
    assert len(senders) == 2
    assert all(one.startswith("bounce+") and len(one.split("@")[0]) <= 64 for one in senders)
