"""SMTP_URL, and what the doctor says about the server it names."""

import pytest

from assistant.cli.supervisor import free_port
from backend.notifications.mail_server import MailServer, examined
from tests.notifications.post_office import PostOffice


def test_that_an_address_is_read_as_people_write_it() -> None:
    server = MailServer.from_url("smtp://user%40x:p%3Ass@mail.example:587?starttls=required")
    assert (server.host, server.port, server.user, server.password) == (
        "mail.example", 587, "user@x", "p:ss",
    )  # fmt: skip
    assert (server.tls, server.starttls) == (False, True)
    assert "p:ss" not in repr(server)


@pytest.mark.parametrize(
    ("url", "tls", "starttls", "port"),
    [
        ("smtps://mail.example", True, False, 465),
        ("smtp://mail.example", False, None, 25),
        ("smtp://user:secret@mail.example", False, True, 25),
        ("smtp://user:secret@mail.example?starttls=off", False, False, 25),
    ],
)
def test_that_a_password_asks_for_encryption_unless_it_is_switched_off(
    url: str, tls: bool, starttls: bool | None, port: int
) -> None:
    server = MailServer.from_url(url)
    assert (server.tls, server.starttls, server.port) == (tls, starttls, port)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://x?starttls=perhaps",
     "smtp://u:secret@x?tls=1", "smtp://u:secret@x:port"],
)  # fmt: skip
def test_that_a_wrong_address_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - any wording, but never the password
        MailServer.from_url(url)
    assert "secret" not in str(refused.value)


async def test_that_the_doctor_asks_the_server() -> None:
    with PostOffice() as office:
        assert await examined(office.url) == f"sent through 127.0.0.1:{office.port}, not encrypted"
        refused = await examined(f"smtp://u:p@127.0.0.1:{office.port}")
    assert refused.startswith("no: ")
    assert (await examined(f"smtp://127.0.0.1:{free_port()}")).startswith("no: The mail server")
    assert (await examined("nonsense")).startswith("no: SMTP_URL")
