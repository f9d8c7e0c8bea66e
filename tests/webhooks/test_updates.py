"""What the case system tells of our cases, and that nothing goes round in circles."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import select
from starlette.responses import PlainTextResponse, Response

from backend.core.database import database
from backend.core.events import Event
from backend.core.settings import settings
from tests.cases.test_work import mails
from tests.conftest import Newcomer, SignedIn, client_of
from tests.webhooks.conftest import LEE, TOKEN, MakeEndpoint, done, opened, update
from tests.webhooks.receiver import Receiver


async def tell(outside: httpx.AsyncClient, number: str, message: dict[str, Any]) -> dict[str, Any]:
    answer = await outside.put(f"/case-system/cases/{number}", json=message)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_that_their_number_is_seen_by_desk_and_requester(
    outside: httpx.AsyncClient, newcomer: Newcomer, person: SignedIn
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    engineer = {"name": "Ines Quill", "email": "ines@cs-one.example"}
    told = await tell(
        outside, number,
        update(reference="SR-698112233", acknowledged=True, engineer=engineer),
    )  # fmt: skip
    assert (told["applied"], told["status"]) == (True, "acknowledged")
    for seen in (
        await someone.get(f"/cases/{number}"),
        await (await person(LEE)).get(f"/cases/{number}"),
    ):
        case = seen.json()
        assert case["external_reference"] == "SR-698112233"
        said = [one for one in case["thread"] if one["type"] == "reference"]
        assert [one["text"] for one in said] == ["CS-One has this case as SR-698112233."]
        assert said[0]["author"]["name"] == "CS-One"


async def test_that_an_answer_reaches_the_requester_in_the_name_of_the_system(
    outside: httpx.AsyncClient, newcomer: Newcomer, client: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    talk = (await someone.post("/conversations", json={"portal": "clc"})).json()["id"]
    number = await opened(someone)
    await tell(outside, number, update(reply="Please try it again now.", status="Working"))
    await done()
    case = (await someone.get(f"/cases/{number}")).json()
    assert (case["status"], case["sla"]["first_response_at"] is not None) == ("in_progress", True)
    assert case["thread"][-1]["text"] == "Please try it again now."
    newest = (await mails(client, someone.email))[-1]  # type: ignore[attr-defined]
    assert "an answer from CS-One" in newest["subject"]
    messages = (await someone.get(f"/conversations/{talk}/messages")).json()["items"]
    assert "Please try it again now." in [one["text"] for one in messages]


async def test_that_a_note_is_for_the_desk_only(
    outside: httpx.AsyncClient, newcomer: Newcomer, person: SignedIn
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    await tell(outside, number, update(note="The backend team has it."))
    assert "backend team" not in (await someone.get(f"/cases/{number}")).text
    assert "backend team" in (await (await person(LEE)).get(f"/cases/{number}")).text


async def test_that_it_closes_after_the_last_word(
    outside: httpx.AsyncClient, newcomer: Newcomer, client: httpx.AsyncClient
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    told = await tell(outside, number, update(reply="It is solved.", close=True))
    assert told["status"] == "closed"
    await done()
    subjects = [one["subject"] for one in await mails(client, someone.email)]  # type: ignore[attr-defined]
    assert subjects[-1].endswith("closed")
    assert (await tell(outside, number, update(2, status="Working")))["status"] == "in_progress"


async def test_that_the_same_message_counts_once(
    outside: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    message = update(reply="Only once, please.")
    answers = await asyncio.gather(*(tell(outside, number, message) for _ in range(6)))
    assert sorted(one["repeated"] for one in answers) == [False] + [True] * 5
    thread = (await someone.get(f"/cases/{number}")).json()["thread"]
    assert sum(one["type"] == "reply" for one in thread) == 1
    other = await outside.put(
        f"/case-system/cases/{number}", json=message | {"reply": "Something else"}
    )
    assert (other.status_code, other.json()["type"]) == (422, "/problems/event-id-reused")


async def test_that_an_older_version_changes_nothing_but_is_heard(
    outside: httpx.AsyncClient, newcomer: Newcomer, person: SignedIn
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    await tell(outside, number, update(5, severity="1", status="Customer Pending", reference="R5"))
    late = update(4, severity=4, status="Working", reference="R4", note="Said late.")
    told = await tell(outside, number, late)
    assert (told["applied"], told["version"], told["reference"]) == (False, 5, "R5")
    case = (await (await person(LEE)).get(f"/cases/{number}")).json()
    assert (case["severity"], case["status"]) == (1, "customer_pending")
    assert "Said late." in [one["text"] for one in case["thread"]]


async def test_that_an_unknown_case_is_404(outside: httpx.AsyncClient) -> None:
    answer = await outside.put("/case-system/cases/C-999999", json=update())
    assert answer.status_code == 404


async def test_that_an_impossible_change_is_409_with_what_is_possible_and_takes_nothing(
    outside: httpx.AsyncClient, newcomer: Newcomer
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    await tell(outside, number, update(1, close=True))
    message = update(2, status="Ack", note="Not taken either", reference="R2")
    refused = await outside.put(f"/case-system/cases/{number}", json=message)
    assert (refused.status_code, "Working" in refused.json()["hint"]) == (409, True)
    case = (await someone.get(f"/cases/{number}")).json()
    assert (case["status"], case["external_reference"]) == ("closed", None)
    reply = await outside.put(f"/case-system/cases/{number}", json=update(2, reply="Too late"))
    assert reply.status_code == 409
    await tell(outside, number, message | {"status": "Working"})
    assert (await someone.get(f"/cases/{number}")).json()["external_reference"] == "R2"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"status": "Pondering"}, "status"), ({"severity": "9"}, "severity"),
     ({"version": 0}, "version"), ({"event_id": ""}, "event_id"),
     ({"reference": "a b"}, "reference"), ({"extra": 1}, "extra"),
     ({"engineer": {"name": ""}}, "engineer.name"), ({"reply": " "}, "reply")],
)  # fmt: skip
async def test_that_wrong_messages_say_what_is_wrong(
    outside: httpx.AsyncClient, newcomer: Newcomer, wrong: dict[str, Any], field: str
) -> None:
    number = await opened(await newcomer())
    answer = await outside.put(f"/case-system/cases/{number}", json=update() | wrong)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_that_only_the_token_of_the_case_system_will_do(
    app: FastAPI, newcomer: Newcomer, person: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = await newcomer()
    number = await opened(someone)
    path = f"/case-system/cases/{number}"
    for who in (someone, await person("mo@support.example")):
        assert (await who.put(path, json=update())).status_code == 401
    async with client_of(app) as visitor:
        for token in ("", TOKEN, "Bearer ", f"Bearer {TOKEN}x"):
            answer = await visitor.put(
                f"/api/v1{path}", json=update(), headers={"Authorization": token}
            )
            assert answer.status_code == 401
        monkeypatch.setattr(settings(), "case_system_token", SecretStr(TOKEN))
        huge = await visitor.put(
            f"/api/v1{path}", content=b"x" * 70_000, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert huge.status_code == 413


async def test_that_files_are_fetched_with_the_token_alone(
    outside: httpx.AsyncClient, endpoint: MakeEndpoint, newcomer: Newcomer
) -> None:
    there, someone = await endpoint(), await newcomer()
    number = await opened(someone)
    file = {"file": ("a.txt", b"hello", "text/plain")}
    await someone.post(f"/cases/{number}/attachments", files=file)
    await done()
    (attached,) = there.receiver.got[-1]["data"]["attachments"]
    link = attached["link"].partition("/api/v1")[2]
    assert (await outside.get(link)).content == b"hello"
    assert (await someone.get(link)).status_code == 401
    other = await opened(someone)
    assert (await outside.get(link.replace(number, other))).status_code == 404


class CaseSystem:
    """A case system that answers every message with an update, as badly as can be."""

    def __init__(self, outside: httpx.AsyncClient) -> None:
        self._outside, self._versions = outside, 0

    async def __call__(self, message: dict[str, Any]) -> Response:
        self._versions += 1
        number = message["data"]["case"]["CallerTicketNumber"]
        told = update(
            self._versions, reference=f"R-{number}", note=f"Echo of {message['type']}",
            severity=str(self._versions % 4 + 1), status="Working",
        )  # fmt: skip
        answer = await self._outside.put(f"/case-system/cases/{number}", json=told)
        return PlainTextResponse(answer.text, 200 if answer.is_success else 500)


async def test_that_two_systems_that_echo_come_to_rest(
    outside: httpx.AsyncClient, endpoint: MakeEndpoint, newcomer: Newcomer, person: SignedIn
) -> None:
    echo = await endpoint(Receiver(behaviour=CaseSystem(outside)))
    second = await endpoint(Receiver(behaviour=CaseSystem(outside)))
    watcher = await endpoint(is_observer=True)
    someone, lee = await newcomer(), await person(LEE)
    number = await opened(someone)
    await lee.post(f"/cases/{number}/replies", json={"text": "One"})
    await someone.post(f"/cases/{number}/notes", json={"text": "Two"})
    await done()
    async with database().read() as session:
        rows = await session.exec(select(Event).where(Event.subject == number))
        events = rows.all()
    own = [one for one in events if one.details.get("origin") is None]
    theirs = [one for one in events if one.details.get("origin") == "case_system"]
    assert len(theirs) >= 6
    for there in (echo, second):
        told = {one["data"]["event"]["id"] for one in there.receiver.got}
        assert told == {one.id for one in own}, "each of ours, and none of theirs"
    seen = {one["data"]["event"]["id"]: one["data"]["event"] for one in watcher.receiver.got}
    assert seen.keys() == {one.id for one in events}
    assert {one for one, told in seen.items() if told["from_you"]} == {one.id for one in theirs}
