"""Answers that come back by mail: into the thread, or kept out of it, and never into a loop."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import col, select

from backend.cases.models import CaseEntry
from backend.core import jobs
from backend.core.database import database
from backend.core.settings import settings
from backend.notifications.addresses import bounce_address, reply_address
from backend.notifications.models import BouncedAddress, Mail, MailState
from tests.conftest import Newcomer, SignedIn
from tests.notifications.conftest import mail_of, written
from tests.notifications.letters import HOME, TOKEN, letter, report

LEE = "lee@support.example"
Bring = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(autouse=True)
def home(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain for answers, and a mail server that has our token."""
    monkeypatch.setattr(settings(), "reply_domain", HOME)
    monkeypatch.setattr(settings(), "mail_inbound_token", SecretStr(TOKEN))


@pytest.fixture
def bring(client: httpx.AsyncClient) -> Bring:
    """`await bring(message)` as the mail server does."""

    async def post(message: Any, token: str = TOKEN, **query: str) -> httpx.Response:
        content = message if isinstance(message, bytes) else message.as_bytes()
        return await client.post(
            "/api/v1/mail/inbound", content=content, params=query,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "message/rfc822"},
        )  # fmt: skip

    return post


class Asked:
    """A case of somebody who is mailed about it."""

    def __init__(self, requester: httpx.AsyncClient, lee: httpx.AsyncClient, number: str) -> None:
        self.requester, self.lee, self.number = requester, lee, number
        self.email: str = requester.email  # type: ignore[attr-defined]
        self.address = reply_address(number, self.email) or ""

    async def thread(self, *, by: httpx.AsyncClient | None = None) -> list[dict[str, Any]]:
        answer = await (by or self.requester).get(f"/cases/{self.number}")
        thread: list[dict[str, Any]] = answer.raise_for_status().json()["thread"]
        return thread

    async def said(self, *, by: httpx.AsyncClient | None = None) -> list[str]:
        return [entry["text"] for entry in await self.thread(by=by) if entry["type"] == "note"]

    async def answers(self) -> list[Mail]:
        """What our machine wrote back."""
        async with database().read() as session:
            kinds = ("mail_case_ended", "mail_files_refused")
            rows = await session.exec(
                select(Mail).where(Mail.to == self.email, col(Mail.kind).in_(kinds))
            )
            return list(rows.all())

    async def inbound(self) -> list[dict[str, Any]]:
        listed = await self.lee.get("/inbound-mails", params={"case": self.number})
        items: list[dict[str, Any]] = listed.raise_for_status().json()["items"]
        return items


@pytest_asyncio.fixture(loop_scope="session")
async def asked(newcomer: Newcomer, person: SignedIn) -> Asked:
    requester, lee = await newcomer(), await person(LEE)
    body = {"category": "other", "title": "It hangs", "description": "Since Monday."}
    opened = (await requester.post("/cases", json=body)).raise_for_status()
    return Asked(requester, lee, opened.json()["number"])


async def test_that_mails_of_a_case_are_one_thread_and_can_be_answered(asked: Asked) -> None:
    (await asked.lee.post(f"/cases/{asked.number}/replies", json={"text": "Try again."}))
    await jobs.drained(database(), 20)
    async with database().read() as session:
        mails = (await session.exec(select(Mail).where(Mail.case_number == asked.number))).all()
    assert {mail.kind for mail in mails} == {"case_opened", "case_replied"}
    assert {mail.headers["Reply-To"] for mail in mails} == {asked.address}
    assert len({mail.headers["References"] for mail in mails}) == 1


async def test_that_an_answer_stands_in_the_thread_once(asked: Asked, bring: Bring) -> None:
    message = letter(asked.email, asked.address, "It works.\n\nOn Monday, Ask wrote:\n> Try")
    for _ in range(2):
        assert (await bring(message)).json() == {"status": "taken"}
    assert await asked.said() == ["It works."]
    (row,) = await asked.inbound()
    assert (row["state"], row["sender"]) == ("thread", asked.email)
    original = await asked.lee.get(f"/inbound-mails/{row['id']}/original")
    assert b"> Try" in original.content
    assert "attachment" in original.headers["content-disposition"]
    assert (await asked.requester.get(f"/inbound-mails/{row['id']}/original")).status_code == 403


async def test_that_an_answer_of_html_alone_becomes_text(asked: Asked, bring: Bring) -> None:
    markup = "<p>It <b>works</b>.<script>alert(1)</script></p>"
    await bring(letter(asked.email, asked.address, None, html=markup))
    assert await asked.said() == ["It works."]


