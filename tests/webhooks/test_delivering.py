"""Messages to a real receiver: signed, in order, tried again, given up, sent once more."""

import asyncio
import gzip
from datetime import timedelta
from typing import get_args

import httpx
import pytest
from sqlmodel import col, select
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.core import timers
from backend.core.database import database
from backend.core.events import Event
from backend.webhooks import pump, sending
from backend.webhooks.messages import CASE_EVENTS, MESSAGES
from backend.webhooks.models import WebhookDelivery
from backend.webhooks.pump import WAITS, plan_webhooks, send_webhooks
from backend.webhooks.schemas import Message
from tests.access.conftest import mails_to
from tests.cases.test_work import mails
from tests.conftest import Newcomer, SignedIn
from tests.training.requests import request
from tests.webhooks.conftest import LEE, MO, Later, MakeEndpoint, done, opened
from tests.webhooks.receiver import Receiver


async def test_that_a_case_is_told_signed_and_in_the_words_of_the_case_system(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there, someone = await endpoint(), await newcomer(name="Ada Askwell", time_zone="Asia/Tokyo")
    number = await opened(someone, severity=2, order_number="4100005")
    await done()
    (message,) = there.receiver.got
    assert there.receiver.refused == []
    assert (message["type"], message["data"]["sequence"]) == ("case.opened", 1)
    told = message["data"]["case"]
    assert told["CallerTicketNumber"] == number
    assert (told["Severity"], told["Status"], told["CallNumber"]) == ("2", "New", None)
    assert (told["Technology"], told["ProblemCode"]) == ("Licensing", "ORDER_PROVISIONING")
    assert (told["ContactName"], told["ContactPhone"]) == ("Ada Askwell", "+47 555 01 00")
    assert told["ContactEmail"] == someone.email
    assert told["ContactDomain"] == "northwind.example"
    assert (told["SalesOrder"], told["CustomerRequestedStartTime"]) == ("4100005", None)
    headers = there.receiver.headers[0]
    assert headers["content-type"] == "application/json"
    assert headers["host"] in there.receiver.address
    one = await there.only()
    assert (one["status"], one["answer_status"], one["answer"]) == ("delivered", 200, "Thanks.")
    assert (one["id"], one["attempts"], one["error"]) == (message["id"], 1, "")
    assert one["duration_ms"] >= 0
    assert (await there.seen())["health"] == "working"


async def test_that_a_training_session_has_the_times_that_were_asked_for(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there, someone = await endpoint(), await newcomer()
    asked = await someone.post("/training-engagements", json=request(open_another=True))
    window = asked.json()["engagement"]["windows"][0]
    await done()
    told = there.receiver.got[0]["data"]["case"]
    assert told["ProblemCode"] in {"TRAINING_ENGAGEMENT", "DEMO_ENGAGEMENT"}
    assert told["CustomerRequestedStartTime"][:19] == window["start"][:19]
    assert told["CustomerRequestedEndTime"][:19] == window["end"][:19]
    assert "Attendees: " in told["Remarks"]


async def test_that_a_case_is_told_step_by_step_in_order(
    endpoint: MakeEndpoint, newcomer: Newcomer, person: SignedIn
) -> None:
    there, someone, lee = await endpoint(), await newcomer(), await person(LEE)
    number = await opened(someone)
    path = f"/cases/{number}"
    await lee.post(f"{path}/claim")
    await lee.post(f"{path}/replies", json={"text": "We look into it."})
    await lee.post(f"{path}/notes", json={"text": "Only for us."})
    await someone.post(f"{path}/notes", json={"text": "Thank you."})
    file = {"file": ("a.txt", b"hello", "text/plain")}
    await someone.post(f"{path}/attachments", files=file)
    await lee.patch(path, json={"status": "closed"})
    await done()
    got = there.receiver.got
    assert [one["data"]["sequence"] for one in got] == list(range(1, len(got) + 1))
    assert there.receiver.types == [
        "case.opened", "case.claimed", "case.replied", "case.noted_internally", "case.noted",
        "case.attachment_added", "case.closed", "case.updated",
    ]  # fmt: skip
    said = {one["type"]: one["data"]["entry"] for one in got}
    assert (said["case.replied"]["text"], said["case.replied"]["visibility"]) == (
        "We look into it.", "public",
    )  # fmt: skip
    assert said["case.noted_internally"]["visibility"] == "internal"
    (attached,) = got[5]["data"]["attachments"]
    assert (attached["filename"], attached["size"]) == ("a.txt", 5)
    assert got[-1]["data"]["case"]["Status"] == "Closed"


# How our desk helps itself is no news to the other side.
OUR_OWN = {
    "case_due_soon", "case_breached", "case_macro_run", "case_tagged", "case_suggested",
    "case_suggestion_dismissed",
}  # fmt: skip


def test_that_every_event_of_cases_is_told() -> None:
    """What a case's event is called stands in the sources; a new one has to be placed."""
    import re

    from tests.core.test_jobs import _sources

    told = r'(?:note_event|record)\(\s*session,\s*"((?:case|training)_[a-z_]+)"'
    named = set(re.findall(told, _sources()))
    assert named - CASE_EVENTS.keys() <= OUR_OWN
    assert set(get_args(Message)) == set(MESSAGES)
    assert {"case_opened", "training_scheduled"} <= named


async def test_that_only_the_chosen_messages_come(
    endpoint: MakeEndpoint, newcomer: Newcomer, person: SignedIn
) -> None:
    there = await endpoint(event_types=["case.claimed"])
    number = await opened(await newcomer())
    await (await person(LEE)).post(f"/cases/{number}/claim")
    await done()
    assert there.receiver.types == ["case.claimed"]
    assert there.receiver.got[0]["data"]["sequence"] == 2


FAILURES = {
    "500": lambda: PlainTextResponse("Out of order", 500),
    "404": lambda: PlainTextResponse("No such page", 404),
    "redirect": lambda: RedirectResponse("/elsewhere", 307),
}


@pytest.mark.parametrize("how", FAILURES)
async def test_that_a_failure_is_tried_again_later_under_the_same_id(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later, how: str
) -> None:
    there = await endpoint(Receiver(script=[FAILURES[how](), FAILURES[how]()]))
    await opened(await newcomer())
    await done()
    one = await there.only()
    assert (one["status"], one["attempts"]) == ("waiting", 1)
    assert one["answer_status"] in {500, 404, 307}
    assert one["error"]
    assert (await there.seen())["health"] == "failing"
    await timers.run_due()
    await done()
    assert len(there.receiver.tried) == 1, "it is not due yet"
    await later(minutes=1)
    await later(minutes=7)
    assert (await there.only())["status"] == "delivered"
    assert len(there.receiver.tried) == 3
    assert len(set(there.receiver.tried)) == 1
    assert (await there.seen())["health"] == "working"


async def test_that_waits_grow_and_differ(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later
) -> None:
    there = await endpoint(Receiver(script=[PlainTextResponse("", 503)] * 20))
    someone = await newcomer()
    await opened(someone)
    await opened(someone)
    await done()
    due = set()
    for wait in WAITS:
        first, second = await there.deliveries()
        if first["status"] == "dead":
            break
        due.add(first["due_at"])
        due.add(second["due_at"])
        await later(seconds=wait.total_seconds() * 1.2 + 1)
    assert len(due) == 2 * len(WAITS), "no two are due at the same moment"
    assert sum(WAITS, timedelta(0)) > timedelta(days=3)
    assert list(WAITS) == sorted(WAITS)


async def test_that_what_is_given_up_can_be_sent_again(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later
) -> None:
    there = await endpoint(Receiver(script=[PlainTextResponse("", 500)] * (len(WAITS) + 1)))
    await opened(await newcomer())
    await done()
    paused = False
    for wait in WAITS:
        await later(seconds=wait.total_seconds() * 1.2 + 1)
        if (await there.seen())["health"] == "paused":
            paused = True
            await there.change(active=True)
            await done()
    assert paused, "after three days without success nothing is sent until a lead looks"
    assert any(
        there.receiver.address in one.subject for one in await mails_to(MO, "webhook_paused")
    )
    one = await there.only()
    assert (one["status"], one["attempts"], one["due_at"]) == ("dead", len(WAITS) + 1, None)
    assert ((await there.seen())["dead"], (await there.seen())["waiting"]) == (1, 0)
    path = f"/webhooks/{there.id}/deliveries/{one['id']}/replay"
    again = await there.lead.post(path)
    assert again.status_code == 200, again.text
    await done()
    assert (await there.only())["status"] == "delivered"
    (arrived,) = there.receiver.got
    assert arrived["id"] == one["id"]
    once_more = (await there.lead.post(path)).json()
    assert any("had arrived" in line["value"] for line in once_more["receipt"]["lines"])
    await done()
    assert [one["id"] for one in there.receiver.got] == [one["id"]] * 2


async def test_that_retry_after_is_heeded(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later
) -> None:
    busy = PlainTextResponse("Later", 429, headers={"Retry-After": "3600"})
    there, someone = await endpoint(Receiver(script=[busy])), await newcomer()
    await opened(someone)
    await done()
    await opened(someone)
    await later(minutes=10)
    assert len(there.receiver.tried) == 1, "another case waits as well"
    assert (await there.seen())["quiet_until"]
    await later(minutes=55)
    assert len(there.receiver.got) == 2


async def test_that_410_ends_it_until_somebody_looks(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later
) -> None:
    there, someone = await endpoint(Receiver(script=[PlainTextResponse("", 410)])), await newcomer()
    first = await opened(someone)
    await done()
    seen = await there.seen()
    assert (seen["health"], seen["paused_because"]) == ("paused", "gone")
    second = await opened(someone)
    await later(hours=30)
    assert len(there.receiver.tried) == 1
    told = [
        one for one in await mails_to(MO, "webhook_paused") if there.receiver.address in one.subject
    ]
    assert ["410" in one.text for one in told] == [True]
    assert (await there.seen())["waiting"] == 2
    await there.change(active=True)
    await done()
    told = {one["data"]["case"]["CallerTicketNumber"] for one in there.receiver.got}
    assert told == {first, second}, "nothing that happened meanwhile is lost"


async def test_that_the_next_of_a_case_waits_for_the_one_before(
    endpoint: MakeEndpoint, newcomer: Newcomer, person: SignedIn, later: Later
) -> None:
    there, someone = await endpoint(Receiver(script=[PlainTextResponse("", 500)])), await newcomer()
    number = await opened(someone)
    await done()
    await (await person(LEE)).post(f"/cases/{number}/claim")
    other = await opened(someone)
    await done()
    assert [one["data"]["case"]["CallerTicketNumber"] for one in there.receiver.got] == [other]
    await later(minutes=2)
    assert there.receiver.types == ["case.opened", "case.opened", "case.claimed"]


async def test_that_a_slow_receiver_holds_up_nobody(
    endpoint: MakeEndpoint, newcomer: Newcomer, client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sending, "SECONDS", 60.0)
    gate = asyncio.Event()
    slow, quick, someone = await endpoint(Receiver(gate=gate)), await endpoint(), await newcomer()
    for _ in range(10):
        await opened(someone)
    for _ in range(200):
        if len(quick.receiver.got) == 10:
            break
        await asyncio.sleep(0.1)
    assert (len(quick.receiver.got), slow.receiver.got) == (10, [])
    assert slow.receiver.at_once >= 1
    gate.set()
    assert len(await mails(client, someone.email)) == 10  # type: ignore[attr-defined]
    await done()
    assert len(slow.receiver.got) == 10
    assert slow.receiver.most_at_once <= pump.AT_ONCE


async def test_that_nobody_waits_longer_than_the_limit(
    endpoint: MakeEndpoint, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    there = await endpoint(Receiver(slow=1.0))
    await opened(await newcomer())
    await done()
    one = await there.only()
    assert (one["status"], one["error"]) == ("waiting", "No answer within 0.5 seconds.")
    assert 500 <= one["duration_ms"] < 1000
    await asyncio.sleep(0.6)


async def test_that_an_answer_without_end_is_not_read_to_its_end(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 10_000
            await asyncio.sleep(0)

    from starlette.responses import StreamingResponse

    there = await endpoint(Receiver(script=[StreamingResponse(endless())]))  # type: ignore[arg-type]
    await opened(await newcomer())
    await done()
    one = await there.only()
    assert (one["status"], one["answer"]) == ("delivered", "x" * 500)
    assert sent < 10_000


async def test_that_a_bomb_is_not_unfolded(endpoint: MakeEndpoint, newcomer: Newcomer) -> None:
    folded = gzip.compress(b"0" * 50_000_000)
    bomb = Response(folded, 500, headers={"Content-Encoding": "gzip"})
    there = await endpoint(Receiver(script=[bomb]))
    await opened(await newcomer())
    await done()
    assert len((await there.only())["answer"]) <= 500


async def test_that_a_receiver_that_is_down_is_an_error_in_words(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint()
    await there.change(url="http://127.0.0.1:9/in")
    await opened(await newcomer())
    await done()
    one = await there.only()
    assert (one["status"], one["answer_status"]) == ("waiting", None)
    assert one["error"].startswith("It can’t be reached")


async def test_that_tls_where_there_is_none_is_an_error_in_words(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint()
    await there.change(url=there.receiver.address.replace("http", "https"))
    await opened(await newcomer())
    await done()
    assert (await there.only())["error"].startswith("It can’t be reached")


async def test_that_a_repeated_job_plans_nothing_twice(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint()
    number = await opened(await newcomer())
    await done()
    async with database().read() as session:
        event = (await session.exec(select(Event).where(Event.subject == number))).one()
    await plan_webhooks(event.id)
    await done()
    assert len(there.receiver.tried) == 1


async def test_that_two_runs_at_once_send_a_message_once(
    endpoint: MakeEndpoint, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await endpoint(Receiver(slow=0.3))
    await opened(await newcomer())
    await asyncio.gather(*(send_webhooks(f"{there.id}:run{number}") for number in range(4)))
    await done()
    assert len(there.receiver.tried) == 1


async def test_that_whoever_dies_before_noting_it_sends_it_again_under_the_same_id(
    endpoint: MakeEndpoint, newcomer: Newcomer, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver has it, and the process ends before that is written down."""
    there = await endpoint()
    note = pump._note

    class Killed(BaseException):
        pass

    async def die(*_: object) -> None:
        raise Killed

    await there.change(active=False)
    await done()
    number = await opened(await newcomer())
    async with database().write() as session:
        event = (await session.exec(select(Event).where(Event.subject == number))).one()
        delivery = WebhookDelivery(
            endpoint_id=there.id, event_id=event.id, type="case.opened", case_number=number,
            sequence=1, body="{}",
        )  # fmt: skip
        session.add(delivery)
        row = await session.get_one(pump.WebhookEndpoint, there.id)
        row.active = True
    monkeypatch.setattr(pump, "_note", die)
    with pytest.raises(Killed):
        await send_webhooks(f"{there.id}:first")
    monkeypatch.setattr(pump, "_note", note)
    assert len(there.receiver.got) == 1
    assert (await there.only())["attempts"] == 0
    await send_webhooks(f"{there.id}:second")
    assert len(there.receiver.got) == 1, "the first one’s claim still counts"
    await later(minutes=2)
    assert [one["id"] for one in there.receiver.got] == [delivery.id] * 2
    assert (await there.only())["status"] == "delivered"


async def test_that_nobody_is_told_what_was_deleted(
    endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there = await endpoint(Receiver(slow=0.5))
    await opened(await newcomer())
    await asyncio.sleep(0.3)
    extra = await there.lead.post("/webhooks", json={"url": f"{there.receiver.address}/two"})
    gone = await there.lead.delete(f"/webhooks/{extra.json()['id']}")
    assert gone.status_code == 200
    await done()
    async with database().read() as session:
        left = await session.exec(
            select(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == extra.json()["id"])
        )
        assert left.all() == []
