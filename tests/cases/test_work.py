"""What happens to a case after it was opened: claimed, answered, noted, closed, reopened."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from backend.cases.schemas import Status
from backend.core import clock
from backend.core.database import database
from backend.core.events import Event
from tests.conftest import ClockAt, Newcomer, SignedIn

LEE, MO, MIA = "lee@support.example", "mo@support.example", "mia@support.example"
CASE = {"category": "orders", "title": "Order stuck", "description": "It does not move."}
BY = {LEE: "Lee Castellwyn", MO: "Mo Elbarrow", MIA: "Mia Rosentorp"}


class Thread:
    """One case with the people around it."""

    def __init__(self, owner: httpx.AsyncClient, lee: httpx.AsyncClient, number: str) -> None:
        self.owner, self.lee, self.number = owner, lee, number
        self.path = f"/cases/{number}"

    async def do(self, someone: httpx.AsyncClient, what: str, **body: Any) -> dict[str, Any]:
        method = "PATCH" if not what else "POST"
        answer = await someone.request(method, f"{self.path}{what}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def seen_by(self, someone: httpx.AsyncClient) -> dict[str, Any]:
        told: dict[str, Any] = (await someone.get(self.path)).json()
        return told

    async def events(self) -> list[Event]:
        async with database().read() as session:
            rows = await session.exec(
                select(Event).where(Event.subject == self.number).order_by(Event.at)  # type: ignore[arg-type]
            )
            return list(rows.all())


@pytest_asyncio.fixture(loop_scope="session")
async def thread(newcomer: Newcomer, person: SignedIn) -> Thread:
    owner = await newcomer(name="Olga Owner")
    number = (await owner.post("/cases", json=CASE)).json()["number"]
    return Thread(owner, await person(LEE), number)


async def mails(client: httpx.AsyncClient, to: str) -> list[dict[str, Any]]:
    """The outbox of somebody, oldest first."""
    items = (await client.get("/api/v1/demo/outbox", params={"to": to})).json()["items"]
    return list(reversed(items))


# --- Claim ------------------------------------------------------------------------------------


async def test_that_claiming_takes_the_case_and_acknowledges_it(thread: Thread) -> None:
    told = await thread.do(thread.lee, "/claim")
    assert told["assignee"] == {"name": BY[LEE], "email": LEE}
    assert told["status"] == "acknowledged"
    assert [e["type"] for e in told["thread"]] == ["opened", "assigned", "status"]


async def test_that_claiming_again_changes_nothing(thread: Thread) -> None:
    first = await thread.do(thread.lee, "/claim")
    assert (await thread.do(thread.lee, "/claim"))["thread"] == first["thread"]


async def test_that_another_agent_is_told_who_has_it(thread: Thread, person: SignedIn) -> None:
    await thread.do(thread.lee, "/claim")
    mo = await person(MO)
    refused = await mo.post(f"{thread.path}/claim")
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"{BY[LEE]} ({LEE}) already works on it."


async def test_that_of_agents_who_claim_at_once_one_gets_it(
    thread: Thread, person: SignedIn
) -> None:
    agents = [await person(email) for email in (LEE, MO, MIA)]
    answers = await asyncio.gather(*(agent.post(f"{thread.path}/claim") for agent in agents))
    assert sorted(a.status_code for a in answers) == [200, 409, 409]
    [won] = [a.json()["assignee"] for a in answers if a.status_code == 200]
    assert (await thread.seen_by(thread.lee))["assignee"] == won
    assert all(won["email"] in a.json()["detail"] for a in answers if a.status_code == 409)


async def test_that_a_dry_run_of_a_claim_takes_nothing(thread: Thread) -> None:
    tried = await thread.lee.post(f"{thread.path}/claim", headers={"Dry-Run": "true"})
    assert tried.json()["assignee"]["email"] == LEE
    assert (await thread.seen_by(thread.lee))["assignee"] is None


# --- Status -----------------------------------------------------------------------------------

# Written out: from where the desk may go where. A case is new only once; cancelling is a call
# of its own; what is closed can only be taken up again.
OPEN = ("acknowledged", "in_progress", "customer_pending")
ALLOWED = {
    "new": {*OPEN, "closed"},
    "acknowledged": {"in_progress", "customer_pending", "closed"},
    "in_progress": {"acknowledged", "customer_pending", "closed"},
    "customer_pending": {"acknowledged", "in_progress", "closed"},
    "closed": {"in_progress"},
    "cancelled": set(),
}


async def bring_to(thread: Thread, status: str) -> None:
    if status == "cancelled":
        await thread.do(thread.owner, "/cancel")
    elif status != "new":
        await thread.do(thread.lee, "", status=status)
    assert (await thread.seen_by(thread.lee))["status"] == status


@pytest.mark.parametrize("before", list(Status))
async def test_that_a_status_changes_only_along_the_allowed_ways(
    newcomer: Newcomer, person: SignedIn, before: Status
) -> None:
    lee, owner = await person(LEE), await newcomer()
    for after in Status:
        number = (await owner.post("/cases", json=CASE)).json()["number"]
        thread = Thread(owner, lee, number)
        await bring_to(thread, before)
        answer = await lee.patch(thread.path, json={"status": after})
        if after == before:
            assert answer.json()["receipt"]["title"] == "Nothing to change"
        elif after in ALLOWED[before]:
            assert (answer.status_code, answer.json()["status"]) == (200, after)
        else:
            assert answer.status_code == 409, (before, after)
            assert (await thread.seen_by(lee))["status"] == before


async def test_that_a_refused_status_says_which_are_possible(thread: Thread) -> None:
    await bring_to(thread, "closed")
    refused = await thread.lee.patch(thread.path, json={"status": "acknowledged"})
    assert refused.json()["hint"] == "Possible now: in_progress."


async def test_that_one_update_changes_all_that_it_names_and_nothing_else(thread: Thread) -> None:
    told = await thread.do(thread.lee, "", status="in_progress", severity=2, assignee=MO)
    assert (told["status"], told["severity"], told["queue"]) == ("in_progress", 2, "orders")
    assert told["assignee"]["email"] == MO
    assert [line["label"] for line in told["receipt"]["lines"]] == [
        "Status", "Severity", "Assigned to",
    ]  # fmt: skip
    released = await thread.do(thread.lee, "", assignee=None)
    assert (released["assignee"], released["status"]) == (None, "in_progress")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"queue": "nowhere"}, "queue"),
        ({"assignee": "nadia@northwind.example"}, "assignee"),
        ({"assignee": "cyra@support.example"}, "assignee"),
        ({"assignee": "nobody@support.example"}, "assignee"),
        ({"assignee": MIA, "queue": "accounts"}, "assignee"),
        ({"severity": 5}, "severity"),
        ({"status": "done"}, "status"),
        ({"title": "Other"}, "title"),
    ],
)
async def test_that_a_wrong_update_is_refused_and_changes_nothing(
    thread: Thread, body: dict[str, Any], field: str
) -> None:
    before = await thread.seen_by(thread.lee)
    answer = await thread.lee.patch(thread.path, json={"severity": 1} | body)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert await thread.seen_by(thread.lee) == before


async def test_that_a_case_moves_with_its_agent_only_to_where_the_agent_works(
    thread: Thread, person: SignedIn
) -> None:
    mia, mo = await person(MIA), await person(MO)
    await thread.do(mia, "/claim")
    moved = await thread.do(mo, "", queue="accounts")
    assert (moved["queue"], moved["assignee"]) == ("accounts", None)
    assert (await mia.get(thread.path)).status_code == 404
    await thread.do(mo, "/claim")
    back = await thread.do(mo, "", queue="licensing")
    assert back["assignee"]["email"] == MO


# --- Replies and notes ------------------------------------------------------------------------


async def test_that_a_reply_is_in_the_thread_and_reaches_the_requester_by_mail_once(
    thread: Thread, client: httpx.AsyncClient
) -> None:
    told = await thread.do(thread.lee, "/replies", text="Please check <b>again</b>.")
    assert told["status"] == "in_progress"
    assert told["sla"]["first_response_at"] is not None
    seen = await thread.seen_by(thread.owner)
    reply = seen["thread"][-1]
    assert (reply["type"], reply["text"]) == ("reply", "Please check <b>again</b>.")
    assert reply["author"] == {"name": BY[LEE], "email": LEE}
    mail = (await mails(client, thread.owner.email))[-1]
    assert mail["subject"] == f"{thread.number}: an answer from {BY[LEE]}"
    assert "Please check <b>again</b>." in mail["text"]
    assert "<b>" not in mail["html"]
    assert len(await mails(client, thread.owner.email)) == 2


async def test_that_internal_notes_are_the_desks_own(
    thread: Thread, client: httpx.AsyncClient
) -> None:
    await thread.do(thread.lee, "/notes", text="The customer is difficult.")
    await thread.do(thread.lee, "", severity=2, queue="licensing")
    seen = await thread.seen_by(thread.owner)
    assert "difficult" not in str(seen)
    assert [entry["internal"] for entry in seen["thread"]] == [False] * len(seen["thread"])
    desk = await thread.seen_by(thread.lee)
    [note] = [entry for entry in desk["thread"] if entry["type"] == "note"]
    assert (note["internal"], note["text"]) == (True, "The customer is difficult.")
    assert "difficult" not in str(await mails(client, thread.owner.email))


async def test_that_answers_to_the_requester_never_carry_internal_entries(thread: Thread) -> None:
    await thread.do(thread.lee, "/notes", text="Not for them.")
    for what, body in (("/notes", {"text": "Any news?"}), ("/cancel", {})):
        told = await thread.do(thread.owner, what, **body)
        assert "Not for them." not in str(told)
        assert told["conversation"] is None


async def test_that_a_note_of_the_requester_is_part_of_the_thread(thread: Thread) -> None:
    told = await thread.do(thread.owner, "/notes", text="It is urgent now.")
    assert (told["status"], told["receipt"]["title"]) == ("new", "Note added")
    desk = await thread.seen_by(thread.lee)
    assert (desk["thread"][-1]["text"], desk["thread"][-1]["internal"]) == (
        "It is urgent now.", False,
    )  # fmt: skip


async def test_that_a_note_takes_a_case_up_again_that_waited_for_it(thread: Thread) -> None:
    await bring_to(thread, "customer_pending")
    assert (await thread.do(thread.owner, "/notes", text="Here it is."))["status"] == "in_progress"


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5001])
async def test_that_an_empty_or_endless_text_is_refused(thread: Thread, text: str) -> None:
    for someone, what in ((thread.lee, "/replies"), (thread.owner, "/notes")):
        answer = await someone.post(f"{thread.path}{what}", json={"text": text})
        assert answer.status_code == 422


# --- Close, reopen, cancel --------------------------------------------------------------------


async def test_that_closing_is_told_by_mail_with_how_to_reopen(
    thread: Thread, client: httpx.AsyncClient
) -> None:
    await thread.do(thread.lee, "", status="closed")
    mail = (await mails(client, thread.owner.email))[-1]
    assert mail["subject"] == f"{thread.number}: closed"
    assert "add a note within 14 days" in mail["text"]


async def test_that_what_has_ended_takes_no_answer_and_no_claim(thread: Thread) -> None:
    await bring_to(thread, "closed")
    for what, body in (("/replies", {"text": "x"}), ("/claim", {})):
        answer = await thread.lee.post(f"{thread.path}{what}", json=body)
        assert answer.status_code == 409, what
    assert (await thread.lee.patch(thread.path, json={"assignee": LEE})).status_code == 409
    assert (await thread.owner.post(f"{thread.path}/cancel", json={})).status_code == 409


async def test_that_a_note_within_fourteen_days_reopens_a_closed_case(
    thread: Thread, clock_at: ClockAt
) -> None:
    await bring_to(thread, "closed")
    clock_at(clock.now() + timedelta(days=13, hours=23))
    told = await thread.do(thread.owner, "/notes", text="It came back.")
    assert told["status"] == "in_progress"
    assert told["receipt"]["title"] == "Note added, the case is open again"
    assert (await thread.seen_by(thread.lee))["sla"]["state"] != "met"


async def test_that_after_fourteen_days_a_closed_case_stays_closed(
    thread: Thread, clock_at: ClockAt
) -> None:
    await bring_to(thread, "closed")
    closed = clock.now()
    clock_at(closed + timedelta(days=10))
    await thread.do(thread.lee, "/notes", text="Looked at it once more.")
    clock_at(closed + timedelta(days=14, minutes=1))
    refused = await thread.owner.post(f"{thread.path}/notes", json={"text": "Again!"})
    assert refused.status_code == 409
    assert refused.json()["hint"] == "Open a new case and mention the old number."
    assert (await thread.seen_by(thread.owner))["status"] == "closed"


async def test_that_the_requester_cancels_once_with_a_reason_and_is_mailed(
    thread: Thread, client: httpx.AsyncClient
) -> None:
    told = await thread.do(thread.owner, "/cancel", reason="Solved itself.")
    assert told["status"] == "cancelled"
    assert told["thread"][-1]["text"] == "Solved itself."
    again = await thread.owner.post(f"{thread.path}/cancel", json={})
    assert again.status_code == 409
    subjects = [m["subject"] for m in await mails(client, thread.owner.email)]
    assert subjects.count(f"{thread.number}: cancelled") == 1
    refused = await thread.owner.post(f"{thread.path}/notes", json={"text": "Or not?"})
    assert refused.status_code == 409


async def test_that_the_desk_may_cancel_too(thread: Thread) -> None:
    assert (await thread.do(thread.lee, "/cancel"))["status"] == "cancelled"


# --- Traces -----------------------------------------------------------------------------------


async def test_that_everything_that_was_done_is_an_event_with_its_actor_and_face(
    thread: Thread,
) -> None:
    await thread.do(thread.lee, "/claim")
    await thread.do(thread.lee, "/notes", text="Internal.")
    await thread.do(thread.lee, "/replies", text="An answer.")
    await thread.do(thread.owner, "/notes", text="Thanks.")
    await thread.do(thread.lee, "", severity=2)
    await thread.do(thread.lee, "", status="closed")
    owner = thread.owner.email
    assert [(e.type, e.actor, e.via) for e in await thread.events()] == [
        ("case_opened", owner, "rest"),
        ("case_claimed", LEE, "rest"),
        ("case_noted_internally", LEE, "rest"),
        ("case_replied", LEE, "rest"),
        ("case_noted", owner, "rest"),
        ("case_updated", LEE, "rest"),
        ("case_closed", LEE, "rest"),
        ("case_updated", LEE, "rest"),
    ]


async def test_that_refusals_and_dry_runs_leave_no_event(thread: Thread) -> None:
    before = len(await thread.events())
    await thread.owner.post(f"{thread.path}/claim")
    await thread.lee.patch(thread.path, json={"status": "new"})
    await thread.lee.patch(thread.path, json={"status": "closed"}, headers={"Dry-Run": "true"})
    assert len(await thread.events()) == before