@pytest.mark.parametrize("token", ["", "wrong", "x" * 40])
async def test_that_only_the_mail_server_brings_mails(
    asked: Asked, bring: Bring, token: str
) -> None:
    refused = await bring(letter(asked.email, asked.address), token=token)
    assert refused.status_code == 401
    assert await asked.said() == []


async def test_that_a_mail_that_is_too_large_is_not_read(bring: Bring) -> None:
    assert (await bring(b"x" * (12 * 1024 * 1024 + 1))).status_code == 413


async def test_that_forged_addresses_get_nowhere_and_are_not_told(
    asked: Asked, bring: Bring, newcomer: Newcomer
) -> None:
    other = (await newcomer()).email  # type: ignore[attr-defined]
    local = asked.address.partition("@")[0]
    forged = [
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{HOME}",
        f"case+{asked.number[2:]}@{HOME}",
        reply_address(asked.number, other) or "",
        (reply_address("C-1", asked.email) or "").replace("case+1.", f"case+{asked.number[2:]}."),
        f"{local}@elsewhere.example",
    ]
    for address in forged:
        answer = await bring(letter(asked.email, address))
        assert (answer.status_code, answer.json()) == (200, {"status": "taken"})
    assert await asked.said() == []
    assert await asked.inbound() == []
    assert await asked.answers() == []


async def test_that_a_strangers_mail_is_seen_by_the_desk_alone(asked: Asked, bring: Bring) -> None:
    stranger = f"{uuid.uuid4().hex[:8]}@elsewhere.example"
    await bring(letter(stranger, asked.address, "Let me in."))
    assert await asked.said() == []
    (noted,) = await asked.said(by=asked.lee)
    assert stranger in noted
    assert "Let me in." not in noted
    assert [row["state"] for row in await asked.inbound()] == ["quarantined"]
    assert await asked.answers() == []


