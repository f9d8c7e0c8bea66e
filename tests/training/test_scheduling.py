"""The desk fixes the time; it changes, falls and is withdrawn; calendars follow by invitation."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from tests.conftest import Newcomer, SignedIn
from tests.training.requests import ZONE, at, moment, request

ATTENDEES = ["ana@contoso.example", "bo@contoso.example"]
HOUR = timedelta(hours=1)


class Engagement:
    """A training case, its requester, and an agent."""

    def __init__(
        self, owner: httpx.AsyncClient, lee: httpx.AsyncClient, client: httpx.AsyncClient,
        number: str,
    ) -> None:  # fmt: skip
        self.owner, self.lee, self.client, self.number = owner, lee, client, number
        self.path = f"/cases/{number}"

    async def schedule(self, **body: Any) -> httpx.Response:
        told = {"start": at(10), "end": at(11)} | body
        return await self.lee.post(f"{self.path}/schedule", json=told)

    async def reschedule(
        self, someone: httpx.AsyncClient | None = None, **body: Any
    ) -> httpx.Response:
        told = {"windows": [{"start": at(13, 12)}], "time_zone": ZONE} | body
        return await (someone or self.owner).post(f"{self.path}/reschedule", json=told)

    async def mails(self, to: str) -> list[dict[str, Any]]:
        """Mails about this case to somebody, oldest first."""
        answer = await self.client.get("/api/v1/demo/outbox", params={"to": to})
        items = [m for m in answer.json()["items"] if m["subject"].startswith(self.number)]
        return list(reversed(items))

    async def invitations(self, to: str) -> list[Calendar]:
        """The calendars that somebody was sent, by sequence: mails may overtake each other."""
        sent = [
            Calendar.from_ical(file["content"])
            for mail in await self.mails(to)
            for file in mail["attachments"]
        ]
        return sorted(sent, key=lambda calendar: int(event(calendar)["SEQUENCE"]))


@pytest_asyncio.fixture(loop_scope="session")
async def engagement(newcomer: Newcomer, person: SignedIn, client: httpx.AsyncClient) -> Engagement:
    owner = await newcomer(name="Olga Owner")
    case = await owner.post("/training-engagements", json=request(attendee_emails=ATTENDEES))
    return Engagement(owner, await person("lee@support.example"), client, case.json()["number"])


def event(calendar: Calendar) -> Any:
    [found] = calendar.walk("VEVENT")
    return found


async def test_that_scheduling_fixes_the_time_and_invites_everybody_once(
    engagement: Engagement,
) -> None:
    answer = await engagement.schedule(
        trainer="Tara Trainer", meeting_url="https://meet.support.example/42?x=1"
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "in_progress"
    scheduled = told["engagement"]["scheduled"]
    assert datetime.fromisoformat(scheduled["start"]) == moment(10)
    assert datetime.fromisoformat(scheduled["end"]) == moment(11)
    assert scheduled["trainer"] == "Tara Trainer"
    assert scheduled["meeting_url"] == "https://meet.support.example/42?x=1"
    assert told["sla"]["first_response_at"] is not None
    everybody = [engagement.owner.email, *ATTENDEES]
    for address in everybody:
        [calendar] = await engagement.invitations(address)
        assert str(calendar["METHOD"]) == "REQUEST"
        invited = event(calendar)
        assert invited.decoded("DTSTART") == moment(10)
        assert invited.decoded("DTEND") == moment(11)
        assert str(invited["UID"]) == f"{engagement.number}@support.example"
        assert int(invited["SEQUENCE"]) == 1
        assert str(invited["STATUS"]) == "CONFIRMED"
        assert sorted(str(a) for a in invited["ATTENDEE"]) == sorted(
            f"mailto:{a}" for a in everybody
        )
        assert str(invited["ORGANIZER"]) == "mailto:ask-licensing@support.example"
        assert engagement.number in str(invited["SUMMARY"])
        assert str(invited["LOCATION"]) == "https://meet.support.example/42?x=1"
        assert "Trainer: Tara Trainer" in str(invited["DESCRIPTION"])
    [mail] = await engagement.mails(ATTENDEES[0])
    assert mail["attachments"][0]["filename"] == "invitation.ics"
    assert mail["attachments"][0]["content_type"] == "text/calendar; method=REQUEST"
    assert "Olga Owner asked for this session." in mail["text"]
    assert f"from 10:00 to 11:00 ({ZONE})" in mail["text"]
    assert mail["links"] == ["https://meet.support.example/42?x=1"]


async def test_that_a_change_updates_the_same_invitation(engagement: Engagement) -> None:
    await engagement.schedule()
    await engagement.schedule(start=at(14), end=at(16))
    first, second = [event(c) for c in await engagement.invitations(ATTENDEES[0])]
    assert first["UID"] == second["UID"]
    assert int(first["SEQUENCE"]) < int(second["SEQUENCE"])
    assert second.decoded("DTSTART") == moment(14)


async def test_that_rescheduling_withdraws_the_old_time_and_waits_for_a_new_one(
    engagement: Engagement,
) -> None:
    await engagement.schedule()
    answer = await engagement.reschedule()
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["engagement"]["scheduled"] is None
    assert [w["start"] for w in told["engagement"]["windows"]] == [
        moment(13, 12).astimezone(UTC).isoformat().replace("+00:00", "Z")
    ]
    assert {"label": "Invitation", "value": "withdrawn until the new time is fixed"} in (
        told["receipt"]["lines"]
    )
    for address in (engagement.owner.email, *ATTENDEES):
        requested, withdrawn = await engagement.invitations(address)
        assert str(withdrawn["METHOD"]) == "CANCEL"
        assert event(withdrawn)["UID"] == event(requested)["UID"]
        assert int(event(withdrawn)["SEQUENCE"]) > int(event(requested)["SEQUENCE"])
        assert event(withdrawn).decoded("DTSTART") == moment(10)
        assert str(event(withdrawn)["STATUS"]) == "CANCELLED"
    confirmed = [m["subject"] for m in await engagement.mails(engagement.owner.email)]
    assert f"{engagement.number}: new times for your training on License Central (CLC)" in confirmed
    await engagement.schedule(start=at(13, 12), end=at(14, 12))
    calendars = await engagement.invitations(ATTENDEES[0])
    sequences = [int(event(calendar)["SEQUENCE"]) for calendar in calendars]
    assert sequences == sorted(set(sequences))
    assert str(calendars[-1]["METHOD"]) == "REQUEST"


async def test_that_rescheduling_before_a_time_is_fixed_withdraws_nothing(
    engagement: Engagement,
) -> None:
    told = (await engagement.reschedule()).json()
    assert "Invitation" not in {line["label"] for line in told["receipt"]["lines"]}
    assert await engagement.invitations(engagement.owner.email) == []
    assert await engagement.mails(ATTENDEES[0]) == []


async def test_that_cancelling_withdraws_the_invitation(engagement: Engagement) -> None:
    await engagement.schedule()
    answer = await engagement.owner.post(f"{engagement.path}/cancel", json={})
    assert {"label": "Invitation", "value": "withdrawn"} in answer.json()["receipt"]["lines"]
    for address in (engagement.owner.email, *ATTENDEES):
        requested, withdrawn = await engagement.invitations(address)
        assert str(withdrawn["METHOD"]) == "CANCEL"
        assert int(event(withdrawn)["SEQUENCE"]) > int(event(requested)["SEQUENCE"])
    subjects = [m["subject"] for m in await engagement.mails(engagement.owner.email)]
    assert subjects.count(f"{engagement.number}: cancelled") == 1


async def test_that_cancelling_before_a_time_is_fixed_writes_to_the_requester_alone(
    engagement: Engagement,
) -> None:
    await engagement.owner.post(f"{engagement.path}/cancel", json={})
    assert await engagement.invitations(engagement.owner.email) == []
    assert await engagement.mails(ATTENDEES[0]) == []


async def test_that_the_requester_who_also_attends_is_invited_once(
    newcomer: Newcomer, person: SignedIn, client: httpx.AsyncClient
) -> None:
    owner = await newcomer()
    case = await owner.post(
        "/training-engagements", json=request(attendee_emails=[owner.email.upper()])
    )
    lee = await person("lee@support.example")
    alone = Engagement(owner, lee, client, case.json()["number"])
    await alone.schedule()
    [calendar] = await alone.invitations(owner.email)
    assert len(calendar.walk("VEVENT")) == 1
    assert "mailto" in str(event(calendar)["ATTENDEE"])


async def test_that_the_calendar_is_in_the_form_that_mail_programs_read(
    newcomer: Newcomer, person: SignedIn, client: httpx.AsyncClient
) -> None:
    """RFC 5545: CRLF, folded lines, and text that cannot end its line early."""
    owner = await newcomer()
    topics = ["Semi; comma, back\\slash", "Two\nBEGIN:VEVENT\nlines", "Ünïcode " * 20]
    case = await owner.post("/training-engagements", json=request(topics=topics))
    one = Engagement(owner, await person("lee@support.example"), client, case.json()["number"])
    await one.schedule()
    [mail] = [m for m in await one.mails(owner.email) if m["attachments"]]
    raw = mail["attachments"][0]["content"]
    assert all(line.endswith("\r\n") for line in raw.splitlines(keepends=True))
    assert max(len(line.encode()) for line in raw.split("\r\n")) <= 75
    calendar = Calendar.from_ical(raw)
    assert len(calendar.walk("VEVENT")) == 1
    assert "Semi; comma, back\\slash" in str(event(calendar)["DESCRIPTION"])


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"start": "2020-01-01T10:00", "end": "2020-01-01T11:00"}, "start"),
        ({"end": at(9)}, "end"),
        ({"end": at(10)}, "end"),
        ({"end": f"{at(10)[:-2]}29"}, "end"),
        ({"end": at(19)}, "end"),
        ({"start": "soon"}, "start"),
        ({"start": "9999-12-31T22:00-11:00", "end": "9999-12-31T23:00-11:00"}, "start"),
        ({"start": "0001-01-01T00:00+14:00"}, "start"),
        ({"meeting_url": "javascript:alert(1)"}, "meeting_url"),
        ({"meeting_url": "meet.example"}, "meeting_url"),
        ({"meeting_url": f"https://meet.example/{'x' * 500}"}, "meeting_url"),
        ({"trainer": " "}, "trainer"),
        ({"room": "12"}, "room"),
    ],
)
async def test_that_a_wrong_schedule_is_refused_and_invites_nobody(
    engagement: Engagement, body: dict[str, Any], field: str
) -> None:
    answer = await engagement.schedule(**body)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert await engagement.invitations(engagement.owner.email) == []


@pytest.mark.parametrize("minutes", [30, 480])
async def test_that_the_desk_may_take_another_time_than_was_wished(
    engagement: Engagement, minutes: int
) -> None:
    start = moment(8, 4)
    answer = await engagement.schedule(
        start=start.isoformat(), end=(start + timedelta(minutes=minutes)).isoformat()
    )
    assert answer.status_code == 200


async def test_that_a_time_without_a_zone_is_in_the_engagements_zone(
    engagement: Engagement,
) -> None:
    await engagement.reschedule(time_zone="Asia/Kolkata", windows=[{"start": at(15, 12)}])
    told = (await engagement.schedule(start=at(15, 12), end=at(16, 12))).json()
    there = datetime.fromisoformat(at(15, 12)).replace(tzinfo=ZoneInfo("Asia/Kolkata"))
    assert datetime.fromisoformat(told["engagement"]["scheduled"]["start"]) == there


async def test_that_only_agents_of_the_queue_schedule(
    engagement: Engagement, person: SignedIn
) -> None:
    body = {"start": at(10), "end": at(11)}
    refused = await engagement.owner.post(f"{engagement.path}/schedule", json=body)
    assert refused.status_code == 403
    stranger = await person("carla@contoso.example")
    assert (await stranger.post(f"{engagement.path}/schedule", json=body)).status_code == 404
    mia = await person("mia@support.example")
    assert (await mia.post(f"{engagement.path}/schedule", json=body)).status_code == 200


async def test_that_strangers_do_not_reschedule_and_the_desk_may(
    engagement: Engagement, person: SignedIn
) -> None:
    stranger = await person("carla@contoso.example")
    assert (await engagement.reschedule(stranger)).status_code == 404
    assert (await engagement.reschedule(engagement.lee)).status_code == 200


async def test_that_windows_keep_their_rules_when_they_change(engagement: Engagement) -> None:
    answer = await engagement.reschedule(windows=[{"start": at(10, 2)}])
    assert answer.status_code == 422
    assert "too soon" in answer.json()["detail"]


async def test_that_what_is_no_training_or_has_ended_is_neither_scheduled_nor_rescheduled(
    engagement: Engagement,
) -> None:
    body = {"category": "training", "title": "A question", "description": "About training"}
    other = (await engagement.owner.post("/cases", json=body)).json()["number"]
    times = {"start": at(10), "end": at(11)}
    wishes = {"windows": [{"start": at(10)}], "time_zone": ZONE}
    question = await engagement.lee.post(f"/cases/{other}/schedule", json=times)
    assert question.status_code == 409
    assert "is “A question”" in question.json()["detail"]
    wished = await engagement.owner.post(f"/cases/{other}/reschedule", json=wishes)
    assert wished.status_code == 409
    await engagement.owner.post(f"{engagement.path}/cancel", json={})
    assert (await engagement.schedule()).status_code == 409
    assert (await engagement.reschedule()).status_code == 409


async def test_that_new_times_take_a_case_up_again_that_waited_for_them(
    engagement: Engagement,
) -> None:
    await engagement.lee.patch(engagement.path, json={"status": "customer_pending"})
    assert (await engagement.reschedule()).json()["status"] == "in_progress"


async def test_that_a_dry_run_of_a_schedule_invites_nobody(engagement: Engagement) -> None:
    tried = await engagement.lee.post(
        f"{engagement.path}/schedule", json={"start": at(10), "end": at(11)},
        headers={"Dry-Run": "true"},
    )  # fmt: skip
    assert tried.status_code == 200
    assert tried.json()["engagement"]["scheduled"] is not None
    case = (await engagement.owner.get(engagement.path)).json()
    assert case["engagement"]["scheduled"] is None
    assert await engagement.invitations(ATTENDEES[0]) == []
