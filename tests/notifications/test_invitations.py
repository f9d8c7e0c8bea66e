"""Invitations over their life: sent, changed, taken back from one, withdrawn; and their answers."""

from typing import Any

import httpx
import pytest
from icalendar import Calendar
from pydantic import SecretStr
from sqlmodel import col, select

from backend.cases.models import Engagement
from backend.core import jobs
from backend.core.database import database
from backend.core.settings import settings
from backend.notifications.addresses import invitation_address
from backend.notifications.models import Mail
from tests.conftest import Newcomer, SignedIn
from tests.notifications.letters import HOME, TOKEN, calendar_reply, letter
from tests.training.requests import moment, request

ANNA, BO = "anna@northwind.example", "bo@northwind.example"


@pytest.fixture(autouse=True)
def home(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain for answers, and a mail server that has our token."""
    monkeypatch.setattr(settings(), "reply_domain", HOME)
    monkeypatch.setattr(settings(), "mail_inbound_token", SecretStr(TOKEN))


async def scheduled(requester: httpx.AsyncClient, lee: httpx.AsyncClient) -> str:
    body = request(open_another=True, attendee_emails=[ANNA, BO])
    asked = (await requester.post("/training-engagements", json=body)).raise_for_status()
    number: str = asked.json()["number"]
    await fix(lee, number, 10)
    return number


async def fix(lee: httpx.AsyncClient, number: str, hour: int) -> None:
    times = {"start": moment(hour).isoformat(), "end": moment(hour + 1).isoformat()}
    answer = await lee.post(f"/cases/{number}/schedule", json=times)
    answer.raise_for_status()
    await jobs.drained(database(), 20)


async def calendars(number: str, to: str) -> list[tuple[str, int, list[str], str]]:
    """What one person's calendar was told: method, sequence, who takes part, UID; in order."""
    async with database().read() as session:
        rows = await session.exec(
            select(Mail).where(Mail.case_number == number, Mail.to == to).order_by(col(Mail.at))
        )
        files = [mail.attachments[0]["content"] for mail in rows.all() if mail.attachments]
    told = []
    for file in files:
        read = Calendar.from_ical(file)
        (event,) = read.walk("VEVENT")
        listed = event["ATTENDEE"]
        who = [str(one) for one in (listed if isinstance(listed, list) else [listed])]
        told.append((str(read["METHOD"]), int(event["SEQUENCE"]), who, str(event["UID"])))
    return told


async def test_that_whoever_takes_part_no_more_is_told_and_others_get_the_change(
    newcomer: Newcomer, person: SignedIn
) -> None:
    lee = await person("lee@support.example")
    number = await scheduled(await newcomer(), lee)
    async with database().write() as session:
        engagement = await session.get_one(Engagement, number)
        engagement.attendee_emails = [ANNA]
        session.add(engagement)
    await fix(lee, number, 12)
    assert [(method, count) for method, count, _, _ in await calendars(number, ANNA)] == [
        ("REQUEST", 1), ("REQUEST", 2),
    ]  # fmt: skip
    invited, withdrawn = await calendars(number, BO)
    assert invited[0] == "REQUEST"
    assert withdrawn[:3] == ("CANCEL", 2, [f"mailto:{BO}"])
    assert invited[3] == withdrawn[3]
    await fix(lee, number, 14)
    assert len(await calendars(number, BO)) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [("ACCEPTED", "accepted the invitation"), ("DECLINED", "declined the invitation"),
     ("TENTATIVE", "may come")],
)  # fmt: skip
async def test_that_the_desk_sees_who_comes(
    newcomer: Newcomer, person: SignedIn, client: httpx.AsyncClient, answer: str, said: str
) -> None:
    requester, lee = await newcomer(), await person("lee@support.example")
    number = await scheduled(requester, lee)
    uid = (await calendars(number, ANNA))[0][3]
    strangers = "eve@elsewhere.example"
    for sender, attendee in ((ANNA, ANNA), (strangers, ANNA), (strangers, strangers)):
        message = letter(sender, invitation_address(number) or "", "Yes")
        message.add_attachment(
            calendar_reply(uid, attendee, answer, 1).encode(), maintype="text",
            subtype="calendar", params={"method": "REPLY"},
        )  # fmt: skip
        brought = await client.post(
            "/api/v1/mail/inbound", content=message.as_bytes(),
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip
        assert brought.status_code == 200
    thread = (await lee.get(f"/cases/{number}")).json()["thread"]
    noted = [entry["text"] for entry in thread if entry["type"] == "attendance"]
    assert noted == [f"{ANNA} {said}."]
    own = (await requester.get(f"/cases/{number}")).json()["thread"]
    assert not [entry for entry in own if entry["type"] == "attendance"]


async def test_that_the_organizer_is_where_answers_are_read(
    newcomer: Newcomer, person: SignedIn
) -> None:
    number = await scheduled(await newcomer(), await person("lee@support.example"))
    async with database().read() as session:
        mail = (
            await session.exec(select(Mail).where(Mail.case_number == number, Mail.to == BO))
        ).one()
    (event,) = Calendar.from_ical(mail.attachments[0]["content"]).walk("VEVENT")
    assert str(event["ORGANIZER"]) == f"mailto:{invitation_address(number)}"