MACHINES: list[dict[str, str]] = [
    {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated"},
    {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}, {"Return_Path": "<>"},
]  # fmt: skip


@pytest.mark.parametrize("headers", MACHINES, ids=str)
async def test_that_a_machines_mail_is_noted_for_the_desk_and_never_answered(
    asked: Asked, bring: Bring, headers: dict[str, str]
) -> None:
    await close(asked, days_ago=20)
    await bring(letter(asked.email, asked.address, "I am on holiday.", **headers))
    assert await asked.said() == []
    assert "on holiday" in (await asked.said(by=asked.lee))[0]
    assert (await asked.requester.get(f"/cases/{asked.number}")).json()["status"] == "closed"
    assert await asked.answers() == []


@pytest.mark.parametrize(
    "headers", [{"Precedence": "bulk"}, {"X_Auto_Response_Suppress": "All"}, {"List_Id": "<x.y>"}],
    ids=str,
)  # fmt: skip
async def test_that_what_wants_no_answer_gets_none(
    asked: Asked, bring: Bring, headers: dict[str, str]
) -> None:
    await close(asked, days_ago=20)
    await bring(letter(asked.email, asked.address, **headers))
    assert await asked.answers() == []


async def test_that_our_own_mail_does_not_come_in_again(asked: Asked, bring: Bring) -> None:
    own = letter(asked.email, asked.address, Message_ID=f"<{uuid.uuid4().hex}@support.example>")
    await bring(own)
    assert await asked.said() == []


async def close(asked: Asked, *, days_ago: float) -> None:
    closed = await asked.lee.patch(f"/cases/{asked.number}", json={"status": "closed"})
    closed.raise_for_status()
    async with database().write() as session:
        rows = await session.exec(select(CaseEntry).where(CaseEntry.case_number == asked.number))
        for entry in rows.all():
            entry.at -= timedelta(days=days_ago)
            session.add(entry)


async def test_that_an_answer_opens_a_closed_case_again(asked: Asked, bring: Bring) -> None:
    await close(asked, days_ago=13)
    await bring(letter(asked.email, asked.address, "It hangs again."))
    assert (await asked.requester.get(f"/cases/{asked.number}")).json()["status"] == "in_progress"
    assert await asked.said() == ["It hangs again."]


async def test_that_later_a_polite_answer_says_what_to_do_and_not_without_end(
    asked: Asked, bring: Bring
) -> None:
    await close(asked, days_ago=15)
    for _ in range(5):
        await bring(letter(asked.email, asked.address, "It hangs again."))
    answers = await asked.answers()
    assert len(answers) == 3
    assert "open a new case" in answers[0].text
    assert answers[0].headers["Auto-Submitted"] == "auto-replied"
    assert answers[0].headers["In-Reply-To"].startswith("<")
    assert {row["state"] for row in await asked.inbound()} == {"refused"}
    assert await asked.said() == []


async def test_that_files_are_kept_by_what_is_in_them_and_the_rest_is_said_once(
    asked: Asked, bring: Bring
) -> None:
    message = letter(asked.email, asked.address, "Here they are.")
    files = {"list.csv": b"a,b\n1,2\n", "virus.pdf": b"MZ\x00\x00", "empty.txt": b""}
    for name, content in files.items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    await bring(message)
    thread = await asked.thread()
    assert [entry["text"] for entry in thread if entry["type"] == "attachment"] == ["list.csv"]
    (answer,) = await asked.answers()
    assert "virus.pdf" in answer.text
    assert "empty.txt" in answer.text
    assert "list.csv" not in answer.text


async def test_that_a_rehearsal_leaves_nothing(asked: Asked, client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/mail/inbound", content=letter(asked.email, asked.address).as_bytes(),
        headers={"Authorization": f"Bearer {TOKEN}", "Dry-Run": "true"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert await asked.said() == []
    assert await asked.inbound() == []


async def test_that_a_report_marks_the_mail_the_address_and_the_case(
    asked: Asked, bring: Bring
) -> None:
    mail_id = await written(asked.email, state=MailState.SENT, case_number=asked.number)
    await bring(report(bounce_address(mail_id) or "", asked.email))
    bounced = await mail_of(mail_id)
    assert bounced.state == MailState.BOUNCED
    assert "No such user" in (bounced.error or "")
    await jobs.drained(database(), 20)
    async with database().read() as session:
        assert await session.get(BouncedAddress, asked.email) is not None
    texts = [entry["text"] for entry in await asked.thread(by=asked.lee)]
    assert any("could not be delivered" in text for text in texts)
    assert not any("could not be delivered" in e["text"] for e in await asked.thread())


@pytest.mark.parametrize(
    ("action", "status", "state"),
    [("delayed", "4.4.1", "sent"), ("delivered", "2.0.0", "sent"), ("failed", "5.7.1", "failed")],
)
async def test_that_other_reports_do_not_condemn_the_address(
    asked: Asked, bring: Bring, action: str, status: str, state: str
) -> None:
    mail_id = await written(asked.email, state=MailState.SENT)
    told = report(bounce_address(mail_id) or "", asked.email, action=action, status=status)
    await bring(told)
    assert (await mail_of(mail_id)).state == state
    async with database().read() as session:
        assert await session.get(BouncedAddress, asked.email) is None


async def test_that_a_report_to_a_forged_address_changes_nothing(
    asked: Asked, bring: Bring
) -> None:
    mail_id = await written(asked.email, state=MailState.SENT)
    await bring(report(f"bounce+{mail_id}.{'a' * 20}@{HOME}", asked.email))
    assert (await mail_of(mail_id)).state == MailState.SENT


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff", b"From: \nTo: \n\n", b"Content-Type: multipart/mixed\n\nx",
     b"From: a@b.c\nSubject: =?utf-8?q?=0D=0ABcc:_x?=\nContent-Type: text/plain; charset=nope\n\nx",
     b"Content-Type: message/delivery-status\n\n\n\n"],
)  # fmt: skip
async def test_that_what_is_no_mail_is_taken_and_forgotten(bring: Bring, raw: bytes) -> None:
    assert (await bring(raw)).status_code == 200


async def test_that_customers_see_no_mails(asked: Asked) -> None:
    for path in ("/mails", "/mails/counts", "/inbound-mails"):
        assert (await asked.requester.get(path)).status_code == 403
        assert (await asked.lee.get(path)).status_code == 200


async def test_that_a_mail_in_doubt_is_sent_again_when_the_desk_says_so(asked: Asked) -> None:
    mail_id = await written(asked.email, state=MailState.UNCONFIRMED)
    listed = (await asked.lee.get("/mails", params={"to": asked.email})).json()["items"]
    assert next(one for one in listed if one["id"] == mail_id)["may_try_again"]
    again = await asked.lee.post(f"/mails/{mail_id}/send-again")
    assert again.json()["state"] == "waiting"
    sent = await written(asked.email, state=MailState.SENT)
    assert (await asked.lee.post(f"/mails/{sent}/send-again")).status_code == 409
    assert (await asked.requester.post(f"/mails/{mail_id}/send-again")).status_code == 403


async def test_that_the_desk_does_not_read_codes(asked: Asked) -> None:
    await written(asked.email, kind="account_email_code", subject="123456 is the code")
    listed = (await asked.lee.get("/mails", params={"to": asked.email})).text
    assert "123456" not in listed
