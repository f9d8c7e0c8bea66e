"""From the outbox to a real mail server: what it says becomes the mail's state."""

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from assistant.cli.supervisor import free_port
from backend.core import clock
from backend.core.database import database
from backend.core.settings import settings
from backend.notifications import courier, outbox
from backend.notifications.models import BouncedAddress, MailState
from tests.notifications.conftest import mail_of, refused, until, written
from tests.notifications.post_office import PASSWORD, PostOffice

Deliver = Callable[[str], Awaitable[None]]
Open = Callable[..., PostOffice]


async def test_that_a_waiting_mail_arrives_once_and_says_so(
    deliver: Deliver, post_office: PostOffice
) -> None:
    await deliver(post_office.url)
    mail = await until(await written("nadia@northwind.example"), MailState.SENT)
    (arrived,) = post_office.box.to("nadia@northwind.example")
    assert arrived["Subject"] == "Hello"
    assert arrived["Message-ID"] == f"<{mail.id}@support.example>"
    assert (mail.attempts, mail.error, mail.claimed_by) == (1, None, None)
    assert mail.sent_at is not None


async def test_that_without_a_server_a_mail_stays_in_the_outbox(app: FastAPI) -> None:
    mail_id = await written(state=MailState.KEPT)
    claimed = await outbox.claim("nobody", 500)
    assert mail_id not in {one.mail.id for one in claimed}
    await outbox.take_over("nobody")
    assert outbox.Mail().state == MailState.KEPT


async def test_that_an_unknown_address_bounces_and_gets_no_more_mail(
    deliver: Deliver, post_office: PostOffice
) -> None:
    await deliver(post_office.url)
    bounced = await until(await written("no-such@northwind.example"), MailState.BOUNCED)
    assert bounced.error == "The mail server said 550 5.1.1 No such user here"
    next_one = await until(await written("no-such@northwind.example"), MailState.BOUNCED)
    assert next_one.attempts == 0
    assert "does not take mail since" in (next_one.error or "")
    proof = await written("no-such@northwind.example", kind="account_email_code")
    assert (await until(proof, MailState.BOUNCED)).attempts == 1
    async with database().write() as session:
        await session.delete(await session.get_one(BouncedAddress, "no-such@northwind.example"))


@pytest.mark.parametrize(
    ("to", "said"),
    [("policy", "550 5.7.1 Not from you"), ("full", "554 5.2.2 Mailbox full")],
)
async def test_that_what_is_not_the_addresss_fault_is_not_held_against_it(
    deliver: Deliver, post_office: PostOffice, to: str, said: str
) -> None:
    await deliver(post_office.url)
    failed = await until(await written(f"{to}@northwind.example"), MailState.FAILED)
    assert failed.error == f"The mail server said {said}"
    async with database().read() as session:
        assert await session.get(BouncedAddress, f"{to}@northwind.example") is None


async def test_that_a_greylisted_mail_is_tried_again_and_arrives(
    deliver: Deliver, post_office: PostOffice
) -> None:
    await deliver(post_office.url)
    mail_id = await written("later@northwind.example")
    mail = await refused(mail_id)
    assert mail.state == MailState.WAITING
    wait = mail.next_try_at - clock.now()
    assert timedelta(seconds=40) < wait < timedelta(seconds=70)
    del post_office.box.answers["later"]
    await due_now(mail_id)
    assert (await until(mail_id, MailState.SENT)).attempts == 2


async def due_now(mail_id: str) -> None:
    async with database().write() as session:
        mail = await session.get_one(outbox.Mail, mail_id)
        mail.next_try_at = clock.now()
        session.add(mail)
    courier.wake()


async def test_that_after_three_days_it_is_given_up(
    deliver: Deliver, post_office: PostOffice
) -> None:
    await deliver(post_office.url)
    old = clock.now() - timedelta(days=3, minutes=1)
    failed = await until(await written("later@northwind.example", at=old), MailState.FAILED)
    assert "451 4.7.1 Greylisted" in (failed.error or "")


async def test_that_a_server_that_is_down_holds_mails_back_until_it_is_there(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, open_office: Open
) -> None:
    monkeypatch.setattr(courier, "FIRST_REST", timedelta(seconds=0.2))
    port = free_port()
    await deliver(f"smtp://127.0.0.1:{port}?starttls=off")
    mail_id = await written()
    mail = await refused(mail_id)
    assert mail.state == MailState.WAITING
    assert "can’t be reached" in (mail.error or "")
    late = open_office(port=port)
    await until(mail_id, MailState.SENT)
    assert len(late.box.mails) == 1


async def test_that_a_slow_server_keeps_nobody_waiting(
    deliver: Deliver, post_office: PostOffice
) -> None:
    post_office.box.pause = 1.0
    await deliver(post_office.url)
    slow = [await written() for _ in range(3)]
    async with asyncio.timeout(1):
        await written(state=MailState.KEPT)
    for mail_id in slow:
        await until(mail_id, MailState.SENT)
    sent = {(await mail_of(mail_id)).to for mail_id in slow}
    # What other tests left in the outbox goes this way as well.
    assert sorted(m["To"] for m in post_office.box.mails if m["To"] in sent) == sorted(sent)


async def test_that_connections_are_kept_and_few(deliver: Deliver, post_office: PostOffice) -> None:
    await deliver(post_office.url)
    for mail_id in [await written() for _ in range(40)]:
        await until(mail_id, MailState.SENT)
    assert len(post_office.box.mails) == 40
    assert post_office.box.connections <= 4


async def test_that_stopping_waits_for_the_answer_of_what_was_begun(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, post_office: PostOffice
) -> None:
    monkeypatch.setattr(settings(), "smtp_url", SecretStr(post_office.url))
    post_office.box.pause = 0.5
    async with courier.delivering():
        mail_id = await written()
        await until(mail_id, MailState.HANDING_OVER)
    assert (await mail_of(mail_id)).state == MailState.SENT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "made.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def test_that_a_password_goes_over_an_encrypted_line(
    deliver: Deliver, certificate: tuple[Path, Path], open_office: Open
) -> None:
    office = open_office(tls=tls_of(certificate), with_password=True)
    await deliver(f"smtp://user:{PASSWORD}@127.0.0.1:{office.port}?ca={certificate[0]}")
    await until(await written(), MailState.SENT)
    assert len(office.box.mails) == 1


@pytest.mark.parametrize(
    ("password", "ca", "said"),
    [
        ("wrong", True, "refused user or password: 535"),
        (PASSWORD, False, "No encrypted connection to the mail server"),
    ],
)
async def test_that_a_wrong_password_or_certificate_is_said_and_costs_no_mail(
    deliver: Deliver,
    certificate: tuple[Path, Path],
    open_office: Open,
    password: str,
    ca: bool,
    said: str,
) -> None:
    office = open_office(tls=tls_of(certificate), with_password=True)
    trusted = f"?ca={certificate[0]}" if ca else ""
    await deliver(f"smtp://user:{password}@127.0.0.1:{office.port}{trusted}")
    mail_id = await written()
    mail = await refused(mail_id)
    assert said in (mail.error or "")
    assert mail.state == MailState.WAITING
    assert office.box.mails == []


async def test_that_a_password_is_not_told_to_a_server_without_encryption(
    deliver: Deliver, post_office: PostOffice
) -> None:
    await deliver(f"smtp://user:{PASSWORD}@127.0.0.1:{post_office.port}")
    mail_id = await written()
    mail = await refused(mail_id)
    assert "STARTTLS" in (mail.error or "")
    assert post_office.box.mails == []
